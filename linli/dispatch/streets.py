"""Ways along the streets of an OpenStreetMap extract, for whoever walks or rides a bicycle. Pure: files and arrays, no Django.

A street's corners are the places of the network; two corners at one position are one. Whoever is on foot or on a bicycle goes both ways.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import osmium
import scipy
from numpy.typing import NDArray

from linli.dispatch.travel import BIKE_METRES_A_SECOND, METRES_A_DEGREE, Matrix, Place, Travel, metres_between, straight

# Not for people without a car, or not there yet.
CLOSED = frozenset({"motorway", "motorway_link", "construction", "proposed", "raceway", "abandoned", "platform"})
# A way may lead around outside of where it begins and ends.
MARGIN_DEGREES = 0.02
# Ways from so many places over so many corners are worked out within some seconds; for more the line through the air has to do.
MOST_STEPS = 20_000_000
# Farther away than this from every street, somebody is not on this network.
FARTHEST_METRES = 1_000.0
# About a metre: the same corner in two ways.
DIGITS = 5


class StreetsFailed(Exception):
    """The extract cannot be used; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Corners (longitude, latitude), and the pieces of street between two of them."""

    corners: NDArray[np.float64]
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]


def read(path: Path) -> Streets:
    """Raises StreetsFailed where the file cannot be read or holds no street."""
    try:
        ways = [way for item in _processor(path) if (way := _way(item))]
    except (osmium.InvalidLocationError, RuntimeError, OSError, ValueError) as error:
        raise StreetsFailed(
            f"{path} cannot be read ({error}). It must be a whole OpenStreetMap extract (.osm.pbf, .osm, .osm.gz) with the nodes of "
            "its ways: download it again, or check it with `osmium fileinfo`."
        ) from error
    if not ways:
        raise StreetsFailed(
            f"{path} holds no streets. Take an extract that covers your city, with the nodes of its ways."
        )
    return joined(ways)


def _processor(path: Path) -> Any:
    return osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))


def _way(item: Any) -> list[Place]:
    """The corners of a way that people may use, as far as the extract knows them."""
    if not item.is_way() or item.tags.get("highway") in CLOSED or item.tags.get("access") == "no":
        return []
    return [(node.lon, node.lat) for node in item.nodes if node.location.valid()]


def joined(ways: Iterable[Sequence[Place]]) -> Streets:
    """Ways that meet at a corner, as one network."""
    known: dict[tuple[float, float], int] = {}
    begins: list[int] = []
    ends: list[int] = []
    for way in ways:
        corners = [known.setdefault((round(lon, DIGITS), round(lat, DIGITS)), len(known)) for lon, lat in way]
        begins += corners[:-1]
        ends += corners[1:]
    return Streets(np.array(list(known), float).reshape(-1, 2), np.array(begins, np.int32), np.array(ends, np.int32))


def write(file: BinaryIO, streets: Streets) -> None:
    np.savez_compressed(file, corners=streets.corners, begins=streets.begins, ends=streets.ends)


def load(path: Path) -> Streets:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        return Streets(found["corners"], found["begins"], found["ends"])


def along(streets: Streets, *, speed: float = BIKE_METRES_A_SECOND) -> Travel:
    """Ways along these streets; from and to the nearest corner through the air, and so all the way where no street leads."""

    def travel(places: Sequence[Place]) -> Matrix:
        air = straight(speed=speed)(places)
        near = _near(streets, places)
        if near is None:
            return air
        tree, graph = near
        at = np.array(places, dtype=float)
        away, corner = tree.query(at * _scale(at))
        sources, place_of = np.unique(corner, return_inverse=True)
        if len(sources) * graph.shape[0] > MOST_STEPS:
            return air
        ways = np.vstack(
            [scipy.sparse.csgraph.dijkstra(graph, indices=chunk)[:, sources] for chunk in _chunks(sources)]
        )
        metres = ways[place_of][:, place_of] + away[:, None] + away
        found = np.isfinite(metres) & (away <= FARTHEST_METRES)[:, None] & (away <= FARTHEST_METRES)
        # Two places at one corner are as far from each other as they are.
        found &= place_of[:, None] != place_of
        metres = np.where(found, np.nan_to_num(metres, posinf=0.0), air.metres)
        return Matrix(np.rint(metres).astype(np.int64), np.ceil(metres / speed).astype(np.int64))

    return travel


def ways(streets: Streets, legs: Sequence[tuple[Place, Place]]) -> list[list[Place] | None]:
    """How each way leads along these streets, corner by corner; None where none leads there, or for too many at once."""
    near = _near(streets, [place for leg in legs for place in leg])
    if near is None:
        return [None] * len(legs)
    tree, graph = near
    at = np.array(legs, dtype=float)
    away, corner = tree.query(at * _scale(at.reshape(-1, 2)))
    sources = np.unique(corner[:, 0])
    if len(sources) * graph.shape[0] > MOST_STEPS:
        return [None] * len(legs)
    corners = tree.data / _scale(at.reshape(-1, 2))
    found: list[list[Place] | None] = [None] * len(legs)
    for source in sources:
        _metres, before = scipy.sparse.csgraph.dijkstra(graph, indices=source, return_predecessors=True)
        for number in np.flatnonzero((corner[:, 0] == source) & (away <= FARTHEST_METRES).all(axis=1)).tolist():
            begins, ends = legs[number]
            if steps := _steps(before, int(source), int(corner[number, 1])):
                found[number] = [begins, *((float(lon), float(lat)) for lon, lat in corners[steps]), ends]
    return found


def _steps(before: NDArray[np.int32], source: int, target: int) -> list[int]:
    """From the one corner to the other; empty where no street leads there, or both are one."""
    steps = [target]
    while steps[-1] != source:
        previous = int(before[steps[-1]])
        if previous < 0:
            return []
        steps.append(previous)
    return steps[::-1] if len(steps) > 1 else []


def _near(streets: Streets, places: Sequence[Place]) -> "tuple[scipy.spatial.cKDTree, scipy.sparse.csr_matrix] | None":
    """The network around the places; None where there is none."""
    if not places:
        return None
    low, high = np.min(places, axis=0) - MARGIN_DEGREES, np.max(places, axis=0) + MARGIN_DEGREES
    inside = ((streets.corners >= low) & (streets.corners <= high)).all(axis=1)
    kept = inside[streets.begins] & inside[streets.ends]
    if not kept.any():
        return None
    number = np.cumsum(inside) - 1
    corners = streets.corners[inside]
    begins, ends = number[streets.begins[kept]], number[streets.ends[kept]]
    metres = np.maximum(metres_between(corners[begins], corners[ends]), 0.1)
    # A piece that two ways share is one piece, not twice as long.
    pairs = np.unique(np.sort(np.column_stack([begins, ends]), axis=1), axis=0, return_index=True)[1]
    shape = (len(corners), len(corners))
    graph = scipy.sparse.csr_matrix((metres[pairs], (begins[pairs], ends[pairs])), shape=shape)
    return scipy.spatial.cKDTree(corners * _scale(np.array(places, dtype=float))), graph.maximum(graph.T)


def _scale(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """What makes metres of degrees around these places."""
    middle = np.radians(at[:, 1].mean())
    return np.array([np.cos(middle), 1.0]) * METRES_A_DEGREE


def _chunks(sources: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """A few at a time: each row of the answer is as long as the network is large."""
    for begin in range(0, len(sources), 64):
        yield sources[begin : begin + 64]
