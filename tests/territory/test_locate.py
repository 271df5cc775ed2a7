"""Locating through the database: errors that say what is wrong, dates, and what a transaction sees."""

from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
import pytest
from django.db import transaction
from django.utils import translation

from linli.foundation import clock
from linli.foundation.access import SYSTEM
from linli.territory import actions, queries, rules
from linli.territory.errors import (
    DatumSuspected,
    InvalidCoordinates,
    NoTerritory,
    OutsideCity,
    SwappedCoordinates,
    UnknownUnit,
)
from tests.territory.conftest import DAY, point


def test_the_finest_unit_and_all_above(small_city: dict) -> None:
    place = queries.locate(*point(2, 2))
    assert place.unit_id == place.quarter_id == small_city["519901001001-Q1"]
    assert place.community_id == small_city["519901001001"]
    assert place.subdistrict_id == small_city["519901001"]
    assert place.district_id == small_city["519901"]
    assert place.grid_id == small_city["519901001001-G1-2"]
    assert not place.derived


def test_many_points_at_once_are_placed_like_one_by_one(small_city: dict) -> None:
    spots = np.array([point(2, 2), point(4, 2), point(50, 50)])
    found = queries.locate_many(spots[:, 0], spots[:, 1])
    units = queries.index().units
    assert [units[i].code if i >= 0 else None for i in found] == ["519901001001-Q1", "519901001001", None]


def test_text_is_read_as_a_number(small_city: dict) -> None:
    lon, lat = point(2, 2)
    assert queries.locate(str(lon), f" {lat} ").quarter_id == small_city["519901001001-Q1"]


def test_outside_the_city(small_city: dict) -> None:
    with pytest.raises(OutsideCity) as refused:
        queries.locate(116.39, 39.9)
    assert refused.value.field == "lon"
    with translation.override("en"):
        assert "116.39000, 39.90000 lies outside" in str(refused.value)


@pytest.mark.parametrize("at", [(2, 2), (9.99, 9.99)])
def test_swapped_coordinates_are_offered_in_the_right_order(small_city: dict, at: tuple[float, float]) -> None:
    lon, lat = point(*at)
    with pytest.raises(SwappedCoordinates) as refused:
        queries.locate(lat, lon)
    assert refused.value.data == {"lon": lon, "lat": lat}
    # What is offered is accepted.
    assert queries.locate(**refused.value.data)


@pytest.mark.parametrize("value", ["x", None, float("nan"), 1e9])
def test_what_is_no_coordinate_is_refused(small_city: dict, value: object) -> None:
    with pytest.raises(InvalidCoordinates):
        queries.locate(104.0, value)


@pytest.mark.parametrize("datum", [rules.GCJ02, rules.BD09])
def test_declared_chinese_datums_are_converted(small_city: dict, datum: str) -> None:
    lon, lat = point(2.9, 1.1)
    there = rules.wgs84_to_gcj02(lon, lat)
    if datum == rules.BD09:
        there = rules.gcj02_to_bd09(*there)
    place = queries.locate(*map(float, there), datum=datum)
    assert place.quarter_id == small_city["519901001001-Q1"]
    assert rules.metres_between(lon, lat, place.lon, place.lat) < 0.001


@pytest.mark.parametrize(("datum", "at"), [(rules.GCJ02, (9.95, 5)), (rules.BD09, (9.5, 5))])
def test_undeclared_chinese_datums_are_recognised_at_the_edge_of_the_city(
    small_city: dict, datum: str, at: tuple[float, float]
) -> None:
    there = rules.wgs84_to_gcj02(*point(*at))
    if datum == rules.BD09:
        there = rules.gcj02_to_bd09(*there)
    with pytest.raises(DatumSuspected) as refused:
        queries.locate(*map(float, there))
    assert refused.value.data["datum"] == datum
    assert rules.metres_between(refused.value.data["lon"], refused.value.data["lat"], *point(*at)) < 0.001


def test_undeclared_gcj02_is_recognised_by_the_unit_that_was_named(small_city: dict) -> None:
    lon, lat = map(float, rules.wgs84_to_gcj02(*point(4.9, 5)))
    assert queries.locate(lon, lat).community_id == small_city["519901001002"]
    with pytest.raises(DatumSuspected):
        queries.locate(lon, lat, claimed=small_city["519901001001"])


def test_a_point_outside_the_named_unit_in_any_datum_says_so(small_city: dict) -> None:
    place = queries.locate(*point(8, 6), claimed=small_city["519901001001"])
    assert place.outside_claimed
    assert not queries.locate(*point(2, 6), claimed=small_city["519901001001"]).outside_claimed


def test_a_grid_or_building_that_was_named_stands_for_the_unit_that_it_lies_in(small_city: dict) -> None:
    # Nearer to the other grid's label point, but grids have no boundary: nothing says that it is not in this one.
    assert not queries.locate(*point(1.1, 1.1), claimed=small_city["519901001001-G1-2"]).outside_claimed
    assert queries.locate(*point(8, 6), claimed=small_city["519901001001-G1-2"]).outside_claimed
    with pytest.raises(UnknownUnit):
        queries.locate(*point(2, 2), claimed=UUID(int=0))


def test_before_its_beginning_there_is_no_territory(small_city: dict) -> None:
    with pytest.raises(NoTerritory):
        queries.locate(*point(2, 2), at=date(2020, 1, 1))


@pytest.mark.django_db
def test_without_a_city_the_error_says_how_to_load_one(as_system: None) -> None:
    with pytest.raises(NoTerritory, match="linli city load"):
        queries.locate(104, 30)


def test_the_day_is_the_one_in_the_citys_time_zone(small_city: dict) -> None:
    # 17:00 UTC is already the next day in Chengdu.
    assert queries.day_of(datetime(2024, 5, 1, 17, tzinfo=UTC)) == date(2024, 5, 2)
    with clock.at(datetime(2023, 12, 31, 17, tzinfo=UTC)):
        assert queries.locate(*point(2, 2)).level == "quarter"
    with clock.at(datetime(2023, 12, 31, 15, tzinfo=UTC)), pytest.raises(NoTerritory):
        queries.locate(*point(2, 2))


def test_a_change_that_is_rolled_back_is_not_remembered(small_city: dict) -> None:
    quarter = small_city["519901001001-Q1"]
    assert queries.unit(quarter).valid_to is None
    with transaction.atomic():
        actions.close_unit(unit=quarter, on=date(2025, 1, 1), by=SYSTEM)
        assert queries.locate(*point(2, 2)).level == "community"
        transaction.set_rollback(True)
    assert queries.locate(*point(2, 2)).unit_id == quarter


def test_units_by_id_code_and_name(small_city: dict) -> None:
    community = small_city["519901001001"]
    assert queries.unit(community).code == "519901001001"
    assert queries.find_by_code("519901001001").id == community
    assert queries.find_by_code("nothing") is None
    assert [unit.code for unit in queries.ancestors(community)] == ["5199", "519901", "519901001"]
    assert [unit.code for unit in queries.children(community)] == ["519901001001-G", "519901001001-Q1"]
    assert [unit.code for unit in queries.children(community, level="quarter")] == ["519901001001-Q1"]
    assert [unit.level for unit in queries.children(None)] == ["city"]
    with pytest.raises(UnknownUnit):
        queries.unit(UUID(int=0))


def test_names_are_found_by_any_part_the_coarse_ones_first(small_city: dict) -> None:
    found = [unit.code for unit in queries.search_names("01001001")]
    assert found == ["519901001001", "519901001001-Q1"]
    assert queries.search_names("01001001", within=small_city["519901001002"]) == []
    assert len(queries.search_names("单元", limit=3)) == 3
    assert queries.search_names("  ") == []


def test_grids_and_buildings_are_units_too(small_city: dict) -> None:
    grid = queries.unit(small_city["519901001001-G1-1"])
    assert grid.level == "micro_grid"
    assert [unit.code for unit in queries.ancestors(grid.id)][-2:] == ["519901001001-G", "519901001001-G1"]
    assert queries.unit(grid.id, at=DAY).path == grid.path
