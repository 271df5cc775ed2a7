"""Visits are stored once and counted once, whatever comes between phone and server; what does not count is set aside, with its reason."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import Running
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.campaigns import actions, errors, merging, queries
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.models import Aside, Door, Outcome, Submission, Tally
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed
from linli.foundation.ids import uuid7


def visit(door: UUID, outcome: str = Outcome.DONE, minutes_ago: int = 5, **other: Any) -> Visit:
    return Visit(uuid4(), door, outcome, clock.now() - timedelta(minutes=minutes_ago), **other)


def send(running: Running, visits: Sequence[Visit], team: int = 0, **other: Any) -> dict[UUID, str]:
    actor: Actor = other.pop("by", running.leads[team])
    sent_at: datetime = other.pop("sent_at", clock.now())
    with acting_as(actor):
        received = actions.receive(
            team=running.teams[team].id,
            device=UUID(int=7),
            sent_at=sent_at,
            visits=visits,
            by=actor,
        )
    return received.fates


def counted(running: Running) -> Counter[str]:
    """What the tallies say, of the whole campaign."""
    with acting_as(SYSTEM):
        found = Tally.objects.filter(campaign=running.campaign)
        names = ["doors", "found", "visits", "aside", *Outcome.values]
        return Counter({name: sum(getattr(tally, name) for tally in found) for name in names})


def recounted(running: Running) -> Counter[str]:
    """The same from the submissions alone."""
    with acting_as(SYSTEM):
        rows = list(Submission.objects.filter(campaign=running.campaign))
    counts = Counter(aside=sum(bool(row.aside) and row.building_id is not None for row in rows), visits=0)
    by_door: dict[UUID, list[merging.Visit]] = {}
    for row in rows:
        if not row.aside:
            assert row.team_id is not None
            by_door.setdefault(row.door, []).append(merging.Visit(row.id, row.outcome, row.visited_at, row.team_id))
            counts["visits"] += 1
    for visits in by_door.values():
        stood = merging.standing(visits)
        assert stood is not None
        counts[stood.best.outcome] += 1
    counts["found"] = len({row.door for row in rows if row.found and not row.aside})
    counts["doors"] = len(running.area.everywhere)
    return counts


def test_every_door_has_one_team(running: Running) -> None:
    first, second = ({door.id for door in running.doors_of(team)} for team in (0, 1))
    assert first | second == {door.id for door in running.area.everywhere}
    assert not first & second
    assert abs(len(first) - len(second)) <= 4


def test_a_visit_is_stored_once_however_often_it_is_sent(running: Running) -> None:
    one = visit(running.doors_of(0)[0].id, answers={"members": [{"fever": "no"}]})
    assert send(running, [one]) == {one.id: "stored"}
    assert send(running, [one, one]) == {one.id: "known"}
    assert counted(running) == recounted(running)
    with acting_as(running.leader):
        assert queries.submission_answers(running.leader, one.id) == {"members": [{"fever": "no"}]}


def test_answers_are_not_in_the_database_in_plain(running: Running) -> None:
    one = visit(running.doors_of(0)[0].id, answers={"note": "青霉素过敏"})
    send(running, [one])
    with acting_as(SYSTEM):
        kept = bytes(Submission.objects.get(pk=one.id).answers)
    assert "青霉素".encode() not in kept


def test_the_same_visit_with_other_content_is_set_aside_once(running: Running) -> None:
    door = running.doors_of(0)[0].id
    one = visit(door)
    other = Visit(one.id, door, Outcome.REFUSED, one.visited_at)
    send(running, [one])
    for _again in range(2):
        assert send(running, [other]) == {one.id: Aside.CHANGED}
    with acting_as(SYSTEM):
        assert Door.objects.get(campaign=running.campaign, door=door).outcome == Outcome.DONE
        assert Submission.objects.filter(campaign=running.campaign).count() == 2
    assert counted(running) == recounted(running)


def test_two_teams_at_one_door_are_both_kept_and_shown(running: Running) -> None:
    """The door moved from one team to the other while both were out."""
    door = running.doors_of(0)[0]
    early = visit(door.id, Outcome.REFUSED, minutes_ago=30)
    with acting_as(SYSTEM):
        share = running.teams[0].shares.get(
            building=door.building_id, entrance=door.entrance, floor_from__lte=door.floor, floor_to__gte=door.floor
        )
        share.taken_at = clock.now() - timedelta(minutes=10)
        share.save()
        share.pk, share.team, share.taken_at = None, running.teams[1], None
        share.save(force_insert=True)
    late = visit(door.id, Outcome.DONE, minutes_ago=5)
    assert send(running, [late], team=1) == {late.id: "stored"}
    assert send(running, [early], team=0) == {early.id: "stored"}
    after = visit(door.id, Outcome.DONE, minutes_ago=1)
    assert send(running, [after], team=0) == {after.id: Aside.NOT_YOURS}
    with acting_as(running.leader):
        shown = next(
            d for d in queries.standing_of(running.leader, running.campaign, door.building_id) if d.id == door.id
        )
    assert shown.outcome == Outcome.DONE
    assert set(shown.teams) == {team.id for team in running.teams}


def test_a_door_of_another_team_is_set_aside(running: Running) -> None:
    one = visit(running.doors_of(1)[0].id)
    assert send(running, [one], team=0) == {one.id: Aside.NOT_YOURS}
    assert counted(running) == recounted(running)


def test_an_unknown_door_is_set_aside_and_shown_to_the_desk(running: Running) -> None:
    one = visit(uuid4())
    assert send(running, [one]) == {one.id: Aside.UNKNOWN_DOOR}
    desk = running.area.world.actor("desk", Role.DESK, "51")
    with acting_as(desk):
        assert Submission.objects.filter(pk=one.id, aside=Aside.UNKNOWN_DOOR).exists()


def test_a_household_that_no_list_had_is_counted(running: Running) -> None:
    building = running.doors_of(0)[0].building_id
    one = visit(uuid4(), found_in=building, found_label="地下室 2 号")
    assert send(running, [one]) == {one.id: "stored"}
    with acting_as(running.leader):
        doors = queries.standing_of(running.leader, running.campaign, building)
    assert [(door.label, door.outcome) for door in doors if door.found] == [("地下室 2 号", Outcome.DONE)]
    assert counted(running) == recounted(running)


def test_a_removed_person_keeps_what_they_did_before(running: Running) -> None:
    doors = running.doors_of(0)
    before, after = visit(doors[0].id, minutes_ago=60), visit(doors[1].id, minutes_ago=0)
    lead = running.leads[0]
    with acting_as(SYSTEM):
        membership = running.teams[0].memberships.get(leads=True)
        membership.since = clock.now() - timedelta(hours=2)
        membership.until = clock.now() - timedelta(minutes=30)
        membership.save()
    assert send(running, [before, after], by=lead) == {before.id: "stored", after.id: Aside.REMOVED}


def test_after_the_end_only_what_was_done_before_counts(running: Running) -> None:
    doors = running.doors_of(0)
    before = visit(doors[0].id, minutes_ago=10)
    with acting_as(running.leader):
        actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)
    after = visit(doors[1].id, minutes_ago=0)
    assert send(running, [before, after]) == {before.id: "stored", after.id: Aside.AFTER_END}


def test_a_phone_whose_clock_is_hours_ahead_tells_the_true_time(running: Running) -> None:
    wrong = timedelta(hours=5)
    made = clock.now() - timedelta(minutes=20)
    one = Visit(uuid4(), running.doors_of(0)[0].id, Outcome.DONE, made + wrong)
    now = clock.now()
    with clock.at(now):
        send(running, [one], sent_at=now + wrong)
    with acting_as(SYSTEM):
        assert Submission.objects.get(pk=one.id).visited_at == made


def test_nobody_sends_for_a_team_that_they_never_were_in(running: Running) -> None:
    stranger = running.area.world.actor("stranger", Role.LEADER, "51")
    with pytest.raises(NotAllowed):
        send(running, [visit(running.doors_of(0)[0].id)], by=stranger)
    with pytest.raises(NotAllowed):
        send(running, [visit(running.doors_of(1)[0].id)], team=1, by=running.leads[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "maybe"},
        {"visited_at": datetime(2026, 2, 3)},
        {"found_label": "x" * 61, "found_in": UUID(int=1)},
        {"answers": {"note": "x" * 70_000}},
    ],
)
def test_what_cannot_be_a_visit_is_refused_whole(running: Running, wrong: dict[str, Any]) -> None:
    good = visit(running.doors_of(0)[0].id)
    usual = {"id": uuid4(), "door": good.door, "outcome": Outcome.DONE, "visited_at": clock.now()}
    with pytest.raises(InvalidInput):
        send(running, [good, Visit(**{**usual, **wrong})])
    assert counted(running) == recounted(running)


def test_too_many_at_once_are_refused(running: Running) -> None:
    with pytest.raises(errors.TooManyAtOnce):
        send(running, [visit(uuid4()) for _ in range(501)])


def test_a_submission_is_never_changed(running: Running) -> None:
    one = visit(running.doors_of(0)[0].id)
    send(running, [one])
    with acting_as(SYSTEM):
        for change in (
            lambda: Submission.objects.update(outcome=Outcome.REFUSED),
            lambda: Submission.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_doors_of_the_west_are_not_shown_to_the_east(running: Running) -> None:
    one = visit(running.doors_of(0)[0].id)
    send(running, [one])
    east = running.area.world.actor("east-desk", Role.DESK, "E")
    with acting_as(east):
        assert not Submission.objects.exists()
        assert not Door.objects.exists()
        assert not Tally.objects.exists()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6))
def test_any_order_any_batches_any_repeats_give_the_same_doors(running: Running, seed: int) -> None:
    draw = random.Random(seed)
    doors = running.doors_of(0)[:6]
    visits = [
        visit(draw.choice(doors).id, draw.choice(Outcome.values), minutes_ago=draw.randrange(60)) for _ in range(12)
    ]
    expected = {door: merging.standing(_as_merged(running, visits, door)) for door in {one.door for one in visits}}
    with transaction.atomic():
        sent = visits + draw.choices(visits, k=8)
        draw.shuffle(sent)
        while sent:
            size = draw.randint(1, 5)
            send(running, sent[:size])
            sent = sent[size:]
        with acting_as(SYSTEM):
            for door in Door.objects.filter(campaign=running.campaign):
                stood = expected[door.door]
                assert stood is not None
                assert (door.submission, door.visits) == (stood.best.id, stood.visits)
        assert counted(running) == recounted(running)
        transaction.set_rollback(True)


def _as_merged(running: Running, visits: Sequence[Visit], door: UUID) -> list[merging.Visit]:
    team = running.teams[0].id
    return [merging.Visit(one.id, one.outcome, one.visited_at, team) for one in visits if one.door == door]


def test_ids_of_phones_may_be_of_any_kind(running: Running) -> None:
    one = Visit(uuid7(), running.doors_of(0)[0].id, Outcome.MOVED, clock.now())
    assert send(running, [one]) == {one.id: "stored"}
