"""Polygons: read, checked, made from labelled points. Pure; WGS84 degrees, areas and widths in metres.

A polygon is planar in longitude and latitude, as in GeoJSON (RFC 7946): its edges are straight in degrees.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.territory.rules import METRES_PER_DEGREE, Floats

# Shares of its area that an imported boundary may lie outside its parent or over its neighbours: digitising, not error.
TOLERATED_SHARE = 0.01


class ShapeProblem(ValueError):
    """Why a geometry is no boundary; the first argument is one of the codes that `imports` explains."""


def read_geojson(geometry: Any) -> BaseGeometry:
    """A Polygon or MultiPolygon from a GeoJSON geometry, valid and not empty, or `ShapeProblem`."""
    return checked(parsed(geometry))


def parsed(geometry: Any) -> BaseGeometry:
    """A Polygon or MultiPolygon from a GeoJSON geometry, good or not, without heights. Raises `ShapeProblem` where it is neither."""
    if not isinstance(geometry, dict) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise ShapeProblem("not_a_polygon")
    try:
        return shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        raise ShapeProblem("unreadable") from None


def checked(shape: BaseGeometry) -> BaseGeometry:
    """The shape itself if it is a boundary: finite, not empty, not crossing itself."""
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise ShapeProblem("unreadable")
    # A bow tie's area is zero, too, but it is not flat.
    if shape.is_empty or shape.convex_hull.area == 0.0:
        raise ShapeProblem("empty")
    if not shape.is_valid:
        raise ShapeProblem("crosses_itself")
    return shape


def transformed(shape: BaseGeometry, convert: Any) -> BaseGeometry:
    """The shape with `convert(lons, lats)` applied to its corners."""
    return shapely.transform(shape, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1])))


def only_polygons(shape: BaseGeometry) -> BaseGeometry:
    """Its areas alone: an intersection may leave lines and points where borders touch."""
    if shape.geom_type in {"Polygon", "MultiPolygon"}:
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def area_m2(shape: BaseGeometry) -> float:
    """Area in square metres, within 0.5 % for a shape of a city's size."""
    if shape.is_empty:
        return 0.0
    _west, south, _east, north = shape.bounds
    return float(shape.area * METRES_PER_DEGREE**2 * np.cos(np.radians((south + north) / 2.0)))


def label_point(shape: BaseGeometry) -> tuple[float, float]:
    """A point inside, for the label."""
    point = shape.point_on_surface()
    return point.x, point.y


def random_points(shape: BaseGeometry, count: int, rng: np.random.Generator) -> Floats:
    """`count` points inside the shape, evenly spread; array of (lon, lat)."""
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    share = max(shape.area / ((east - west) * (north - south)), 0.02)
    found = np.empty((0, 2))
    while len(found) < count:
        tries = int((count - len(found)) / share * 1.3) + 8
        points = np.column_stack([rng.uniform(west, east, tries), rng.uniform(south, north, tries)])
        found = np.vstack([found, points[shapely.contains_xy(shape, points)]])
    return found[:count]


def _cells(points: Floats, around: BaseGeometry) -> NDArray[np.object_]:
    """Voronoi cells in the points' order, reaching beyond `around`. Nearness is measured in metres."""
    squeeze = np.array([np.cos(np.radians(points[:, 1].mean())), 1.0])
    west, south, east, north = around.bounds
    reach = shapely.box(west * squeeze[0], south, east * squeeze[0], north)
    cells = shapely.voronoi_polygons(shapely.multipoints(points * squeeze), extend_to=reach, ordered=True)
    return shapely.transform(shapely.get_parts(cells), lambda xy: xy / squeeze)


def voronoi(points: Floats, within: BaseGeometry) -> NDArray[np.object_]:
    """One cell for each point: the part of `within` that is nearer to it than to any other, in the points' order.

    The points must differ. A cell is empty where no part of `within` is nearest to its point.
    """
    if len(points) == 1:
        return np.array([within], dtype=object)
    clipped = shapely.intersection(_cells(points, within), within)
    return np.array([only_polygons(cell) for cell in clipped], dtype=object)


def voronoi_by_label(labels: Sequence[str], points: Floats, within: BaseGeometry) -> dict[str, BaseGeometry]:
    """One area for each label: the union of the cells of its points, clipped to `within`.

    Of several labels at one spot the most frequent wins (the first in the alphabet where they tie), so a label whose
    every spot is another's has no area and is left out.
    """
    names, codes = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    # Points nearer to each other than a tenth of a millimetre are one spot: their cells would be too thin to compute.
    spots, spot_of = np.unique(np.round(points, 9), axis=0, return_inverse=True)
    winner = _most_frequent(spot_of.ravel(), codes.ravel())
    if len(spots) == 1:
        return {str(names[winner[0]]): within}
    cells = _cells(spots, within)
    areas = {}
    for code, name in enumerate(names):
        own = cells[winner == code]
        # Cells share their corners exactly, which makes them a coverage: its union is far faster than a general one.
        area = only_polygons(shapely.intersection(shapely.coverage_union_all(own), within)) if len(own) else None
        if area is not None and not area.is_empty:
            areas[str(name)] = area
    return areas


def _most_frequent(group_of: NDArray[np.intp], codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each group (0, 1, 2 …) the code that it holds most often; the smallest where several do."""
    pairs, counts = np.unique(np.column_stack([group_of, codes]), axis=0, return_counts=True)
    order = np.lexsort((pairs[:, 1], -counts, pairs[:, 0]))
    _groups, first = np.unique(pairs[order, 0], return_index=True)
    return pairs[order[first], 1]


def lloyd(points: Floats, within: BaseGeometry, rounds: int) -> Floats:
    """Points moved to the middle of their cells, so that the cells become compact and alike in size."""
    for _ in range(rounds):
        cells = voronoi(points, within)
        points = shapely.get_coordinates(shapely.point_on_surface(cells))
    return points
