"""The outlines that a live map is drawn of."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from shapely.geometry import Point, shape
from territory.conftest import DAY, point, unit_row

from linli.foundation.access import SYSTEM
from linli.territory import actions, maps, queries
from linli.territory.imports import UnitRow


def asked(client: Client, unit: object) -> Any:
    return client.get(f"/api/v1/territory/units/{unit}/outlines", headers={"accept-language": "en"})


def test_a_subdistrict_with_two_levels_below_it(small_city: dict[str, str], client: Client) -> None:
    found = asked(client, small_city["519901001"]).json()
    depths: dict[int, list[str]] = {}
    for feature in found["features"]:
        depths.setdefault(feature["properties"]["depth"], []).append(feature["properties"]["level"])
    assert depths == {0: ["subdistrict"], 1: ["community"] * 2, 2: ["quarter"] * 2}
    assert found["bbox"] == pytest.approx([*point(0, 0), *point(10, 8)])
    quarter = next(one for one in found["features"] if one["properties"]["id"] == str(small_city["519901001001-Q1"]))
    assert shape(quarter["geometry"]).contains(Point(point(2, 2)))
    assert shape(quarter["geometry"]).contains(Point(quarter["properties"]["label"]))


def test_a_community_shows_its_buildings(small_city: dict[str, str], client: Client) -> None:
    lon, lat = point(2, 2)
    row = UnitRow(0, "519901001001-Q1-B1", "building", "", "1栋", "Building 1", "519901001001-Q1", None, lon, lat)
    actions.load(units=[row], boundaries=[], day=queries.day_of(None), source="test", by=SYSTEM)
    queries.forget()
    found = asked(client, small_city["519901001001"]).json()["features"]
    (building,) = [one for one in found if one["geometry"]["type"] == "Point"]
    assert building["properties"]["name"] == "Building 1"
    assert building["geometry"]["coordinates"] == pytest.approx([lon, lat])


def test_everybody_may_read_it_and_keep_it_for_a_while(small_city: dict[str, str], client: Client) -> None:
    headers = asked(client, small_city["519901001"]).headers
    assert "public" in headers["Cache-Control"]
    assert "Accept-Language" in headers["Vary"]


def test_a_unit_that_is_not_there(small_city: dict[str, str], client: Client) -> None:
    answer = asked(client, uuid4())
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_unit")


def test_a_unit_without_boundaries(db: None, as_system: None, client: Client) -> None:
    actions.load(units=[unit_row("5199", "city", "")], boundaries=[], day=DAY, source="test", by=SYSTEM)
    answer = asked(client, queries.root().id)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_boundary")
    assert "no map" in answer.json()["title"]


def test_names_in_areas_leave_out_the_word_that_all_of_them_share() -> None:
    assert maps.labels_of(["Shuanglin Community", "Xin Hong Community"]) == ["Shuanglin", "Xin Hong"]
    assert maps.labels_of(["Shuanglin Community", "Longquan Village"]) == ["Shuanglin Community", "Longquan Village"]
    assert maps.labels_of(["双林社区", "新鸿社区"]) == ["双林社区", "新鸿社区"]
    assert maps.labels_of(["Shuanglin Community"]) == ["Shuanglin Community"]
