"""What the database counts beside visits and the roster is what they say themselves, in whatever order and however many at once."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from campaigns.conftest import Running, enlisted
from campaigns.test_receiving import send, visit
from campaigns.test_visits_at_once import PATIENCE, beside, until_it_waits
from django.db import transaction
from django.db.utils import ProgrammingError
from factories.world import World, forget_caches, make_world

from linli.campaigns import actions, queries
from linli.campaigns.actions.hours import count_hours
from linli.campaigns.merging import REACHED
from linli.campaigns.models import (
    CommunityTally,
    DistrictHour,
    Door,
    HourTally,
    Member,
    MemberKind,
    MemberSkill,
    Outcome,
    Tally,
)
from linli.campaigns.queries import console
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.territory import queries as territory
from linli.territory.models import Unit

SUMS = ("doors", "found", *Outcome.values, "visits", "aside")


def kept() -> dict[UUID, dict[str, int]]:
    with acting_as(SYSTEM):
        rows = CommunityTally.objects.filter(buildings__gt=0)
        names = ("buildings", "buildings_left", "most_left", *SUMS)
        return {row.community_id: {name: getattr(row, name) for name in names} for row in rows}


def recounted() -> dict[UUID, dict[str, int]]:
    """The same from each building."""
    by_community: dict[UUID, list[Tally]] = defaultdict(list)
    with acting_as(SYSTEM):
        for tally in Tally.objects.all():
            by_community[tally.community_id].append(tally)
    found = {}
    for community, tallies in by_community.items():
        left = [one.doors + one.found - sum(getattr(one, outcome) for outcome in REACHED) for one in tallies]
        sums = {name: sum(getattr(one, name) for one in tallies) for name in SUMS}
        found[community] = {
            "buildings": len(tallies),
            "buildings_left": sum(count > 0 for count in left),
            "most_left": max(0, *left),
            **sums,
        }
    return found


def hours() -> tuple[Counter[tuple[UUID, object]], Counter[tuple[UUID, object]]]:
    """Of districts, as kept and as their communities say."""
    with acting_as(SYSTEM):
        districts = Counter({(row.district_id, row.hour): row.reached for row in DistrictHour.objects.all()})
        communities: Counter[tuple[UUID, object]] = Counter()
        for row in HourTally.objects.select_related("community"):
            communities[row.community.path[1], row.hour] += row.reached
    return +districts, +communities


def agree() -> bool:
    districts, communities = hours()
    return kept() == recounted() and districts == communities


def test_the_sums_are_those_of_the_buildings_whatever_arrives(running: Running) -> None:
    assert kept() == recounted() != {}
    draw = random.Random(7)
    doors = [(team, door.id) for team in (0, 1) for door in running.doors_of(team)]
    for step in range(12):
        team = draw.randrange(2)
        # Of the other team's doors too: such a visit is set aside.
        asked = [door for _team, door in draw.sample(doors, 5)]
        send(running, [visit(door, draw.choice(Outcome.values), draw.randrange(1, 300)) for door in asked], team)
        if step == 6:
            with acting_as(running.leader):
                power = {"campaign": running.campaign.pk, "reason": "楼内有确诊病例"}
                running.campaign.declaration.powers.append("seal_buildings")
                running.campaign.declaration.save(update_fields=["powers"])
                actions.seal_building(building=running.of("B2"), by=running.leader, **power)
        assert agree()
    assert hours()[0].total() > 0
    with acting_as(SYSTEM):
        Tally.objects.filter(building=running.of("B1")).delete()
        HourTally.objects.all().delete()
    assert agree()


def test_where_more_was_reached_than_was_listed_nothing_is_left(running: Running) -> None:
    """A door that a list has only later may be counted by a visit before."""
    with acting_as(SYSTEM):
        Tally.objects.update(doors=1, done=3)
    assert kept() == recounted()
    assert {row["most_left"] for row in kept().values()} == {0}
    send(running, [visit(running.doors_of(0)[0].id)])
    assert kept() == recounted()


def test_a_building_that_lies_in_another_community_is_counted_there_alone(running: Running) -> None:
    with acting_as(SYSTEM):
        Tally.objects.filter(building=running.of("B1")).update(community=running.area.world.id("W2"))
    assert kept() == recounted()
    assert len(kept()) == 2


def test_a_unit_that_lies_elsewhere_now(running: Running) -> None:
    send(running, [visit(running.doors_of(0)[0].id)])
    world = running.area.world
    with acting_as(SYSTEM):
        moved = Unit.objects.get(pk=world.id("W1"))
        moved.path = [moved.path[0], world.id("E"), *moved.path[2:]]
        moved.save(update_fields=["path"])
        actions.count_anew()
    assert hours()[0] == hours()[1]
    assert [district for district, _hour in hours()[0]] == [world.id("E")]


def test_the_buildings_with_most_left_are_the_first_of_all(running: Running) -> None:
    send(running, [visit(door.id) for door in running.doors_of(0)[:6]])
    leader, world = running.leader, running.area.world
    with acting_as(SYSTEM):
        buildings = list(Tally.objects.filter(campaign=running.campaign))
        # A second community, with as many left in one of its buildings as the first has in one of its own.
        for number, tally in enumerate(buildings):
            unit = Unit.objects.get(pk=tally.building_id)
            other = Unit(
                code=f"twin{number}", level=unit.level, name="twin", parent=unit.parent, valid_from=unit.valid_from
            )
            other.path = [*unit.path[:-1], other.pk]
            other.save(force_insert=True)
            tally.pk, tally.building_id, tally.community_id = None, other.pk, world.id("E1")
            tally.save(force_insert=True)
    with acting_as(leader):
        whole = list(console.buildings_left(leader, running.campaign, world.id("51")).items())
        assert [left for _building, left in whole] == sorted((left for _building, left in whole), reverse=True)
        for most in range(1, len(whole) + 2):
            first = console.buildings_left(leader, running.campaign, world.id("51"), most)
            assert list(first.items()) == whole[:most]
        parts = queries.coverage(leader, running.campaign, world.id("51"))
        for code in ("51", "W1", "E1", "Q"):
            unit = world.id(code)
            left = console.buildings_left(leader, running.campaign, unit)
            counted = queries.coverage(leader, running.campaign, unit)
            assert sum(part.buildings_left for part in counted) == len(left)
        assert sum(part.not_reached for part in parts) == sum(left for _building, left in whole)


def test_each_sees_the_sums_of_their_own_units_and_writes_none(running: Running) -> None:
    send(running, [visit(running.doors_of(0)[0].id)])
    world = running.area.world
    with acting_as(world.actor("east", Role.LEADER, "E")):
        assert not CommunityTally.objects.exists()
        assert not DistrictHour.objects.exists()
        assert not Tally.objects.exists()
        assert not Member.objects.exists()
    with acting_as(world.actor("of_w1", Role.LEADER, "W1")):
        assert CommunityTally.objects.count() == 1
        assert not DistrictHour.objects.exists()
        assert Tally.objects.exists()
    with acting_as(running.leader):
        assert DistrictHour.objects.exists()
        with transaction.atomic():
            assert CommunityTally.objects.update(doors=7) == DistrictHour.objects.update(reached=7) == 0
        row = CommunityTally.objects.get()
        row.pk, row.community_id = None, world.id("E1")
        with pytest.raises(ProgrammingError), transaction.atomic():
            row.save(force_insert=True)


# --- skills -----------------------------------------------------------------------------------------------------------


def skilled(actor: Actor, unit: UUID, skill: str) -> list[UUID]:
    with acting_as(actor):
        return [one.pk for one in console.roster_page(actor, unit, skill=skill)]


def one_by_one(unit: UUID, skill: str) -> list[UUID]:
    with acting_as(SYSTEM):
        there = Member.objects.filter(left_at=None, unit__path__contains=[unit]).order_by("pk")
        return [one.pk for one in there if skill in one.skills]


def test_people_are_found_by_their_skills_as_they_come_change_and_go(world: World, leader: Actor) -> None:
    def found() -> bool:
        units = [world.id(code) for code in ("51", "5101", "W", "W1", "E")]
        return all(
            skilled(leader, unit, skill) == one_by_one(unit, skill) for unit in units for skill in ("护士", "方言")
        )

    told = [(("护士",), "W1"), (("护士", "方言", "护士"), "W1"), (("方言",), "E"), ((), "W1")]
    with acting_as(leader):
        new = [actions.NewMember(world.id(unit), MemberKind.CADRE, "甲", "", skills=held) for held, unit in told]
        actions.enlist(members=new, by=leader)
    with acting_as(SYSTEM):
        nurse, both, speaker, plain = Member.objects.order_by("pk")
    assert skilled(leader, world.id("51"), "护士") == [nurse.pk, both.pk]
    assert found()
    with acting_as(SYSTEM):
        Member.objects.filter(pk=plain.pk).update(skills=["护士"])
        Member.objects.filter(pk=both.pk).update(skills=["方言"], kind=MemberKind.VOLUNTEER)
        Member.objects.filter(pk=speaker.pk).update(unit=world.id("W1"))
    assert found()
    with acting_as(leader):
        assert console.roster_page(leader, world.id("51"), MemberKind.VOLUNTEER, "方言") == [both]
        assert console.roster_page(leader, world.id("51"), "", "护士", after=nurse.pk) == [plain]
        actions.release(member=nurse.pk, reason="已经搬走了", by=leader)
    assert found()
    with acting_as(SYSTEM):
        Member.objects.filter(pk=plain.pk).delete()
    assert found()
    with acting_as(SYSTEM):
        assert set(MemberSkill.objects.values_list("member", flat=True)) == {both.pk, speaker.pk}
        before = set(MemberSkill.objects.values_list("skill", "unit", "member", "kind"))
        actions.count_anew()
        assert set(MemberSkill.objects.values_list("skill", "unit", "member", "kind")) == before


def test_skills_are_seen_where_one_works_and_of_oneself(world: World, leader: Actor) -> None:
    own = enlisted(world, leader, ["a"])["a"]
    with acting_as(SYSTEM):
        Member.objects.update(skills=["护士"])
    with acting_as(world.actor("east", Role.LEADER, "E")):
        assert not MemberSkill.objects.exists()
    with acting_as(own):
        assert set(MemberSkill.objects.values_list("unit", flat=True)) == set(territory.unit(world.id("W1")).path)
        with pytest.raises(ProgrammingError), transaction.atomic():
            MemberSkill.objects.create(skill="方言", unit_id=world.id("W1"), member=Member.objects.get(), kind="cadre")


# --- at the same time -------------------------------------------------------------------------------------------------


class TestAtTheSameTime:
    """On really committed data."""

    @pytest.fixture
    def world(self, fresh_database: str) -> Iterator[World]:
        with acting_as(SYSTEM):
            made = make_world()
        yield made
        forget_caches()

    def test_two_teams_of_one_community_are_both_counted(self, running: Running) -> None:
        first, second = ([visit(door.id) for door in running.doors_of(team)[:3]] for team in (0, 1))
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                send(running, first, 0)
                sending = beside(pool, lambda: send(running, second, 1))
                until_it_waits(sending)
            assert set(sending.result(PATIENCE).values()) == {"stored"}
        assert agree()
        assert sum(row["visits"] for row in kept().values()) == 6

    def test_hours_of_a_district_are_held_in_one_order(self, running: Running) -> None:
        """One that is there and one that is new, in a single statement: it holds neither while it waits for the other."""
        late = clock.now().replace(minute=0, second=0, microsecond=0)
        early = late - timedelta(hours=1)

        def count(code: str, *hours: datetime) -> None:
            there = running.area.world.id(code)
            doors = [Door(community_id=there, outcome=Outcome.DONE, visited_at=hour) for hour in hours]
            with acting_as(SYSTEM), transaction.atomic():
                count_hours(running.campaign, [], doors)

        count("W1", late)
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                count("W2", early)
                other = beside(pool, lambda: count("W1", early, late))
                until_it_waits(other)
                count("W2", late)
            other.result(PATIENCE)
        assert agree()
        assert hours()[0].total() == 5
