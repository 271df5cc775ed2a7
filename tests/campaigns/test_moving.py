"""A team falls out, a building is sealed: only what is left moves, and every door still has one team or none."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic, sleep
from uuid import UUID

import pytest
from campaigns.conftest import Area, Running, enlisted, told
from campaigns.test_receiving import counted, recounted, send, visit
from django.db import connection, transaction
from django.test import Client
from factories.browsing import client_of
from factories.world import START_AT, forget_caches, make_world

from linli.campaigns import actions, errors, queries
from linli.campaigns.models import Aside, Declaration, Member, Power, Share, Tally, Team
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.people.models import Post
from linli.territory.models import Household


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
    browser = browser_of_leader(sealing)
    building = f"/control/screenings/{sealing.campaign.pk}/buildings/{sealing.of('B2')}/"
    team = f"/control/teams/{sealing.teams[0].pk}/"
    assert "Close this building" in browser.get(building).content.decode()
    assert "The team goes on no more" in browser.get(team).content.decode()
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


# --- a team that comes, doors found late ------------------------------------------------------------------------------


@pytest.fixture
def free(running: Running) -> list[Actor]:
    """Two people of the roster in no team."""
    return list(enlisted(running.area.world, running.leader, ["late1", "late2"]).values())


def test_a_team_that_comes_takes_from_those_who_need_longest(running: Running, free: list[Actor]) -> None:
    before = owners(running)
    with acting_as(running.leader):
        moved = actions.team_comes(
            campaign=running.campaign.pk, community=running.area.world.id("W1"), size=2, minutes=480,
            reason="支援力量到位", by=running.leader,
        )  # fmt: skip
        running.teams = list(queries.teams(running.leader, running.campaign))
        assert len(running.teams) == 3
        assert queries.my_teams(free[0])[0].pk == running.teams[2].pk
        used = queries.uses(running.leader, Declaration.objects.get()).first()
        assert used is not None
        assert (used.power, used.subject) == (Power.CALL_UP, running.teams[2].name)
    after = owners(running)
    assert moved.doors == len(after[2]) > 0
    assert set.union(*after) == set.union(*before)
    assert sum(map(len, after)) == len(set.union(*after)), "no door has two teams"
    assert all(now <= earlier for now, earlier in zip(after, before, strict=False)), "the others only give"


def test_nobody_comes_where_nobody_is_free(running: Running) -> None:
    with acting_as(running.leader), pytest.raises(errors.NobodyFree):
        actions.team_comes(
            campaign=running.campaign.pk, community=running.area.world.id("W1"), size=2, minutes=480,
            reason="支援力量到位", by=running.leader,
        )  # fmt: skip


def late_doors(running: Running) -> tuple[Household, Household]:
    """One more door on a floor that a team has, and one on a floor that no list had."""
    with acting_as(SYSTEM):
        unit = running.area.world.units["B2"]
        beside = Household(building=unit, micro_grid=unit, entrance=1, floor=3, door=9, members=1)
        above = Household(building=unit, micro_grid=unit, entrance=1, floor=9, door=1, members=1)
        Household.objects.bulk_create([beside, above])
    running.area.doors["B2"] += [beside, above]
    return beside, above


def test_doors_found_late_join_the_team_beside_them(running: Running) -> None:
    with acting_as(running.leader):
        community = running.area.world.id("W1")
        with pytest.raises(errors.NothingLate):
            actions.take_late_doors(
                campaign=running.campaign.pk, community=community, reason="清单核对", by=running.leader
            )
    beside, above = late_doors(running)
    assert not any(str(above.pk) in doors for doors in owners(running))
    with acting_as(running.leader):
        moved = actions.take_late_doors(
            campaign=running.campaign.pk, community=community, reason="清单核对", by=running.leader
        )
    assert (moved.doors, moved.nobody) == (2, 0)
    now = owners(running)
    assert all(sum(str(door.pk) in doors for doors in now) == 1 for door in (beside, above))
    with acting_as(SYSTEM):
        assert Tally.objects.get(building=running.of("B2")).doors == len(running.area.doors["B2"])
        given = Share.objects.filter(taken_at=None)
        assert sum(share.doors for share in given) == len(running.area.everywhere)
    with acting_as(running.leader), pytest.raises(errors.NothingLate):
        actions.take_late_doors(campaign=running.campaign.pk, community=community, reason="清单核对", by=running.leader)


def test_a_building_that_was_built_since_is_counted_from_then_on(running: Running) -> None:
    with acting_as(SYSTEM):
        running.area.building("B9", 1, 2, 2)
    with acting_as(running.leader):
        moved = actions.take_late_doors(
            campaign=running.campaign.pk, community=running.area.world.id("W1"), reason="新楼入住", by=running.leader
        )
    assert moved.doors == 4
    assert sum(len(doors & {str(one.pk) for one in running.area.doors["B9"]}) for doors in owners(running)) == 4
    with acting_as(SYSTEM):
        assert Tally.objects.get(building=running.of("B9")).doors == 4


# --- shown before it is done ------------------------------------------------------------------------------------------


def browser_of_leader(running: Running) -> Client:
    with acting_as(SYSTEM):
        unit = running.area.world.units["51"]
        Post.objects.create(person_id=running.leader.id, role=Role.LEADER, unit=unit, valid_from=START_AT)
    return client_of(running.leader)


def test_what_moves_is_shown_before_it_is_done(running: Running, free: list[Actor]) -> None:
    browser = browser_of_leader(running)
    base = f"/control/screenings/{running.campaign.pk}/"
    community = running.area.world.id("W1")
    late_doors(running)
    for address in (
        f"/control/teams/{running.teams[0].pk}/end/", f"{base}teams/come/?unit={community}", f"{base}late/?unit={community}",
    ):  # fmt: skip
        page = browser.get(address)
        assert page.status_code == 200
        assert 'name="seen" value="' in page.content.decode()
    with acting_as(SYSTEM):
        assert not Share.objects.exclude(taken_at=None).exists(), "looking moves nothing"
    shown = browser.get(f"/control/teams/{running.teams[0].pk}/end/").content.decode()
    assert running.teams[1].name in shown, "to whom"


def test_what_others_moved_meanwhile_is_shown_again(running: Running, free: list[Actor]) -> None:
    browser = browser_of_leader(running)
    base, community = f"/control/screenings/{running.campaign.pk}/", running.area.world.id("W1")
    address = f"/control/teams/{running.teams[0].pk}/end/"
    seen = seen_in(browser.get(address).content.decode())
    come = f"{base}teams/come/?unit={community}"
    asked = {
        "unit": community,
        "size": 2,
        "hours": 8,
        "reason": "支援力量到位",
        "seen": seen_in(browser.get(come).content.decode()),
    }
    assert browser.post(f"{base}teams/come/", {**asked, "once": "1"}).status_code == 302
    stale = browser.post(address, {"reason": "两人发热隔离", "seen": seen, "once": "2"})
    assert stale.status_code == 409
    page = stale.content.decode()
    assert "两人发热隔离" in page, "what was typed is still there"
    assert browser.post(address, {"reason": "两人发热隔离", "seen": seen_in(page), "once": "3"}).status_code == 302
    with acting_as(SYSTEM):
        assert Team.objects.get(pk=running.teams[0].pk).out_at is not None


def seen_in(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def test_a_visit_that_arrives_meanwhile_is_no_other_plan(running: Running) -> None:
    browser = browser_of_leader(running)
    address = f"/control/teams/{running.teams[0].pk}/end/"
    seen = seen_in(browser.get(address).content.decode())
    send(running, [visit(running.doors_of(0)[0].id)])
    assert browser.post(address, {"reason": "两人发热隔离", "seen": seen, "once": "1"}).status_code == 302


@pytest.mark.parametrize("unit", ["", "x", "E", "51"])
def test_a_place_where_nothing_can_change(running: Running, unit: str) -> None:
    browser = browser_of_leader(running)
    known = running.area.world.units.get(unit)
    for page in ("teams/come/", "late/"):
        address = f"/control/screenings/{running.campaign.pk}/{page}?unit={known.pk if known else unit}"
        assert browser.get(address).status_code == 404


def test_only_who_runs_it_sees_what_would_move(running: Running) -> None:
    world = running.area.world
    with acting_as(SYSTEM):
        desk = world.actor("clerk", Role.DESK, "51")
        Post.objects.create(person_id=desk.id, role=Role.DESK, unit=world.units["51"], valid_from=START_AT)
    browser = client_of(desk)
    base = f"/control/screenings/{running.campaign.pk}/"
    for address in (f"/control/teams/{running.teams[0].pk}/end/", f"{base}late/?unit={world.id('W1')}"):
        assert browser.get(address).status_code == 403


def test_other_people_for_a_team_that_comes_are_another_plan(running: Running, free: list[Actor]) -> None:
    """As many as were shown, but not those who were shown."""
    browser = browser_of_leader(running)
    base, community = f"/control/screenings/{running.campaign.pk}/", running.area.world.id("W1")
    enlisted(running.area.world, running.leader, ["late3"])
    seen = seen_in(browser.get(f"{base}teams/come/?unit={community}").content.decode())
    with acting_as(running.leader):
        actions.release(member=member_of(free[0]), reason="本人确诊隔离", by=running.leader)
    asked = {"unit": community, "size": 2, "hours": 8, "reason": "支援力量到位", "seen": seen, "once": "1"}
    assert browser.post(f"{base}teams/come/", asked).status_code == 409


def member_of(person: Actor) -> UUID:
    with acting_as(SYSTEM):
        return Member.objects.get(person=person.id).pk


@pytest.mark.usefixtures("fresh_database")
def test_two_screenings_that_call_the_same_person_at_once() -> None:
    """The database lets one of them have the person; the other is shown how it stands now."""
    with acting_as(SYSTEM):
        area = Area(make_world())
        area.building("B1", 2, 6, 2)
    leader = area.world.actor("leader", Role.LEADER, "51")
    with acting_as(leader):
        declared = actions.declare(told=told(area.world), by=leader)
    enlisted(area.world, leader, ["cadre1"])
    with acting_as(leader):
        first, second = (
            actions.start(
                declaration=declared.id, unit=area.world.id("51"), name=name, due_at=clock.now() + timedelta(days=3),
                by=leader,
            )
            for name in ("一轮", "二轮")
        )  # fmt: skip
        actions.form_teams(campaign=first.pk, size=2, minutes=480, by=leader)
        actions.divide(campaign=first.pk, by=leader)
    enlisted(area.world, leader, ["late1"])

    def come() -> str:
        try:
            with acting_as(leader):
                actions.team_comes(
                    campaign=first.pk,
                    community=area.world.id("W1"),
                    size=1,
                    minutes=480,
                    reason="支援力量到位",
                    by=leader,
                )
        except errors.MovedMeanwhile:
            return "moved meanwhile"
        finally:
            connection.close()
        return "came"

    with ThreadPoolExecutor(1) as pool, acting_as(leader):
        with transaction.atomic():
            actions.form_teams(campaign=second.pk, size=2, minutes=480, by=leader)
            waiting = pool.submit(come)
            until_it_waits()
        assert waiting.result(timeout=20) == "moved meanwhile"
    forget_caches()


def until_it_waits() -> None:
    """The other connection waits for what this one has not committed."""
    deadline = monotonic() + 20
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        sleep(0.02)
    raise AssertionError("nobody waits")
