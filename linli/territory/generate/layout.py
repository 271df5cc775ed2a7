"""Where things lie: subdistricts and communities in their districts, quarters in communities, buildings in quarters.

The register has no positions below the district. Places are drawn so that units are small and people many near the
centre; all of it is derived, and marked so. What is already drawn or placed is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.territory import shapes
from linli.territory.generate.mixture import AREA_420, Integers
from linli.territory.rules import METRES_PER_DEGREE, Floats, metres_between

# Tianfu Square.
CENTRE = (104.0657, 30.6574)
# The density of units falls by e over so many metres from the centre, down to this share of it.
FALL, FLOOR = 9_000.0, 0.02
# By kind of quarter: square metres of land for each person.
LAND = np.array([20.0, 12.0, 18.0, AREA_420.square_metres / AREA_420.people])
# Streets between quarters, half their width in metres.
STREET = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """A unit to be placed in its parent: its label point and shape where they are known."""

    code: str
    point: tuple[float, float] | None = None
    shape: BaseGeometry | None = None
    rural: bool = False


def density(points: Floats) -> Floats:
    """How dense the city is at these points, 1 in the centre."""
    distance = metres_between(points[:, 0], points[:, 1], *CENTRE)
    return np.exp(-distance / FALL) + FLOOR


def areas_within(parent: BaseGeometry, children: Sequence[Child], rng: np.random.Generator) -> dict[str, BaseGeometry]:
    """The part of `parent` that each child gets: its own shape, or its Voronoi cell in what is left."""
    given = {child.code: child.shape for child in children if child.shape is not None}
    open_children = [child for child in children if child.shape is None]
    if not open_children:
        return given
    rest = parent
    if given:
        rest = shapes.only_polygons(parent.difference(shapely.union_all(list(given.values()))))
    points = _points_for(rest, open_children, rng)
    cells = shapes.voronoi(points, rest)
    return given | {child.code: cell for child, cell in zip(open_children, cells, strict=True)}


def _points_for(rest: BaseGeometry, children: Sequence[Child], rng: np.random.Generator) -> Floats:
    """Label points where they are known, else drawn by density, the rural children farthest from the centre."""
    unplaced = [i for i, child in enumerate(children) if child.point is None]
    points = np.array([child.point or (np.nan, np.nan) for child in children], dtype=float)
    if not unplaced:
        return points
    drawn = shapes.random_points(rest, len(unplaced) * 12, rng)
    weights = density(drawn)
    drawn = drawn[rng.choice(len(drawn), len(unplaced), replace=False, p=weights / weights.sum())]
    if len(unplaced) == len(children):
        drawn = shapes.lloyd(drawn, rest, rounds=2)
    drawn = drawn[np.argsort(-density(drawn), kind="stable")]
    order = sorted(unplaced, key=lambda i: (children[i].rural, children[i].code))
    points[order] = drawn
    return points


def share_out(count: int, weights: Floats, rng: np.random.Generator) -> Integers:
    """The place of each of `count` quarters: one for every place while they last, the rest by weight."""
    first = rng.permutation(len(weights))[:count]
    if count <= len(weights):
        return first.astype(np.int64)
    rest = rng.choice(len(weights), count - len(weights), p=weights / weights.sum())
    return rng.permutation(np.concatenate([first, rest])).astype(np.int64)


def quarters_within(
    community: BaseGeometry, kinds: NDArray[np.int8], people: Integers, rng: np.random.Generator, *, with_420: bool
) -> list[BaseGeometry]:
    """The shape of each quarter: apart from each other, inside the community, as large as its people need.

    With `with_420` the first quarter is the 420 area, on exactly its 750 mu if the community is large enough.
    """
    found: list[BaseGeometry] = []
    if with_420:
        found.append(square_of(community, shapes.label_point(community), AREA_420.square_metres))
        community = shapes.only_polygons(community.difference(_shrunk(found[0], -2 * STREET)))
        kinds, people = kinds[1:], people[1:]
    if not len(people):
        return found
    points = shapes.random_points(community, len(people), rng)
    if len(points) > 1:
        points = shapes.lloyd(points, community, rounds=1)
    cells = shapes.voronoi(points, community)
    # The largest quarter gets the largest cell.
    wanted = people * LAND[kinds]
    by_area = np.argsort(-shapely.area(cells), kind="stable")
    placed: list[BaseGeometry] = [shapely.Polygon()] * len(people)
    for quarter, cell in zip(np.argsort(-wanted, kind="stable"), by_area, strict=True):
        placed[quarter] = _block(cells[cell], float(wanted[quarter]))
    return found + placed


def _block(cell: BaseGeometry, square_metres: float) -> BaseGeometry:
    """A square of this area in the cell, away from its border by half a street; less where the cell is small."""
    inner = _shrunk(cell, STREET)
    if inner.is_empty:
        inner = shapely.affinity.scale(cell, 0.9, 0.9)
    part = max(shapely.get_parts(inner), key=lambda polygon: polygon.area)
    lon, lat = shapes.label_point(part)
    block = shapes.only_polygons(part.intersection(_square(lon, lat, square_metres**0.5)))
    return max(shapely.get_parts(block), key=lambda polygon: polygon.area)


def _shrunk(shape: BaseGeometry, metres: float) -> BaseGeometry:
    """Its inside, this far from its border (outside for a negative distance)."""
    squeeze = np.array([np.cos(np.radians(shape.centroid.y)), 1.0]) * METRES_PER_DEGREE
    flat = shapely.transform(shape, lambda xy: xy * squeeze)
    return shapely.transform(flat.buffer(-metres, join_style="mitre"), lambda xy: xy / squeeze)


def _square(lon: float, lat: float, side: float) -> BaseGeometry:
    half = side / 2.0 / METRES_PER_DEGREE
    wide = half / np.cos(np.radians(lat))
    return shapely.box(lon - wide, lat - half, lon + wide, lat + half)


def square_of(within: BaseGeometry, point: tuple[float, float], square_metres: float) -> BaseGeometry:
    """The part of `within` in a square about `point` whose side is such that it has exactly this area, if it can."""
    low, high = square_metres**0.5, 4.0 * square_metres**0.5
    for _ in range(50):
        side = (low + high) / 2.0
        shape = shapes.only_polygons(within.intersection(_square(*point, side)))
        low, high = (side, high) if shapes.area_m2(shape) < square_metres else (low, side)
    return max(shapely.get_parts(shape), key=lambda polygon: polygon.area)


def points_in(areas: NDArray[np.object_], rng: np.random.Generator) -> Floats:
    """A random point in each of the areas (which may repeat)."""
    shapely.prepare(areas)
    bounds = shapely.bounds(areas)
    # A shape so thin that no draw meets it keeps the point that is inside by construction.
    points = shapely.get_coordinates(shapely.point_on_surface(areas))
    left = np.arange(len(areas))
    for _ in range(30):
        west, south, east, north = bounds[left].T
        drawn = np.column_stack([rng.uniform(west, east), rng.uniform(south, north)])
        inside = shapely.contains_xy(areas[left], drawn[:, 0], drawn[:, 1])
        points[left[inside]] = drawn[inside]
        left = left[~inside]
    return points
