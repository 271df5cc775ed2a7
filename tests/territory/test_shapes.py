"""Polygons: what is refused, and what Voronoi cells promise."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.territory import shapes

CITY = shapely.Polygon([(104, 30.6), (104.12, 30.61), (104.1, 30.7), (104.05, 30.65), (104, 30.7)])


def ring(*corners: tuple[float, float]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        (None, "not_a_polygon"),
        ({"type": "Point", "coordinates": [104, 30]}, "not_a_polygon"),
        (ring((0, 0), (1, 1), (0, 1), (1, 0), (0, 0)), "crosses_itself"),
        (ring((0, 0), (1, 0), (0, 1)), "unreadable"),
        (ring((0, 0), (1, 0), (2, 0), (0, 0)), "empty"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "unreadable"),
        ({"type": "Polygon", "coordinates": "x"}, "unreadable"),
    ],
)
def test_bad_geometries_are_refused_by_name(geometry: object, problem: str) -> None:
    with pytest.raises(shapes.ShapeProblem, match=problem):
        shapes.read_geojson(geometry)


def test_a_polygon_with_heights_is_read_flat() -> None:
    shape = shapes.read_geojson({"type": "Polygon", "coordinates": [[[0, 0, 5], [1, 0, 5], [0, 1, 5], [0, 0, 5]]]})
    assert not shape.has_z


points_within = st.lists(
    st.tuples(st.floats(104.001, 104.04), st.floats(30.611, 30.64)), min_size=1, max_size=30, unique=True
).map(lambda pairs: np.unique(np.round(pairs, 6), axis=0))


@settings(deadline=None)
@given(points_within)
def test_cells_share_out_the_area_and_hold_their_points(points: np.ndarray) -> None:
    cells = shapes.voronoi(points, CITY)
    assert sum(cell.area for cell in cells) == pytest.approx(CITY.area, rel=1e-6)
    assert shapely.union_all(cells).area == pytest.approx(CITY.area, rel=1e-6)
    for cell, spot in zip(cells, points, strict=True):
        assert cell.distance(shapely.Point(spot)) < 1e-9


@settings(deadline=None)
@given(points_within, st.data())
def test_labels_get_the_cells_of_their_points(points: np.ndarray, data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.sampled_from("ABC"), min_size=len(points), max_size=len(points)))
    areas = shapes.voronoi_by_label(labels, points, CITY)
    assert areas.keys() == set(labels)
    assert sum(area.area for area in areas.values()) == pytest.approx(CITY.area, rel=1e-6)
    for label, spot in zip(labels, points, strict=True):
        assert areas[label].distance(shapely.Point(spot)) < 1e-9


def test_the_most_frequent_label_of_a_spot_wins() -> None:
    spots = np.array([[104.02, 30.62]] * 3 + [[104.03, 30.63]])
    areas = shapes.voronoi_by_label(["B", "A", "B", "C"], spots, CITY)
    assert areas.keys() == {"B", "C"}


def test_random_points_lie_inside() -> None:
    points = shapes.random_points(CITY, 200, np.random.default_rng(3))
    assert len(points) == 200
    assert shapely.contains_xy(CITY, points).all()


def test_area_is_in_square_metres() -> None:
    # One hundredth of a degree square at 30° N: 1113.2 m by 1113.2 m × cos 30.005°.
    assert shapes.area_m2(shapely.box(104, 30, 104.01, 30.01)) == pytest.approx(1113.2**2 * 0.86598, rel=1e-4)


@pytest.mark.parametrize("apart", [1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-8, 1e-6])
def test_points_that_nearly_meet_share_out_the_whole(apart: float) -> None:
    rng = np.random.default_rng(1)
    within = shapely.box(104, 30, 104.1, 30.1)
    for _ in range(100):
        points = rng.uniform(0, 0.1, (4, 2)) + np.array([104, 30])
        points = np.vstack([points, points + rng.choice([0, apart, 3 * apart], points.shape)])
        areas = shapes.voronoi_by_label(list("abcabcab"), points, within)
        assert sum(area.area for area in areas.values()) == pytest.approx(within.area)


@pytest.mark.parametrize(
    "points",
    [
        [(104.05, 30.05)],
        [(104.05, 30.05)] * 3,
        [(104.01, 30.01), (104.02, 30.02), (104.03, 30.03)],
        [(104.01, 30.05), (104.02, 30.05), (104.09, 30.05)],
        [(104.05, 30.0), (104.05, 30.05), (104.05, 30.09)],
        [(90, 20), (104.05, 30.05)],
        [(90, 20), (91, 21)],
    ],
)
def test_one_point_equal_ones_a_line_and_far_ones_share_out_the_whole(points: list[tuple[float, float]]) -> None:
    hole = shapely.box(104.07, 30.04, 104.08, 30.05)
    within = shapely.MultiPolygon([shapely.box(104, 30, 104.04, 30.1), shapely.box(104.06, 30, 104.1, 30.1) - hole])
    areas = shapes.voronoi_by_label([str(i) for i in range(len(points))], np.array(points, dtype=float), within)
    assert sum(area.area for area in areas.values()) == pytest.approx(within.area)
