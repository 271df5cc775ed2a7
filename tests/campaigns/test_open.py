"""A screening that was closed, or whose declaration is over, gives out no doors and moves none; what was visited before still counts."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from campaigns.conftest import Running
from campaigns.test_moving import owners
from campaigns.test_receiving import counted, recounted, send, visit
from django.utils import timezone, translation
from factories.browsing import client_of

from linli.campaigns import actions, errors, queries
from linli.campaigns.models import Aside, Campaign, Declaration, Membership, Power
from linli.campaigns.queries import mine
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError

Stop = Callable[[Running], None]


def end(running: Running) -> None:
    actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)


def run_out(_running: Running) -> None:
    Declaration.objects.update(ends_at=clock.now())


def close(running: Running) -> None:
    actions.close(campaign=running.campaign.id, reason="全部走访完毕", by=running.leader)


STOPS = [(end, errors.NotInForce), (run_out, errors.NotInForce), (close, errors.ScreeningClosed)]


@pytest.fixture
def stopped(running: Running, request: pytest.FixtureRequest) -> Running:
    with acting_as(SYSTEM):
        Declaration.objects.update(powers=[Power.VISIT_HOUSEHOLDS, Power.CALL_UP, Power.SEAL_BUILDINGS])
    with acting_as(running.leader):
        request.param(running)
    return running


@pytest.mark.parametrize(("stopped", "refused"), STOPS, indirect=["stopped"])
def test_no_phone_takes_doors_or_a_secret(stopped: Running, refused: type[DomainError]) -> None:
    lead, team = stopped.leads[0], stopped.teams[0].id
    with acting_as(lead), pytest.raises(refused):
        queries.doors_of_team(lead, team)
    phone = client_of(lead)
    answer = phone.get(f"/api/v1/campaigns/teams/{team}/doors")
    assert (answer.status_code, answer.json()["code"]) == (refused.status, refused.code)
    assert phone.get("/api/v1/campaigns/teams/mine").json() == []
    with acting_as(lead):
        assert mine.buildings_to_tell(lead) == []
        assert mine.doors_to_tell(lead, queries.campaign(stopped.campaign.id), stopped.of("B1")) == []


def told(by: Actor, team: UUID) -> str:
    answer = client_of(by).get(f"/api/v1/campaigns/teams/{team}/doors", headers={"accept-language": "zh-hans"})
    return str(answer.json()["title"])


@pytest.mark.parametrize("stopped", [close], indirect=True)
def test_a_phone_is_told_when_by_whom_and_that_nothing_is_lost(stopped: Running) -> None:
    with acting_as(SYSTEM):
        at = timezone.localtime(Campaign.objects.get().closed_at)
    said = told(stopped.leads[0], stopped.teams[0].id)
    assert f"{at.month}月{at.day}日 {at:%H:%M}" in said
    assert stopped.leader.label in said
    assert "不会丢失" in said
    assert "队长" in said
    stranger = stopped.area.world.actor("east", Role.GRID_WORKER, "E")
    assert client_of(stranger).get(f"/api/v1/campaigns/teams/{stopped.teams[0].id}/doors").json()["code"] == "not_found"


@pytest.mark.parametrize("stopped", [end, run_out], indirect=True)
def test_the_end_of_joint_control_is_told_as_such(stopped: Running) -> None:
    assert "联防联控已于" in told(stopped.leads[0], stopped.teams[0].id)


def test_who_left_before_is_told_that_and_not_of_the_end(running: Running) -> None:
    with acting_as(SYSTEM):
        member = Membership.objects.get(member__person=running.leads[0].id).member_id
    with acting_as(running.leader):
        actions.leave_team(member=member, reason="身体不适", by=running.leader)
        close(running)
    said = told(running.leads[0], running.teams[0].id)
    assert "您已不在" in said
    assert "不会丢失" in said


@pytest.mark.parametrize(("stopped", "refused"), STOPS, indirect=["stopped"])
def test_no_door_moves(stopped: Running, refused: type[errors.DomainError]) -> None:
    before, campaign, by = owners(stopped), stopped.campaign.id, stopped.leader
    with acting_as(SYSTEM):
        members = list(Membership.objects.order_by("pk").values_list("pk", "until"))
    community, why = stopped.area.world.id("W1"), "两人发热隔离"
    with acting_as(by):
        for change in (
            lambda: actions.team_out(team=stopped.teams[0].id, reason=why, by=by),
            lambda: actions.team_comes(campaign=campaign, community=community, size=1, minutes=480, reason=why, by=by),
            lambda: actions.seal_building(campaign=campaign, building=stopped.of("B2"), reason=why, by=by),
            lambda: actions.take_late_doors(campaign=campaign, community=community, reason=why, by=by),
        ):
            with pytest.raises(refused):
                change()
    assert owners(stopped) == before
    with acting_as(SYSTEM):
        assert list(Membership.objects.order_by("pk").values_list("pk", "until")) == members


@pytest.mark.parametrize(("stop", "refused"), STOPS)
def test_nothing_is_divided(running: Running, stop: Stop, refused: type[errors.DomainError]) -> None:
    by, unit = running.leader, running.area.world.id("W1")
    due_at = clock.now() + timedelta(days=1)
    with acting_as(by):
        running.campaign = actions.start(
            declaration=running.campaign.declaration_id, unit=unit, name="第二轮", due_at=due_at, by=by
        )
        stop(running)
        with pytest.raises(refused):
            actions.divide(campaign=running.campaign.id, by=by)


def test_a_visit_counts_that_was_made_before_the_closing_however_late_it_arrives(running: Running) -> None:
    doors = running.doors_of(0)
    before = visit(doors[0].id)
    with acting_as(running.leader):
        close(running)
    with clock.at(clock.now() + timedelta(hours=2)):
        after = visit(doors[1].id, minutes_ago=0)
        assert send(running, [before, after]) == {before.id: "stored", after.id: Aside.CLOSED}
    assert counted(running) == recounted(running)
    with translation.override("zh-hans"):
        assert str(Aside.CLOSED.label) == "走访发生在排查关闭之后"
