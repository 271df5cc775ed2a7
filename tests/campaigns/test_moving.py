"""A team falls out, a building is sealed: only what is left moves, and every door still has one team or none."""

from datetime import timedelta

import pytest
from campaigns.conftest import Running
from campaigns.test_api import client_of
from campaigns.test_receiving import counted, recounted, send, visit
from factories.world import START_AT

from linli.campaigns import actions, errors, queries
from linli.campaigns.models import Aside, Declaration, Power, Share, Tally, Team
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.people.models import Post


def owners(running: Running) -> list[set[str]]:
    return [{str(door.id) for door in running.doors_of(team)} for team in range(len(running.teams))]


def test_what_a_team_has_left_goes_to_its_neighbours(running: Running) -> None:
    done = running.doors_of(0)[:2]
    send(running, [visit(door.id) for door in done])
    before = owners(running)
    with acting_as(running.leader):
        moved = actions.team_out(team=running.teams[0].id, reason="两人发热隔离", by=running.leader)
    after = owners(running)
    assert moved.doors == len(before[0]) - 2
    assert after[1] >= before[1]
    assert after[0] | after[1] == before[0] | before[1]
    assert not after[0] & after[1]
    with acting_as(running.leader):
        assert [team.id for team in queries.teams(running.leader, running.campaign)] == [running.teams[1].id]


def test_what_was_visited_before_counts_however_late_it_arrives(running: Running) -> None:
    late = visit(running.doors_of(0)[5].id, minutes_ago=20)
    with acting_as(running.leader):
        actions.team_out(team=running.teams[0].id, reason="两人发热隔离", by=running.leader)
    with acting_as(SYSTEM):
        membership = running.teams[0].memberships.get(leads=True)
        membership.since = clock.now() - timedelta(hours=3)
        membership.save()
    assert send(running, [late]) == {late.id: "stored"}
    after = visit(running.doors_of(1)[0].id, minutes_ago=0)
    assert send(running, [after]) == {after.id: Aside.REMOVED}
    assert counted(running) == recounted(running)


@pytest.fixture
def sealing(running: Running) -> Running:
    with acting_as(SYSTEM):
        Declaration.objects.update(powers=[Power.VISIT_HOUSEHOLDS, Power.CALL_UP, Power.SEAL_BUILDINGS])
    return running


def test_a_sealed_building_is_nobodys_and_all_else_stays(sealing: Running) -> None:
    before = {str(door.id) for door in sealing.area.everywhere}
    inside = {str(door.id) for door in sealing.area.doors["B2"]}
    was = owners(sealing)
    with acting_as(sealing.leader):
        moved = actions.seal_building(
            campaign=sealing.campaign.id, building=sealing.of("B2"), reason="整栋封控管理", by=sealing.leader
        )
        assert moved.nobody == moved.doors == len(inside)
        used = queries.uses(sealing.leader, Declaration.objects.get()).first()
        assert used is not None
        assert (used.power, used.subject) == (Power.SEAL_BUILDINGS, "B2")
    now = owners(sealing)
    assert now[0] | now[1] == before - inside
    assert all(after == earlier - inside for after, earlier in zip(now, was, strict=True))
    with acting_as(SYSTEM):
        assert Tally.objects.get(building=sealing.of("B2")).sealed_at is not None
    with acting_as(sealing.leader), pytest.raises(NotFound):
        actions.seal_building(
            campaign=sealing.campaign.id, building=sealing.of("B2"), reason="整栋封控管理", by=sealing.leader
        )


def test_the_console_takes_a_team_out_and_closes_a_building(sealing: Running) -> None:
    world = sealing.area.world
    with acting_as(SYSTEM):
        Post.objects.create(person_id=sealing.leader.id, role=Role.LEADER, unit=world.units["51"], valid_from=START_AT)
    browser = client_of(sealing.leader)
    building = f"/control/screenings/{sealing.campaign.pk}/buildings/{sealing.of('B2')}/"
    team = f"/control/teams/{sealing.teams[0].pk}/"
    assert "Close this building" in browser.get(building).content.decode()
    assert "Take the team out" in browser.get(team).content.decode()
    assert browser.post(f"{building}seal/", {"reason": ""}).status_code == 422
    closed = browser.post(f"{building}seal/", {"reason": "整栋封控管理", "once": "1"}, follow=True).content.decode()
    assert "Close this building" not in closed
    gone = browser.post(f"{team}end/", {"reason": "两人发热隔离", "once": "2"}, follow=True)
    assert gone.status_code == 200
    with acting_as(SYSTEM):
        assert Tally.objects.get(building=sealing.of("B2")).sealed_at is not None
        assert Team.objects.get(pk=sealing.teams[0].pk).out_at is not None


def test_sealing_needs_its_power(running: Running) -> None:
    with acting_as(running.leader), pytest.raises(errors.PowerNotGiven):
        actions.seal_building(
            campaign=running.campaign.id, building=running.of("B2"), reason="整栋封控管理", by=running.leader
        )
    with acting_as(SYSTEM):
        assert not Share.objects.exclude(taken_at=None).exists()


def test_who_does_not_run_it_moves_nothing(running: Running) -> None:
    desk = running.area.world.actor("desk", Role.DESK, "51")
    with acting_as(desk), pytest.raises(NotAllowed):
        actions.team_out(team=running.teams[0].id, reason="两人发热隔离", by=desk)
