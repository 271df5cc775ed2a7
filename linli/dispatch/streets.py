"""Ways along the streets of an OpenStreetMap extract, on foot, by bicycle or by car. Pure: files and arrays, no Django.

A street's corners are the places of the network; two corners at one position are one. Whoever is on foot or on a bicycle goes both ways;
a car keeps to its streets and to their direction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntFlag
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import osmium
import scipy
from numpy.typing import NDArray

from linli.dispatch.travel import (
    METRES_A_DEGREE,
    SPEEDS,
    Matrix,
    Measured,
    Mode,
    Place,
    Travel,
    metres_between,
    straight,
)

# Not for people without a car, or not there yet. Nobody is sent by motorway: it has no address.
CLOSED = frozenset({"motorway", "motorway_link", "construction", "proposed", "raceway", "abandoned", "platform"})
# Where a car may go, if nothing else is written there.
CAR_STREETS = frozenset(
    {"trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service", "road"}
)
# A way may lead around outside of where it begins and ends.
MARGIN_DEGREES = 0.02
# Ways from so many places over so many corners are worked out within some seconds; for more the line through the air has to do.
MOST_STEPS = 20_000_000
# Farther away than this from every street, somebody is not on this network.
FARTHEST_METRES = 1_000.0
# About a metre: the same corner in two ways.
DIGITS = 5


# West, south, east, north.
Bounds = tuple[float, float, float, float]


class StreetsFailed(Exception):
    """The extract cannot be used; the words say what to do."""


class Use(IntFlag):
    """Who goes along a piece of street: on foot or by bicycle; by car in the direction that it was drawn, or back."""

    BIKE = 1
    CAR_THERE = 2
    CAR_BACK = 4


EVERYBODY = Use.BIKE | Use.CAR_THERE | Use.CAR_BACK
_THERE = {Mode.WALK: Use.BIKE, Mode.BIKE: Use.BIKE, Mode.CAR: Use.CAR_THERE}
_BACK = {Mode.WALK: Use.BIKE, Mode.BIKE: Use.BIKE, Mode.CAR: Use.CAR_BACK}


@dataclass(frozen=True, slots=True)
class Way:
    corners: Sequence[Place]
    use: Use = EVERYBODY


@dataclass(frozen=True, slots=True)
class Streets:
    """Corners (longitude, latitude), and the pieces of street between two of them, each with its `Use`."""

    corners: NDArray[np.float64]
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]
    uses: NDArray[np.uint8]


def read(path: Path, within: Bounds | None = None) -> Streets:
    """Raises StreetsFailed where the file cannot be read, holds no street, or none of the city `within` these bounds."""
    try:
        ways = [way for item in _processor(path) if (way := _way(item))]
    except (osmium.InvalidLocationError, RuntimeError, OSError, ValueError) as error:
        raise StreetsFailed(
            f"{path} cannot be read ({error}). It must be a whole OpenStreetMap extract (.osm.pbf, .osm, .osm.gz) with the nodes of "
            "its ways and positions in degrees (WGS84): download it again, or check it with `osmium fileinfo`."
        ) from error
    if not ways:
        raise StreetsFailed(
            f"{path} holds no streets. Take an extract that covers your city, with the nodes of its ways."
        )
    found = joined(ways)
    if within is not None and not _inside(found.corners, within[:2], within[2:]).any():
        covers = np.concatenate([found.corners.min(axis=0), found.corners.max(axis=0)]).tolist()
        raise StreetsFailed(
            f"{path} holds streets of {_in_words(covers)} (west, south, east, north), and the city lies in {_in_words(within)}: "
            "they do not meet. Take an extract of your city, or set LINLI_CITY."
        )
    return found


def _in_words(sides: Iterable[float]) -> str:
    return ", ".join(f"{side:.3f}" for side in sides)


def _processor(path: Path) -> Any:
    return osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))


def _way(item: Any) -> Way | None:
    """A way that people may use, with its corners as far as the extract knows them."""
    if not item.is_way() or not (use := use_of(item.tags)):
        return None
    corners = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
    return Way(corners, use) if len(corners) > 1 else None


def use_of(tags: Mapping[str, str]) -> Use:
    """Who goes along a way with these tags. What is said of one way of going counts before what is said of all."""
    kind = tags.get("highway", "")
    if kind in CLOSED:
        return Use(0)
    use = Use.BIKE if _lets(tags, "foot", "access") or _lets(tags, "bicycle", "access") else Use(0)
    if kind.removesuffix("_link") in CAR_STREETS and _lets(tags, "motorcar", "motor_vehicle", "vehicle", "access"):
        use |= _direction(tags)
    return use


def _lets(tags: Mapping[str, str], *names: str) -> bool:
    said = next((value for name in names if (value := tags.get(name))), "")
    return said != "no"


def _direction(tags: Mapping[str, str]) -> Use:
    said = tags.get("oneway")
    if said in {"-1", "reverse"}:
        return Use.CAR_BACK
    around = said is None and tags.get("junction") in {"roundabout", "circular"}
    return Use.CAR_THERE if around or said in {"yes", "true", "1"} else Use.CAR_THERE | Use.CAR_BACK


def joined(ways: Iterable[Way]) -> Streets:
    """Ways that meet at a corner, as one network."""
    known: dict[tuple[float, float], int] = {}
    begins: list[int] = []
    ends: list[int] = []
    uses: list[int] = []
    for way in ways:
        corners = [known.setdefault((round(lon, DIGITS), round(lat, DIGITS)), len(known)) for lon, lat in way.corners]
        begins += corners[:-1]
        ends += corners[1:]
        uses += [int(way.use)] * (len(corners) - 1)
    at = np.array(list(known), float).reshape(-1, 2)
    return Streets(at, np.array(begins, np.int32), np.array(ends, np.int32), np.array(uses, np.uint8))


def write(file: BinaryIO, streets: Streets) -> None:
    """As compressed columns (numpy's .npz), without pickled objects; `load` reads it."""
    np.savez_compressed(file, corners=streets.corners, begins=streets.begins, ends=streets.ends, uses=streets.uses)


def load(path: Path) -> Streets:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        begins = found["begins"]
        # A file of before cars were told apart.
        uses = found["uses"] if "uses" in found else np.full(len(begins), EVERYBODY, np.uint8)
        return Streets(found["corners"], begins, found["ends"], uses)


def along(streets: Streets) -> Travel:
    """Ways along these streets; from and to the nearest corner through the air, and so all the way where no street leads, or for too many
    places at once: the matrix says which."""

    def travel(places: Sequence[Place], mode: Mode = Mode.BIKE, /) -> Matrix:
        air = straight()(places, mode)
        near = _near(streets, places, mode)
        if near is None:
            return air
        tree, graph = near
        at = np.array(places, dtype=float)
        away, corner = tree.query(at * _scale(at))
        sources, place_of = np.unique(corner, return_inverse=True)
        if len(sources) * graph.shape[0] > MOST_STEPS:
            return replace(air, measured=Measured.TOO_MANY)
        ways = np.vstack(
            [scipy.sparse.csgraph.dijkstra(graph, indices=chunk)[:, sources] for chunk in _chunks(sources)]
        )
        metres = ways[place_of][:, place_of] + away[:, None] + away
        found = np.isfinite(metres) & (away <= FARTHEST_METRES)[:, None] & (away <= FARTHEST_METRES)
        # Two places at one corner are as far from each other as they are.
        found &= place_of[:, None] != place_of
        metres = np.where(found, np.nan_to_num(metres, posinf=0.0), air.metres)
        return Matrix(
            np.rint(metres).astype(np.int64),
            np.ceil(metres / SPEEDS[mode]).astype(np.int64),
            Measured.STREETS if found.any() else Measured.AIR,
        )

    return travel


def ways(streets: Streets, legs: Sequence[tuple[Place, Place]], mode: Mode = Mode.BIKE) -> list[list[Place] | None]:
    """How each way leads along these streets, corner by corner; None where none leads there, or for too many at once."""
    near = _near(streets, [place for leg in legs for place in leg], mode)
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


def _near(
    streets: Streets, places: Sequence[Place], mode: Mode
) -> "tuple[scipy.spatial.cKDTree, scipy.sparse.csr_matrix] | None":
    """The network around the places for whoever goes like this; None where there is none."""
    if not places:
        return None
    low, high = np.min(places, axis=0) - MARGIN_DEGREES, np.max(places, axis=0) + MARGIN_DEGREES
    inside = _inside(streets.corners, low, high)
    kept = inside[streets.begins] & inside[streets.ends]
    there, back = (kept & ((streets.uses & int(way[mode])) > 0) for way in (_THERE, _BACK))
    begins = np.concatenate([streets.begins[there], streets.ends[back]])
    ends = np.concatenate([streets.ends[there], streets.begins[back]])
    if not len(begins):
        return None
    used, number = np.unique(np.concatenate([begins, ends]), return_inverse=True)
    corners = streets.corners[used]
    begins, ends = number[: len(begins)], number[len(begins) :]
    # A piece that two ways share is one piece, not twice as long.
    pairs = np.unique(begins * len(corners) + ends, return_index=True)[1]
    begins, ends = begins[pairs], ends[pairs]
    metres = np.maximum(metres_between(corners[begins], corners[ends]), 0.1)
    graph = scipy.sparse.csr_matrix((metres, (begins, ends)), shape=(len(corners), len(corners)))
    return scipy.spatial.cKDTree(corners * _scale(np.array(places, dtype=float))), graph


def _inside(
    corners: NDArray[np.float64],
    low: Sequence[float] | NDArray[np.float64],
    high: Sequence[float] | NDArray[np.float64],
) -> NDArray[np.bool_]:
    return np.all((corners >= np.asarray(low)) & (corners <= np.asarray(high)), axis=1)


def _scale(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """What makes metres of degrees around these places."""
    middle = np.radians(at[:, 1].mean())
    return np.array([np.cos(middle), 1.0]) * METRES_A_DEGREE


def _chunks(sources: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """A few at a time: each row of the answer is as long as the network is large."""
    for begin in range(0, len(sources), 64):
        yield sources[begin : begin + 64]
