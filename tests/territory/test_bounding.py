"""One unit's boundary drawn anew on the real database: from its day on, kept before it, by the right post, once for two at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import shapely
from django.db import ProgrammingError, connection, transaction
from shapely.geometry.base import BaseGeometry

from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.errors import DomainError, NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry, OutboxEvent
from linli.territory import actions, boundary_effects, queries, redrawing
from linli.territory.errors import (
    BadShape,
    BoundaryChanged,
    BoundaryTooEarly,
    NeighbourBeyond,
    NotBounded,
    NothingLeft,
    OverlapsNeighbours,
    SameBoundary,
    UnitClosed,
    UnknownUnit,
    WrongDate,
)
from linli.territory.facilities.actions import place_again
from linli.territory.models import Boundary, Facility, Unit

from .conftest import DAY, box, point

EAST, WEST, LATER = "519901001002", "519901001001", date(2025, 1, 1)
# The western community without its northern third, and with a strip of the eastern one.
SMALLER, LARGER = box(0, 0, 5, 5), box(0, 0, 6, 8)


def present(unit: Any) -> UUID | None:
    return next((one.id for one in queries.outlines(unit) if one.valid_to is None), None)


def clerk(unit: Any, role: Role = Role.ADMIN) -> Actor:
    return Actor(uuid7(), ActorKind.PERSON, "clerk", (Grant(role, unit),))


def draw(city: dict[str, Any], code: str, shape: BaseGeometry, by: Actor = SYSTEM, **more: Any) -> actions.Redrawn:
    told = {"on": LATER, "reason": "测绘成果", "drawn_over": present(city[code])} | more
    with acting_as(by):
        return actions.redraw(unit=city[code], shape=shape, by=by, **told)


def at(x: float, y: float, day: date) -> UUID | None:
    place = queries.index(day).place(*point(x, y))
    return place.path[-1] if place is None or place.level == "quarter" else place.unit_id


def test_from_its_day_on_points_lie_where_it_says_and_before_where_it_said(small_city: dict[str, Any]) -> None:
    by = clerk(small_city[WEST])
    draw(small_city, WEST, SMALLER, by)
    assert at(1, 7, LATER - timedelta(days=1)) == small_city[WEST]
    assert at(1, 7, LATER) == small_city["519901001"], "the subdistrict has it, and no community"
    new, old = queries.outlines(small_city[WEST])
    assert (old.valid_from, old.valid_to, new.valid_from, new.valid_to) == (DAY, LATER, LATER, None)
    assert old.shape.equals(box(0, 0, 5, 8))
    assert (new.derived, new.source) == (False, "测绘成果")
    entry = Entry.objects.get(subject_id=small_city[WEST], action="bounded")
    assert (entry.actor_label, entry.note, entry.data["on"]) == ("clerk", "测绘成果", "2025-01-01")
    before, after = entry.data["changes"]["area"]
    assert after / before == pytest.approx(5 / 8, rel=0.01)
    told = OutboxEvent.objects.filter(name="territory.changed").latest("position").payload
    assert told == {"reason": "bounded", "closed": [], "opened": []}


def test_a_unit_without_a_boundary_gets_its_first_one(small_city: dict[str, Any]) -> None:
    unit = actions.open_unit(
        code="519901001003", level="community", name="三社区", parent=small_city["519901001"], on=LATER, by=SYSTEM
    )
    draw(small_city, WEST, SMALLER)
    made = draw({"new": unit.pk}, "new", box(0, 5, 5, 8))
    assert (made.before, made.old, made.ceded.is_empty) == (None, None, True)
    assert at(1, 7, LATER) == unit.pk
    unit.refresh_from_db()
    assert shapely.intersects_xy(made.new, unit.lon, unit.lat), "its name stands in it"


def test_what_is_a_little_outside_is_cut_off_and_much_is_refused(small_city: dict[str, Any]) -> None:
    made = draw(small_city, WEST, box(0, 0, 4, 8.05))
    assert redrawing.alike(made.new, box(0, 0, 4, 8))
    assert made.above is not None
    assert made.above.code == "519901001"
    assert made.fitted.outside_share == pytest.approx(0.05 / 8.05)
    with pytest.raises(BadShape, match="lie outside 单元01001"):
        draw(small_city, EAST, box(5, 0, 10, 10))


def test_a_neighbour_is_not_covered_unless_it_gives_way(small_city: dict[str, Any]) -> None:
    with pytest.raises(OverlapsNeighbours, match=r"单元01001002 .*20\.0 %"):
        draw(small_city, WEST, LARGER)
    assert len(queries.outlines(small_city[EAST])) == 1
    made = draw(small_city, WEST, LARGER, clerk(small_city["519901001"]), give_way=True)
    assert [one.neighbour.code for one in made.overlaps] == [EAST]
    assert redrawing.alike(queries.outlines(small_city[EAST])[0].shape, box(6, 0, 10, 8))
    assert (at(5.5, 7, LATER), at(5.5, 7, DAY)) == (small_city[WEST], small_city[EAST])
    entry = Entry.objects.get(subject_id=small_city[EAST], action="gave_way")
    assert (entry.note, entry.data["to"]) == ("测绘成果", WEST)


def test_a_neighbour_beyond_ones_post_does_not_give_way(small_city: dict[str, Any]) -> None:
    with pytest.raises(NeighbourBeyond, match="单元01001002"):
        draw(small_city, WEST, LARGER, clerk(small_city[WEST]), give_way=True)
    assert [len(queries.outlines(small_city[code])) for code in (WEST, EAST)] == [1, 1], "all of it or nothing"
    with pytest.raises(NothingLeft, match="Merge"):
        draw(small_city, WEST, box(0, 0, 10, 8), give_way=True)


def test_a_derived_neighbour_does_not_stand_in_the_way_and_is_told(small_city: dict[str, Any]) -> None:
    Boundary.objects.filter(unit=small_city[EAST]).update(derived=True)
    made = draw(small_city, WEST, LARGER)
    assert [one.grave for one in made.overlaps] == [True]
    assert boundary_effects.taken_along(made, "en").lost_to == [], "the lower code has it"
    assert at(5.5, 7, LATER) == small_city[WEST]
    Boundary.objects.filter(unit=small_city[WEST]).update(derived=True)
    made = draw(small_city, EAST, box(5, 0, 10, 8).union(box(4, 0, 5, 8)))
    assert [one.neighbour.code for one in boundary_effects.taken_along(made, "en").lost_to] == [WEST]
    assert at(4.5, 7, LATER) == small_city[WEST]


def test_what_lies_below_stays_and_facilities_follow(small_city: dict[str, Any]) -> None:
    """As the preview says it: quarters and buildings by their path, facilities by where they are."""
    quarter = Unit.objects.get(pk=small_city[f"{EAST}-Q1"])
    building = Unit(code="B1", level="building", name="1栋", parent=quarter, valid_from=DAY)
    building.path = [*quarter.path, building.pk]
    building.lon, building.lat = point(6.5, 2)
    building.save(force_insert=True)
    for number, (x, y, unit) in enumerate(((5.5, 7, EAST), (6.5, 2, f"{EAST}-Q1"), (1, 7, WEST), (8, 7, EAST))):
        lon, lat = point(x, y)
        Facility.objects.create(
            source="t", source_id=str(number), kind="clinic", lon=lon, lat=lat, unit_id=small_city[unit]
        )
    made = draw(small_city, WEST, box(0, 0, 7, 6), give_way=True, on=queries.day_of(None))
    taken = boundary_effects.taken_along(made, "en")
    assert taken.reaching_out == []
    assert [(one.neighbour.code, one.units) for one in taken.inside] == [(EAST, ["单元01001002-Q1"])]
    assert taken.buildings == 1
    assert taken.facilities == 1, "only what left: of the other two one lies in a quarter, and one was not reached"
    assert taken.nobodys_m2 > 0
    assert place_again(by=SYSTEM) == taken.facilities
    assert at(6.5, 2, queries.day_of(None)) == small_city[f"{EAST}-Q1"]
    assert queries.unit(building.pk).path[3] == small_city[EAST]


@pytest.mark.parametrize(
    ("shape", "moved"), [(box(0, 0, 6, 8), 1), (box(0, 0, 5, 6), 1), (box(0, 0, 6, 6), 1), (box(0, 0, 5.2, 8), 0)]
)
def test_as_many_facilities_move_as_were_told(small_city: dict[str, Any], shape: BaseGeometry, moved: int) -> None:
    for number, (x, y, unit) in enumerate(((5.5, 7, EAST), (1, 7, WEST), (2, 2, f"{WEST}-Q1"))):
        lon, lat = point(x, y)
        Facility.objects.create(
            source="t", source_id=str(number), kind="clinic", lon=lon, lat=lat, unit_id=small_city[unit]
        )
    made = draw(small_city, WEST, shape, give_way=True, on=queries.day_of(None))
    assert boundary_effects.taken_along(made, "en").facilities == place_again(by=SYSTEM) == moved


def test_slips_are_told(small_city: dict[str, Any]) -> None:
    made = draw(small_city, f"{WEST}-Q1", box(4, 6, 5, 7))
    taken = boundary_effects.taken_along(made, "en")
    assert taken.elsewhere
    made = draw(small_city, WEST, box(0, 0, 2, 8), on=LATER)
    assert boundary_effects.taken_along(made, "en").reaching_out == ["单元01001001-Q1"]


def test_two_who_draw_at_once_are_told(small_city: dict[str, Any]) -> None:
    seen = present(small_city[WEST])
    draw(small_city, WEST, SMALLER, drawn_over=seen)
    with pytest.raises(BoundaryChanged):
        draw(small_city, WEST, box(0, 0, 4, 8), drawn_over=seen)
    with pytest.raises(BoundaryChanged):
        draw(small_city, WEST, box(0, 0, 4, 8), drawn_over=None)
    assert queries.outlines(small_city[WEST])[0].shape.equals(SMALLER)


def test_what_held_is_never_lost(small_city: dict[str, Any]) -> None:
    draw(small_city, WEST, SMALLER)
    for day in (LATER, DAY, date(1900, 1, 1)):
        with pytest.raises((BoundaryTooEarly, WrongDate)):
            draw(small_city, WEST, box(0, 0, 4, 8), on=day)
    with pytest.raises(SameBoundary):
        draw(small_city, WEST, SMALLER, on=LATER + timedelta(days=1))
    draw(small_city, WEST, box(0, 0, 5, 8), on=LATER + timedelta(days=1))
    assert len(queries.outlines(small_city[WEST])) == 3
    # A neighbour's, too.
    with pytest.raises(BoundaryTooEarly, match="单元01001001"):
        draw(small_city, EAST, box(4, 0, 10, 8), on=LATER, give_way=True)


def test_a_derived_boundary_is_made_official_by_drawing_the_same(small_city: dict[str, Any]) -> None:
    Boundary.objects.filter(unit=small_city[WEST]).update(derived=True)
    draw(small_city, WEST, box(0, 0, 5, 8))
    assert [one.derived for one in queries.outlines(small_city[WEST])] == [False, True]


def test_where_there_is_nothing_to_draw_it_is_refused(small_city: dict[str, Any]) -> None:
    with pytest.raises(UnknownUnit):
        draw({"x": uuid7()}, "x", SMALLER)
    with pytest.raises(NotBounded, match="General grid"):
        draw(small_city, f"{WEST}-G", SMALLER)
    actions.close_unit(unit=small_city[WEST], on=LATER, by=SYSTEM)
    with pytest.raises(UnitClosed):
        draw(small_city, WEST, SMALLER, on=date(2024, 6, 1))


def test_only_an_administrator_there_draws_it(small_city: dict[str, Any]) -> None:
    strangers = (clerk(small_city[EAST]), clerk(small_city[f"{WEST}-Q1"]), clerk(small_city["5199"], Role.DESK))
    for actor in (*strangers, clerk(None, Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            draw(small_city, WEST, SMALLER, actor)
    assert len(queries.outlines(small_city[WEST])) == 1


def test_the_database_refuses_a_boundary_elsewhere(small_city: dict[str, Any]) -> None:
    """Without the action: row security repeats the unit."""
    with acting_as(clerk(small_city[EAST])):
        assert Boundary.objects.filter(unit=small_city[WEST]).update(valid_to=LATER) == 0
        west, south, east, north = SMALLER.bounds
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Boundary.objects.create(
                unit_id=small_city[f"{WEST}-Q1"], valid_from=date(2020, 1, 1), valid_to=DAY, source="x",
                geometry=shapely.to_wkb(SMALLER), west=west, south=south, east=east, north=north,
            )  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_database")
def test_of_many_at_once_one_draws_it() -> None:
    with acting_as(SYSTEM):
        city = actions.open_unit(
            code="5199", level="city", name="市", parent=None, on=DAY, by=SYSTEM, shape=box(0, 0, 9, 9), source="t"
        )
        there = {"city": city.pk}
        seen = present(city.pk)

    def answer(number: int) -> str:
        try:
            draw(there, "city", box(0, 0, 9, number), drawn_over=seen)
            return "done"
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert Counter(pool.map(answer, range(1, 7))) == {"done": 1, "boundary_changed": 5}
    with acting_as(SYSTEM):
        assert len(queries.outlines(city.pk)) == 2
