"""What is open in a unit: by the units below, by class and by age; late or not; for nobody who may not see the unit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from factories.world import ELSEWHERE, HERE, World
from shapely import box

from linli.cases import actions, queries
from linli.cases.queries import Open, OpenWork
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.territory.models import Level

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
# Before NOW, and how many of the edges of AGES that is past.
REPORTED = (timedelta(hours=1), timedelta(days=1), timedelta(days=1, seconds=1), timedelta(days=6), timedelta(days=40))


def tell(place: tuple[float, float], ago: timedelta) -> UUID:
    with clock.at(NOW - ago), acting_as(SYSTEM):
        return actions.collect(report=Report(description="路灯不亮", lon=place[0], lat=place[1]), by=SYSTEM).case.id


@pytest.fixture
def told(world: World) -> World:
    """Five cases in the west, one of them filed 40 days ago and late; one in the east; and one that has ended."""
    for ago in REPORTED:
        last = tell(HERE, ago)
    tell(ELSEWHERE, timedelta(days=2))
    ended = tell(HERE, timedelta(days=2))
    desk = world.actor("desk", Role.DESK, "51")
    with clock.at(NOW - timedelta(days=39)), acting_as(desk):
        actions.file(cases=[last], by=desk, class_code="0103")
    with clock.at(NOW), acting_as(desk):
        actions.decline(cases=[ended], by=desk, note="不属实")
    return world


def asked(actor: Actor, unit: UUID) -> OpenWork:
    with clock.at(NOW), acting_as(actor):
        return queries.open_work(actor, unit)


def test_a_city_is_counted_by_district_class_and_age(told: World) -> None:
    found = asked(told.actor("leader", Role.LEADER, "51"), told.id("51"))
    assert found.whole == Open(6, 1)
    assert found.by_unit == {told.id("5101"): Open(6, 1)}
    assert found.by_class == {None: Open(5, 0), told.classes["0103"].id: Open(1, 1)}
    # What was reported exactly a day ago is of the youngest age.
    assert found.by_age == [2, 2, 1, 0, 1]


@pytest.mark.parametrize(
    ("unit", "below"),
    [("5101", {"W": Open(5, 1), "E": Open(1, 0)}), ("W", {"W1": Open(5, 1)}), ("W1", {"Q": Open(5, 1)})],
)
def test_each_unit_is_counted_by_those_directly_below_it(told: World, unit: str, below: dict[str, Open]) -> None:
    found = asked(told.actor("leader", Role.LEADER, "51"), told.id(unit))
    assert found.by_unit == {told.id(code): counted for code, counted in below.items()}


def test_a_quarter_is_counted_as_one(told: World) -> None:
    found = asked(told.actor("west", Role.DESK, "W"), told.id("Q"))
    assert (found.whole, found.by_unit) == (Open(5, 1), {told.id("Q"): Open(5, 1)})


def test_where_nothing_is_open_there_is_nothing(told: World) -> None:
    with acting_as(SYSTEM):
        told.unit("B", Level.BUILDING, "Q", box(104, 30.6, 104.001, 30.601))
    for unit in ("W2", "B"):
        found = asked(told.actor("leader", Role.LEADER, "51"), told.id(unit))
        assert (found.whole, found.by_unit, found.by_class, found.by_age) == (Open(0, 0), {}, {}, [0] * 5)


def test_nobody_counts_what_is_open_in_a_unit_that_is_not_theirs(told: World) -> None:
    east = told.actor("east", Role.DESK, "E")
    for unit in ("W", "5101", "51"):
        with pytest.raises(NotFound):
            asked(east, told.id(unit))
        # And the database says the same.
        with acting_as(east), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM cases_open_work(%s, now(), ARRAY[now()])", [told.id(unit)])
            assert cursor.fetchall() == []
    assert asked(east, told.id("E")).whole == Open(1, 0)
