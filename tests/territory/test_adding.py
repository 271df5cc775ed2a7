"""One unit told by hand: opened where it may stand, as a register's row would be; refused with every problem by column."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from linli.foundation.access import SYSTEM, Actor, ActorKind, Grant, Role, acting_as
from linli.foundation.errors import DomainError, NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry, OutboxEvent
from linli.foundation.tabular import ImportRefused
from linli.territory import actions, queries
from linli.territory.errors import (
    CodeTaken,
    CodeUsed,
    NameTaken,
    UnitClosed,
    UnknownDatum,
    UnknownUnit,
    WrongDate,
    WrongLevel,
)
from linli.territory.models import Unit
from linli.territory.rules import wgs84_to_gcj02
from tests.territory.conftest import point

THEN, LATER = date(2024, 6, 1), date(2025, 1, 1)
LON, LAT = point(4, 6)
QUARTER = {
    "code": "519901001001-Q2", "level": "quarter", "kind": "commodity", "name": "新居", "name_en": "New Court",
    "managed_population": "1,200", "lon": str(LON), "lat": str(LAT),
}  # fmt: skip


def add(city: dict, parent: str, on: date = LATER, by: Actor = SYSTEM, datum: str = "wgs84", **changed: str) -> Unit:
    with acting_as(by):
        return actions.add_unit(parent=city[parent], given=QUARTER | changed, on=on, by=by, datum=datum)


def clerk(unit: Any, role: Role = Role.ADMIN) -> Actor:
    return Actor(uuid7(), ActorKind.PERSON, "clerk", (Grant(role, unit),))


def test_a_unit_is_there_from_its_day_on_and_told(small_city: dict) -> None:
    by = clerk(small_city["519901001001"])
    unit = add(small_city, "519901001001", by=by)
    assert (unit.kind, unit.managed_population, unit.lon, unit.lat) == ("commodity", 1200, LON, LAT)
    assert unit.path == [*queries.unit(small_city["519901001001"]).path, unit.pk]
    assert unit.pk in {one.id for one in queries.children(small_city["519901001001"], LATER)}
    assert unit.pk not in {one.id for one in queries.children(small_city["519901001001"], THEN)}
    assert [one.id for one in queries.search_names("新居")] == [unit.pk]
    entry = Entry.objects.get(subject_id=unit.pk)
    assert (entry.action, entry.actor_label) == ("opened", "clerk")
    told = OutboxEvent.objects.filter(name="territory.changed").latest("position").payload
    assert told == {"reason": "opened", "closed": [], "opened": [str(unit.pk)]}


def test_a_new_grid_holds_what_is_nearest_to_it(small_city: dict) -> None:
    grid = {"code": "519901001001-G2", "level": "ordinary_grid", "kind": "", "name": "二网格"}
    assert queries.locate(LON, LAT, at=LATER).path[4:5] == (small_city["519901001001-G"],)
    unit = add(small_city, "519901001001-G", **grid)
    assert queries.locate(LON, LAT, at=LATER).grid_id == unit.pk
    assert queries.locate(LON, LAT, at=THEN).grid_id != unit.pk


def test_everything_wrong_is_told_at_once_by_column(small_city: dict) -> None:
    wrong = {"code": "a b", "kind": "", "name": "x" * 121, "managed_population": "many", "lon": "east"}
    with pytest.raises(ImportRefused) as refused:
        add(small_city, "519901001001", **wrong)
    assert {problem.column for problem in refused.value.problems} == set(wrong)


@pytest.mark.parametrize(
    ("changed", "column", "told"),
    [
        ({"lon": str(LAT), "lat": str(LON)}, "lon", "swapped"),
        ({"lon": "nan"}, "lon", "not a position on earth"),
        ({"lon": "181", "lat": "91"}, "lon", "not a position on earth"),
        ({"lon": ""}, "lon", "must both be numbers"),
        ({"lon": "104.095"}, "lon", "outside its parent"),
        ({"level": "castle"}, "level", "must be one of"),
        ({"name": ""}, "name", "is missing"),
        ({"name": "a\nb"}, "name", "one line"),
        ({"name": "\u202eab"}, "name", "one line"),
        ({"code": "٣"}, "code", "letters"),
        ({"code": "x" * 41}, "code", "40"),
        ({"managed_population": "-1"}, "managed_population", "whole number"),
        ({"managed_population": "9" * 5000}, "managed_population", "whole number"),
    ],
)
def test_what_a_register_may_not_say_is_refused(
    small_city: dict, changed: dict[str, str], column: str, told: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        add(small_city, "519901001001", **changed)
    assert [problem.column for problem in refused.value.problems] == [column]
    assert told in str(refused.value.problems[0])


def test_a_grids_position_lies_in_the_boundary_above_it(small_city: dict) -> None:
    with pytest.raises(ImportRefused, match="outside its parent"):
        add(small_city, "519901001001-G", code="G9", level="ordinary_grid", kind="", lon="104.095")


def test_a_position_of_another_datum_is_converted(small_city: dict) -> None:
    lon, lat = (float(value) for value in wgs84_to_gcj02(LON, LAT))
    unit = add(small_city, "519901001001", datum="gcj02", lon=str(lon), lat=str(lat))
    assert (unit.lon, unit.lat) == (pytest.approx(LON, abs=1e-7), pytest.approx(LAT, abs=1e-7))
    with pytest.raises(UnknownDatum):
        add(small_city, "519901001001", datum="mars")


def test_a_code_is_given_once_for_ever(small_city: dict) -> None:
    with pytest.raises(CodeTaken):
        add(small_city, "519901001001", code="519901001002-Q1")
    actions.close_unit(unit=small_city["519901001002-Q1"], on=THEN, by=SYSTEM)
    with pytest.raises(CodeUsed):
        add(small_city, "519901001001", code="519901001002-Q1")
    with pytest.raises(CodeTaken):
        add(small_city, "519901001001", on=date(2024, 3, 1), code="519901001002-Q1")


def test_a_name_is_given_once_among_what_lies_beside_it(small_city: dict) -> None:
    first = add(small_city, "519901001001")
    with pytest.raises(NameTaken):
        add(small_city, "519901001001", code="519901001001-Q3")
    assert add(small_city, "519901001002", code="519901001002-Q3", lon="", lat="").name == first.name
    actions.close_unit(unit=first.pk, on=date(2025, 6, 1), by=SYSTEM)
    assert add(small_city, "519901001001", on=date(2025, 6, 1), code="519901001001-Q3").name == first.name


def test_where_it_cannot_stand_it_is_refused(small_city: dict) -> None:
    with pytest.raises(WrongLevel):
        add(small_city, "519901001", lon="", lat="")
    with pytest.raises(WrongLevel):
        add(small_city, "519901001001-Q1", lon="", lat="")
    with pytest.raises(UnknownUnit):
        add({"nowhere": uuid7()}, "nowhere")
    with pytest.raises(WrongDate):
        add(small_city, "519901001001", on=date(2023, 12, 31))
    actions.close_unit(unit=small_city["519901001001"], on=LATER, by=SYSTEM)
    with pytest.raises(UnitClosed):
        add(small_city, "519901001001")


def test_before_its_parent_was_moved_there_is_no_place_for_it(small_city: dict) -> None:
    """Its path of those days would be that of today."""
    actions.rename(unit=small_city["519901001"], name="新名街道", on=LATER, by=SYSTEM)
    with pytest.raises(WrongDate):
        add(small_city, "519901001001", on=THEN)
    assert add(small_city, "519901001001", on=LATER).valid_from == LATER


def test_only_an_administrator_of_the_place_adds_to_it(small_city: dict) -> None:
    community = small_city["519901001001"]
    strangers = (
        clerk(small_city["519901001002"]),
        clerk(small_city["519901001"], Role.DESK),
        clerk(None, Role.AUDITOR),
    )
    for actor in strangers:
        with pytest.raises(NotAllowed):
            add(small_city, "519901001001", by=actor)
    assert not Unit.objects.filter(parent=community, name="新居").exists()


def test_the_database_refuses_a_unit_elsewhere(small_city: dict) -> None:
    community = Unit.objects.get(pk=small_city["519901001001"])
    unit = Unit(code="X", level="linpan", name="x", parent=community, valid_from=LATER)
    unit.path = [*community.path, unit.pk]
    neighbour = clerk(small_city["519901001002"])
    with acting_as(neighbour), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        unit.save(force_insert=True)


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_database")
def test_many_at_once_get_one_unit_of_a_code() -> None:
    with acting_as(SYSTEM):
        city = actions.open_unit(code="5199", level="city", name="市", parent=None, on=THEN, by=SYSTEM)
        places = [
            actions.open_unit(code=f"51990{n}", level="district", name=f"{n}区", parent=city.pk, on=THEN, by=SYSTEM)
            for n in range(6)
        ]
    given = {"code": "519900001", "level": "subdistrict", "kind": "town", "name": "镇", "lon": "", "lat": ""}

    def answer(place: Unit) -> str:
        try:
            add({"there": place.pk}, "there", on=THEN, **given)
            return "done"
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(places)) as pool:
        assert Counter(pool.map(answer, places)) == {"done": 1, "code_taken": len(places) - 1}
