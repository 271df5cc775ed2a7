"""A small city with two subdistricts, one community each, and what is needed to people it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count

import pytest

from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.ids import uuid7
from linli.people import actions, queries
from linli.people.models import Body, BodyKind, Person, Post
from linli.territory import queries as territory
from linli.territory.models import Level, Unit

PASSWORD = "a long enough phrase"
_number = count(1)


def make_unit(level: Level, parent: Unit | None, name: str) -> Unit:
    unit_id = uuid7()
    return Unit.objects.create(
        id=unit_id,
        code=f"u{next(_number)}",
        level=level,
        name=name,
        parent=parent,
        path=[*(parent.path if parent else []), unit_id],
        valid_from=date(2020, 1, 1),
    )


@dataclass(frozen=True)
class City:
    root: Unit
    district: Unit
    here: Unit
    there: Unit
    here_community: Unit
    there_community: Unit


@pytest.fixture
def city(db: None) -> Iterator[City]:
    with acting_as(SYSTEM):
        root = make_unit(Level.CITY, None, "成都市")
        district = make_unit(Level.DISTRICT, root, "成华区")
        here = make_unit(Level.SUBDISTRICT, district, "双桥子街道")
        there = make_unit(Level.SUBDISTRICT, district, "猛追湾街道")
        made = City(
            root,
            district,
            here,
            there,
            make_unit(Level.COMMUNITY, here, "五桂桥社区"),
            make_unit(Level.COMMUNITY, there, "培华路社区"),
        )
    territory.forget()
    queries.forget()
    yield made
    territory.forget()
    queries.forget()


def make_staff(name: str = "王小明") -> Person:
    return actions.create_staff(username=f"staff{next(_number)}", name=name, password=PASSWORD, by=SYSTEM)


def make_body(unit: Unit, kind: BodyKind = BodyKind.SUBDISTRICT_OFFICE) -> Body:
    return actions.create_body(code=f"b{next(_number)}", name="办事处", kind=kind, unit=unit.id, by=SYSTEM)


def make_post(person: Person, role: Role, unit: Unit, body: Body | None = None) -> Post:
    return actions.appoint(person=person.id, role=role, unit=unit.id, body=body.id if body else None, by=SYSTEM)


def make_actor(role: Role, unit: Unit, body: Body | None = None) -> Actor:
    """A new member of staff with this one post."""
    person = make_staff()
    make_post(person, role, unit, body)
    return queries.actor_of(person.id)
