"""Reads an OpenStreetMap extract: what the schema takes, in world coordinates (Web Mercator, 0–1, y downwards)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from linli.foundation.progress import Progress
from linli.territory.basemap import schema
from linli.territory.basemap.errors import MapFailed
from linli.territory.basemap.schema import Drawn

# West, south, east, north in degrees.
Bounds = tuple[float, float, float, float]
Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]

# Beyond, Web Mercator has no tiles.
HIGHEST_LATITUDE = 85.05


@dataclass(frozen=True, slots=True)
class Features:
    """What is drawn, in columns. `bounds`: where there is something to be drawn."""

    bounds: Bounds
    shapes: Shapes
    drawn: list[Drawn]
    told: list[dict[str, str]]

    def __len__(self) -> int:
        return len(self.drawn)


def read(path: Path, within: Bounds | None, progress: Progress) -> Features:
    """All that is drawn and touches `within`. Raises MapFailed where the file cannot be read or nothing is left of it."""
    taken = _Taken()
    try:
        for seen, item in enumerate(_processor(path), start=1):
            taken.add(item)
            if seen % 10_000 == 0:
                progress.count("objects read", seen)
    except (osmium.InvalidLocationError, RuntimeError, OSError, ValueError) as error:
        raise MapFailed(
            f"{path} cannot be read ({error}). It must be a whole OpenStreetMap extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) "
            "with positions in degrees (WGS84): download it again, or check it with `osmium fileinfo`."
        ) from error
    if not taken.drawn and taken.broken:
        raise MapFailed(
            f"{path}: not one of {taken.broken:,} objects has a usable position. Positions must be degrees (WGS84), and an extract "
            "must hold the nodes of its ways (`osmium extract --strategy complete_ways`)."
        )
    if not taken.drawn:
        raise MapFailed(f"{path} holds no streets, water, buildings or places. Take an extract that covers your city.")
    if taken.broken:
        progress.say(f"  {taken.broken:,} incomplete objects left out, as they are usual at an extract's edge")
    return _inside(taken, within, path)


@dataclass(slots=True)
class _Taken:
    """What was read so far, in columns, and how many objects had no usable shape."""

    wkbs: list[str] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)
    broken: int = 0

    def add(self, item: Any) -> None:
        tags = dict(item.tags)
        for one, shaped in _drawn(item, tags):
            # At an extract's edge, ways lack corners and relations lack parts.
            try:
                self.wkbs.append(shaped(item))
            except (osmium.InvalidLocationError, RuntimeError):
                self.broken += 1
                continue
            self.drawn.append(one)
            self.told.append(schema.properties(one, tags))


def _processor(path: Path) -> Any:
    """Nodes, ways and areas (closed ways, multipolygons) that carry one of our tags, with their positions."""
    wanted = osmium.filter.KeyFilter(*schema.KEYS)
    return osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted)


_wkb = osmium.geom.WKBFactory()


def _drawn(item: Any, tags: dict[str, str]) -> Iterator[tuple[Drawn, Callable[[Any], str]]]:
    """As what it is drawn, and what gives its shape as WKB (in hexadecimal, as osmium has it)."""
    if item.is_node():
        yield from ((one, _wkb.create_point) for one in schema.name(tags))
    elif item.is_way():
        yield from ((one, _wkb.create_linestring) for one in schema.line(tags))
    elif item.is_area():
        yield from ((one, _wkb.create_multipolygon) for one in schema.area(tags))
        yield from ((one, _point_inside) for one in schema.name(tags))


def _point_inside(item: Any) -> str:
    return str(shapely.to_wkb(shapely.point_on_surface(shapely.from_wkb(_wkb.create_multipolygon(item))), hex=True))


def _inside(taken: _Taken, within: Bounds | None, path: Path) -> Features:
    within = within or (-180, -HIGHEST_LATITUDE, 180, HIGHEST_LATITUDE)
    degrees = shapely.from_wkb(np.array(taken.wkbs, dtype=object))
    west, south, east, north = (float(side) for side in shapely.total_bounds(degrees))
    kept = np.flatnonzero(shapely.intersects(degrees, shapely.box(*within)))
    if not len(kept):
        raise MapFailed(
            f"{path} covers {_in_words(west, south, east, north)}, and the map is to cover {_in_words(*within)} (west, south, east, "
            "north): they do not meet. Take an extract of your city, set LINLI_CITY, or say what to cover: "
            "--bounds WEST,SOUTH,EAST,NORTH."
        )
    shapes = shapely.transform(degrees[kept], world)
    invalid = ~shapely.is_valid(shapes)
    shapes[invalid] = shapely.make_valid(shapes[invalid])
    bounds = max(west, within[0]), max(south, within[1]), min(east, within[2]), min(north, within[3])
    return Features(bounds, shapes, [taken.drawn[i] for i in kept], [taken.told[i] for i in kept])


def _in_words(*sides: float) -> str:
    return ", ".join(f"{side:.3f}" for side in sides)


def world(degrees: Floats) -> Floats:
    """Web Mercator with the whole world from 0 to 1, north at 0."""
    latitude = np.radians(np.clip(degrees[:, 1], -HIGHEST_LATITUDE, HIGHEST_LATITUDE))
    return np.column_stack([degrees[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)])
