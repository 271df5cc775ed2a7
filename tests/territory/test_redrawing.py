"""What somebody sends as a boundary: understood or refused with what to do; and how it is compared with the old one and its neighbours."""

import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from linli.foundation.ids import uuid7
from linli.territory import redrawing, rules, shapes
from linli.territory.errors import BadShape, UnknownDatum
from linli.territory.redrawing import Neighbour

from .conftest import box

SQUARE = [[104.0, 30.6], [104.1, 30.6], [104.1, 30.7], [104.0, 30.7], [104.0, 30.6]]
PARENT = box(0, 0, 10, 10)


def polygon(*rings: list[Any], **more: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings) or [SQUARE]} | more


def outline(text: str, datum: str = "wgs84") -> BaseGeometry:
    geometry = redrawing.read(text, name="东城", code="5199")
    # What the page sends again says the same.
    again = redrawing.read(redrawing.compact(geometry), name="东城", code="5199")
    assert again == geometry
    return redrawing.outline(geometry, name="东城", datum=datum)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(polygon()),
        json.dumps(polygon(SQUARE[:-1])),
        json.dumps(polygon([[*corner, 512.5] for corner in SQUARE])),
        json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE]]}),
        json.dumps({"type": "Feature", "properties": None, "geometry": polygon()}),
        json.dumps({"type": "Feature", "properties": {"code": "5199"}, "geometry": polygon()}),
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": polygon()}]}, indent=4),
        "\ufeff" + json.dumps(polygon()),
        "104.0, 30.6\n104.1, 30.6\r\n104.1, 30.7\n104.0, 30.7",
        "104.0，30.6\n 104.1 30.6 \n104.1;30.7\n104.0\t30.7\n104.0 30.6\n\n",
    ],
)
def test_every_usual_way_of_writing_a_square_is_understood(text: str) -> None:
    assert redrawing.alike(outline(text), box(0, 0, 10, 10))


def test_an_empty_line_begins_another_part() -> None:
    shape = outline("104.0 30.6\n104.1 30.6\n104.1 30.7\n\n\n104.3 30.6\n104.4 30.6\n104.4 30.7\n")
    assert (shape.geom_type, len(shapely.get_parts(shape))) == ("MultiPolygon", 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no area"),
        ("{", "neither GeoJSON nor a list of corners"),
        ("[[104, 30.6]]", "neither GeoJSON nor a list of corners"),
        ('{"type": ' * 3000, "neither GeoJSON"),
        ("[" * 100_000, "neither GeoJSON"),
        ("104.0 30.6\nhere", "line 2 is no corner"),
        ("104.0 30.6 500", "line 1 is no corner"),
        ("<script>alert(1)</script>", "line 1 is no corner"),
        ("104 30.6\n104.1 30.6", "fewer than three corners"),
        (json.dumps(polygon([])), "fewer than three corners"),
        (json.dumps(polygon([SQUARE[0]] * 5)), "fewer than three corners"),
        (json.dumps(polygon([[104.0, 30.6], [104.1, 30.6], [104.2, 30.6]])), "has no area"),
        (json.dumps({"type": "MultiPolygon", "coordinates": []}), "has no area"),
        (json.dumps({"type": "Polygon", "coordinates": None}), "broken coordinates"),
        (json.dumps({"type": "Polygon", "coordinates": {"0": 1}}), "broken coordinates"),
        (json.dumps(polygon([["104", "30"], ["105", "30"], ["105", "31"]])), "broken coordinates"),
        (json.dumps(polygon([[104, 30], [None, 30], [105, 31]])), "broken coordinates"),
        (json.dumps(polygon([[104], [105], [106]])), "broken coordinates"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 30], [104, 30], [104, 31]]]}', "broken coordinates"),
        ('{"type": "Polygon", "coordinates": [[[1e999, 30], [104, 30], [104, 31]]]}', "broken coordinates"),
        ('{"type": "Polygon", "coordinates": [[[' + "9" * 5000 + ", 30], [104, 30], [104, 31]]]}", "neither GeoJSON"),
        ("104 30\nnan inf", "line 2 is no corner"),
        (json.dumps({"type": "LineString", "coordinates": SQUARE}), "not a Polygon or MultiPolygon"),
        (json.dumps({"type": "GeometryCollection", "geometries": [polygon()]}), "not a Polygon or MultiPolygon"),
        (json.dumps({"type": "Feature", "geometry": None}), "not a Polygon or MultiPolygon"),
        (json.dumps({"type": "FeatureCollection", "features": []}), "holds 0 features"),
        (json.dumps({"type": "FeatureCollection", "features": [{}, {}]}), "holds 2 features"),
        (json.dumps({"type": "FeatureCollection", "features": ["x"]}), "not a Polygon or MultiPolygon"),
        (json.dumps({"type": "Feature", "properties": {"code": "6000"}, "geometry": polygon()}), "outline of 6000"),
        (json.dumps(polygon([[104, 30.6], [104.1, 30.7], [104.1, 30.6], [104, 30.7]])), "itself at 104.05000, 30.65000"),
        (json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}), "covers itself at"),
        (json.dumps(polygon(SQUARE, [[105, 31], [105.1, 31], [105, 31.1]])), "covers itself at 105"),
        (json.dumps(polygon([[30.6, 104.0], [30.7, 104.0], [30.7, 104.1]])), "latitude before longitude"),
        (json.dumps(polygon([[411500, 3390500], [412500, 3390500], [412500, 3391500]])), "not in metres"),
        (json.dumps(polygon([[-179, 30], [179, 30], [179, 31]])), "more than 10 degrees"),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(BadShape) as refused:
        outline(text)
    assert told in str(refused.value)
    assert refused.value.field == "drawn"


def ring(corners: int) -> list[list[float]]:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return [[104.05 + 0.04 * float(np.cos(t)), 30.65 + 0.04 * float(np.sin(t))] for t in turn]


def test_what_has_too_many_corners_is_refused_as_it_is_read() -> None:
    most = outline(json.dumps(polygon(ring(redrawing.MOST_CORNERS))))
    assert shapely.get_num_coordinates(most) == redrawing.MOST_CORNERS + 1
    with pytest.raises(BadShape, match="1,000,000 corners, and at most 10,000"):
        redrawing.read(json.dumps(polygon(SQUARE[:4] * 250_000)), name="x", code="")
    parts = {"type": "MultiPolygon", "coordinates": [[SQUARE]] * 2_501}
    with pytest.raises(BadShape, match="10,004 corners"):
        redrawing.read(json.dumps(parts), name="x", code="")


def test_a_declared_datum_is_taken_out() -> None:
    shifted = shapes.transformed(PARENT, rules.wgs84_to_gcj02)
    shape = outline(shapely.to_geojson(shifted), "gcj02")
    assert redrawing.in_common(shape, PARENT) > 0.99999
    assert redrawing.datum_suspected(outline(shapely.to_geojson(shifted)), PARENT) is False, "it is too large for it"
    small = box(4, 4, 4.5, 4.5)
    assert redrawing.datum_suspected(shapes.transformed(small, rules.wgs84_to_gcj02), small)
    assert not redrawing.datum_suspected(small, small)
    with pytest.raises(UnknownDatum):
        outline(json.dumps(polygon()), "mars")


def fit(shape: BaseGeometry) -> redrawing.Fitted:
    return redrawing.fit(shape, PARENT, name="东城", above="全市")


def test_a_little_outside_is_cut_off_and_told_and_much_is_refused() -> None:
    fitted = fit(box(0, 0, 10.05, 10))
    assert fitted.shape.equals(PARENT)
    assert fitted.outside_share == pytest.approx(0.05 / 10.05)
    assert fitted.outside_m2 == pytest.approx(shapes.area_m2(box(10, 0, 10.05, 10)), rel=0.01)
    assert fit(PARENT) == redrawing.Fitted(PARENT)
    with pytest.raises(BadShape, match=r"\(50\.0 %\) lie outside 全市"):
        fit(box(5, 0, 15, 10))
    with pytest.raises(BadShape, match="latitude before longitude"):
        fit(shapes.transformed(PARENT, lambda x, y: (y, x)))
    with pytest.raises(BadShape, match="GCJ-02"):
        fit(shapes.transformed(PARENT, rules.wgs84_to_gcj02))


def neighbour(code: str, shape: BaseGeometry, derived: bool = False) -> Neighbour:
    return Neighbour(uuid7(), code, code, "", shape, derived)


def test_neighbours_are_told_by_how_much_they_are_covered() -> None:
    shape = box(0, 0, 5, 10)
    beside = [neighbour("c", box(5, 0, 10, 5)), neighbour("b", box(4, 5, 10, 10)), neighbour("a", box(4.99, 0, 6, 5))]
    found = redrawing.overlaps(shape, beside)
    assert [(one.neighbour.code, one.grave) for one in found] == [("a", False), ("b", True)], (
        "borders that meet are none"
    )
    assert found[1].share == pytest.approx(1 / 6)
    assert found[1].area_m2 == pytest.approx(shapes.area_m2(box(4, 5, 5, 10)), rel=0.01)


def test_of_what_is_taken_whole_nothing_is_left() -> None:
    assert redrawing.without(box(0, 0, 1, 1), box(0, 0, 2, 2)) is None
    assert redrawing.without(box(0, 0, 1, 1), box(0.001, 0, 2, 2)) is None
    kept = redrawing.without(box(0, 0, 2, 1), box(1, 0, 3, 1))
    assert kept is not None
    assert kept.equals(box(0, 0, 1, 1))


SIDES = st.tuples(*[st.integers(0, 100)] * 4).filter(lambda s: s[0] < s[2] and s[1] < s[3])


@given(SIDES, SIDES)
def test_a_neighbour_that_gives_way_is_no_longer_covered(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Whatever the two were: together they hold what they held, and nothing twice."""
    new, old = box(*(s / 10 for s in one)), box(*(s / 10 for s in other))
    kept = redrawing.without(old, new)
    if kept is None:
        assert old.difference(new).area <= shapes.TOLERATED_SHARE * old.area
        return
    assert redrawing.overlaps(new, [neighbour("x", kept)]) == []
    assert kept.union(new).equals(old.union(new))


@given(st.lists(st.tuples(st.floats(104, 104.1), st.floats(30.6, 30.7)), max_size=12))
def test_any_list_of_corners_is_an_outline_or_refused(corners: list[tuple[float, float]]) -> None:
    text = "\n".join(f"{lon},{lat}" for lon, lat in corners)
    try:
        shape = outline(text)
    except BadShape:
        return
    assert shape.is_valid
    assert not shape.is_empty
    assert shape.area > 0


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises(BadShape, match="东城"):
        outline("x" + text)
