"""The roster serves more than one emergency: who is in a team of a screening that is over is free for the next."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from campaigns.conftest import Running, enlisted, told
from campaigns.test_control_pages import WHY
from campaigns.test_receiving import send, visit

from linli.campaigns import actions, errors
from linli.campaigns.models import Campaign, Declaration, Member, Membership, Strength, Submission
from linli.campaigns.queries import console
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.errors import NotFound


def begun(running: Running, declaration: Declaration, unit: str = "51") -> Campaign:
    with acting_as(running.leader):
        return actions.start(
            declaration=declaration.pk,
            unit=running.area.world.id(unit),
            name="再次排查",
            due_at=clock.now() + timedelta(days=2),
            by=running.leader,
        )


def declared_again(running: Running) -> Declaration:
    with acting_as(running.leader):
        return actions.declare(told=told(running.area.world), by=running.leader)


def formed(running: Running, campaign: Campaign) -> int:
    with acting_as(running.leader):
        return actions.form_teams(campaign=campaign.pk, size=2, minutes=480, by=running.leader)


def close(running: Running) -> None:
    actions.close(campaign=running.campaign.pk, reason=WHY, by=running.leader)


def end(running: Running) -> None:
    actions.end(declaration=running.campaign.declaration_id, reason=WHY, by=running.leader)


def open_memberships() -> set[UUID]:
    """The screenings of those who are in a team."""
    with acting_as(SYSTEM):
        return set(Membership.objects.filter(until=None).values_list("team__campaign", flat=True))


def people() -> int:
    with acting_as(SYSTEM):
        return sum(Strength.objects.filter(unit__level="city").values_list("people", flat=True))


@pytest.mark.parametrize("over", [close, end])
def test_a_second_emergency_on_the_same_roster(running: Running, over: Callable[[Running], None]) -> None:
    counted = people()
    with acting_as(running.leader):
        over(running)
    assert open_memberships() == set(), "whoever was in a team is free at once"
    second = begun(running, declared_again(running))
    assert formed(running, second) == 2
    assert open_memberships() == {second.pk}
    assert people() == counted == 4


def test_after_mere_expiry_nothing_has_to_run(running: Running) -> None:
    ends_at = running.campaign.declaration.ends_at
    with clock.at(ends_at + timedelta(hours=1)):
        second = begun(running, declared_again(running))
        assert formed(running, second) == 2
    assert open_memberships() == {second.pk}
    with acting_as(SYSTEM):
        first = Membership.objects.filter(team__campaign=running.campaign)
        assert {row.until for row in first} == {ends_at}, "free from the end that was declared"


def test_who_is_free_by_the_clock_is_shown_and_comes_as_free(running: Running) -> None:
    city = enlisted(running.area.world, running.leader, ["city1", "city2"], "51")

    def come(campaign: Campaign) -> None:
        with acting_as(running.leader):
            actions.team_comes(
                campaign=campaign.pk, community=running.area.world.id("W1"), size=2, minutes=480, reason=WHY,
                by=running.leader,
            )  # fmt: skip

    come(running.campaign)
    with acting_as(SYSTEM):
        members = list(Member.objects.filter(person__in=[one.id for one in city.values()]))
    with acting_as(running.leader):
        assert len(console.busy(members)) == 2
    with clock.at(running.campaign.declaration.ends_at + timedelta(hours=1)):
        with acting_as(running.leader):
            assert console.busy(members) == {}, "free by the clock, whatever is stored"
        second = begun(running, declared_again(running), "W")
        assert formed(running, second) == 2
        with acting_as(running.leader):
            actions.divide(campaign=second.pk, by=running.leader)
        come(second)
        with acting_as(running.leader):
            assert len(console.busy(members)) == 2
        with pytest.raises(errors.NobodyFree):
            come(second)
    assert open_memberships() == {second.pk}


def test_a_second_round_in_one_declaration(running: Running) -> None:
    second = begun(running, running.campaign.declaration)
    with pytest.raises(errors.NoTeams):
        formed(running, second)
    assert open_memberships() == {running.campaign.pk}, "a person of a running screening stays busy"
    with acting_as(running.leader):
        close(running)
    assert formed(running, second) == 2
    assert open_memberships() == {second.pk}


def test_only_who_is_called_up_again_is_freed_of_what_expired(running: Running) -> None:
    """Whoever leads a part of the city does not wait for the rows of all of it."""
    enlisted(running.area.world, running.leader, ["far"], "E2")
    with clock.at(running.campaign.declaration.ends_at + timedelta(hours=1)):
        second = begun(running, declared_again(running), "E")
        assert formed(running, second) == 1
    assert open_memberships() == {running.campaign.pk, second.pk}


def test_no_teams_for_what_is_closed(running: Running) -> None:
    enlisted(running.area.world, running.leader, ["late"])
    with acting_as(running.leader):
        close(running)
    with pytest.raises(NotFound):
        formed(running, running.campaign)
    assert open_memberships() == set()


@pytest.mark.parametrize(("over", "reason"), [(close, "closed"), (end, "after_end")])
def test_what_was_visited_before_counts_however_late_it_arrives(
    running: Running, over: Callable[[Running], None], reason: str
) -> None:
    early, late = running.doors_of(0)[:2]
    before = visit(early.pk)
    with acting_as(running.leader):
        over(running)
    with clock.at(clock.now() + timedelta(minutes=10)):
        send(running, [before, visit(late.pk)])
    with acting_as(SYSTEM):
        asides = dict(Submission.objects.values_list("door", "aside"))
    assert asides == {early.pk: "", late.pk: reason}
