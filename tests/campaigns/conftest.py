"""The small city with two quarters' buildings, their households, a declaration and a roster."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from factories.again import Made
from factories.world import World, forget_caches

from linli.campaigns import actions, queries
from linli.campaigns.actions import NewMember, Told
from linli.campaigns.models import Campaign, Declaration, Member, MemberKind, Power, Team
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.territory.models import Household, Level, Unit


@dataclass
class Area:
    """Buildings of the community W1: by name, with their households from the ground up."""

    world: World
    doors: dict[str, list[Household]] = field(default_factory=dict)

    def building(self, name: str, entrances: int, floors: int, doors: int, quarter: str = "Q") -> Unit:
        parent = self.world.units[quarter]
        unit = Unit(
            code=f"{parent.code}-{name}", level=Level.BUILDING, name=name, parent=parent, valid_from=parent.valid_from,
            lon=104.001 + len(self.doors) / 10_000, lat=30.601,
        )  # fmt: skip
        unit.path = [*parent.path, unit.pk]
        unit.save(force_insert=True)
        self.world.units[name] = unit
        self.doors[name] = [
            Household(building=unit, micro_grid=unit, entrance=entrance, floor=floor, door=door, members=2)
            for entrance in range(1, entrances + 1)
            for floor in range(1, floors + 1)
            for door in range(1, doors + 1)
        ]
        Household.objects.bulk_create(self.doors[name])
        return unit

    @property
    def everywhere(self) -> list[Household]:
        return [door for doors in self.doors.values() for door in doors]


@pytest.fixture
def world(db: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    made = made_world.again()
    yield made
    forget_caches()


@pytest.fixture
def area(world: World) -> Area:
    made = Area(world)
    with acting_as(SYSTEM):
        made.building("B1", 2, 6, 2)
        made.building("B2", 1, 8, 3)
        made.building("B3", 3, 5, 2)
    return made


@pytest.fixture
def leader(world: World) -> Actor:
    return world.actor("leader", Role.LEADER, "51")


def told(world: World, **other: object) -> Told:
    now = clock.now()
    usual = {
        "unit": world.id("51"), "kind": "epidemic", "name": "流感", "basis": "传染病防治法第四十二条", "scope": "入户排查",
        "powers": [Power.VISIT_HOUSEHOLDS, Power.CALL_UP], "starts_at": now, "ends_at": now + timedelta(days=7),
    }  # fmt: skip
    return Told(**{**usual, **other})  # type: ignore[arg-type]


@pytest.fixture
def declared(world: World, leader: Actor) -> Declaration:
    with acting_as(leader):
        return actions.declare(told=told(world), by=leader)


def enlisted(world: World, leader: Actor, names: list[str], unit: str = "W1") -> dict[str, Actor]:
    """Members with accounts, the first a cadre."""
    people = {name: world.actor(name, Role.GRID_WORKER, "E2") for name in names}
    members = [
        NewMember(
            world.id(unit),
            MemberKind.VOLUNTEER if place else MemberKind.CADRE,
            name,
            "13800000000",
            person=people[name].id,
        )
        for place, name in enumerate(names)
    ]
    with acting_as(leader):
        actions.enlist(members=members, by=leader)
    return people


def begun(world: World, declared: Declaration, by: Actor, unit: str = "51", days: int = 3) -> Campaign:
    """A screening of a unit, whose doors are not divided yet."""
    return actions.start(
        declaration=declared.pk,
        unit=world.id(unit),
        name="逐户排查",
        due_at=clock.now() + timedelta(days=days),
        by=by,
    )


@dataclass
class Running:
    """A screening whose doors are divided among two teams; who leads them."""

    campaign: Campaign
    teams: list[Team]
    leads: list[Actor]
    area: Area
    leader: Actor

    def doors_of(self, team: int) -> list[Household]:
        with acting_as(SYSTEM):
            shares = list(self.teams[team].shares.filter(taken_at=None))
        return [
            door
            for door in self.area.everywhere
            if any(
                door.building_id == share.building_id
                and door.entrance == share.entrance
                and share.floor_from <= door.floor <= share.floor_to
                for share in shares
            )
        ]

    def of(self, name: str) -> UUID:
        return self.area.world.units[name].id


@pytest.fixture
def running(area: Area, declared: Declaration, leader: Actor) -> Running:
    world = area.world
    people = enlisted(world, leader, ["cadre1", "cadre2", "vol1", "vol2"])
    with acting_as(SYSTEM):
        Member.objects.filter(person=people["cadre2"].id).update(kind=MemberKind.CADRE)
    with acting_as(leader):
        campaign = begun(world, declared, leader)
        actions.form_teams(campaign=campaign.id, size=2, minutes=480, by=leader)
        actions.divide(campaign=campaign.id, by=leader)
        teams = list(queries.teams(leader, campaign))
    leads = []
    with acting_as(SYSTEM):
        for team in teams:
            person = team.memberships.get(leads=True).member.person_id
            leads.append(next(actor for actor in people.values() if actor.id == person))
    return Running(campaign, teams, leads, area, leader)
