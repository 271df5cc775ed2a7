"""A map of a unit as SVG, drawn on the server from its boundaries: no tiles, no outside host, no script to read it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import cos, radians
from typing import ClassVar
from uuid import UUID

import shapely
from django.utils.translation import get_language
from shapely.geometry.base import BaseGeometry

from linli.territory import queries
from linli.territory.index import TerritoryIndex, UnitInfo
from linli.territory.models import Level
from linli.territory.rules import METRES_PER_DEGREE
from linli.territory.shapes import only_polygons

WIDTH = 400  # units of the drawing, about a phone's pixels; the height follows from the shape
HIGHEST = 0.8  # height of a drawing, in widths
MARGIN = 0.04  # of the width, on each side
# At these levels a tap chooses the area to look into; below, it is exact enough to be a position.
COARSE = (Level.CITY, Level.DISTRICT)
MAX_AREAS = 400
FONT = 15


@dataclass(frozen=True, slots=True)
class Area:
    id: UUID
    name: str
    points: str
    label_x: float
    label_y: float
    label: str
    labelled: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The corners in degrees and the size of the drawing: positions become points, and taps become positions."""

    west: float
    south: float
    east: float
    north: float
    height: float

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        x = (lon - self.west) / (self.east - self.west) * WIDTH
        y = (self.north - lat) / (self.north - self.south) * self.height
        return round(x, 1), round(y, 1)


@dataclass(frozen=True, slots=True)
class Map:
    unit_id: UUID
    name: str
    frame: Frame
    ground: str
    areas: Sequence[Area]
    zooms: bool
    pin: tuple[float, float] | None = None
    pin_at: str = ""
    font_size: int = FONT
    pin_radius: int = 7

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {round(self.frame.height)}"


def map_of(unit_id: UUID | None, *, lon: float | None = None, lat: float | None = None) -> Map | None:
    """The unit with the units below it, and a pin at a position inside. None where no boundary is known."""
    shown = unit_id or _first_with_several().id
    drawn = _drawn(queries.index(), shown, (get_language() or "").startswith("zh"))
    if drawn is None or lon is None or lat is None:
        return drawn
    return replace(drawn, pin=drawn.frame.point(lon, lat), pin_at=f"{lon},{lat}")


def map_around(unit_id: UUID, lon: float, lat: float, metres: float) -> Map:
    """What lies so far around a position, with the unit as its ground, where its boundary is known, and a pin at the position."""
    unit, own = queries.unit(unit_id), queries.index().boundary(unit_id)
    north = metres / METRES_PER_DEGREE
    east = north / cos(radians(lat))
    window = shapely.box(lon - east, lat - north, lon + east, lat + north)
    frame = _frame([window])
    inside = (
        own.intersection(shapely.box(frame.west, frame.south, frame.east, frame.north)) if own is not None else None
    )
    ground = _path(_simple(inside, frame), frame) if inside is not None and inside.area else ""
    name = unit.name_in(get_language() or "")
    return Map(unit_id, name, frame, ground, (), zooms=False, pin=frame.point(lon, lat), pin_at=f"{lon},{lat}")


def centre_of(unit_id: UUID) -> tuple[float, float] | None:
    """Where a unit's name stands on a map: the point of its register, else one inside its boundary."""
    unit, own = queries.unit(unit_id), queries.index().boundary(unit_id)
    if unit.lon is not None and unit.lat is not None:
        return unit.lon, unit.lat
    if own is None:
        return None
    point = own.representative_point()
    return point.x, point.y


@dataclass(frozen=True, slots=True)
class OutlineMap:
    """An outline as it was and as it shall be, among its neighbours: path data, and the same in degrees for a live map."""

    template: ClassVar[str] = "web/unit_outlines.html"
    # What lies above the unit, or the unit itself: its outlines are the ground of a live map.
    ground_id: UUID
    frame: Frame
    beside: Sequence[Area]
    old: str
    new: str
    old_shape: str
    new_shape: str

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {round(self.frame.height)}"


def map_of_outlines(unit_id: UUID, old: BaseGeometry | None, new: BaseGeometry | None) -> OutlineMap | None:
    """None where there is neither, nor anything of what lies above. The neighbours are those of today."""
    unit, known = queries.unit(unit_id), queries.index()
    shapes = [shape for shape in (old, new) if shape is not None]
    if not shapes:
        shapes = [shape for above in reversed(unit.path) if (shape := known.boundary(above)) is not None][:1]
    if not shapes:
        return None
    frame = _frame(shapes)
    window = shapely.box(frame.west, frame.south, frame.east, frame.north)
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    pieces = [
        (one, only_polygons(shape.intersection(window)))
        for one in known.below.get(unit.parent_id, ())
        if one.id != unit.id and (shape := known.boundary(one.id)) is not None
    ]
    seen = [(one, piece) for one, piece in pieces if piece.area]
    labels = labels_of([one.name_in(language) for one, _piece in seen])
    beside = [_beside(one, piece, frame, language, label) for (one, piece), label in zip(seen, labels, strict=True)]
    paths = ["" if shape is None else _path(_simple(shape, frame), frame) for shape in (old, new)]
    told = ["" if shape is None else _told(shape, frame) for shape in (old, new)]
    return OutlineMap(unit.parent_id or unit.id, frame, beside, *paths, *told)


def _beside(unit: UnitInfo, piece: BaseGeometry, frame: Frame, language: str, label: str) -> Area:
    """What is seen of a neighbour. A strip at the edge is too low for its name."""
    area = _area(unit, piece, frame, language, label)
    _west, south, _east, north = piece.bounds
    low = (north - south) / (frame.north - frame.south) * frame.height < 2 * FONT
    return replace(area, labelled=area.labelled and not low)


def _told(shape: BaseGeometry, frame: Frame) -> str:
    """As GeoJSON, as finely as a wide screen shows it."""
    return shapely.to_geojson(shapely.set_precision(shape.simplify((frame.east - frame.west) / 4000), 1e-6))


def _first_with_several() -> UnitInfo:
    """From the city downwards as long as there is only one way: a city of one subdistrict opens at that subdistrict."""
    unit = queries.root()
    while len(below := _bounded_children(queries.index(), unit.id)) == 1:
        unit = below[0]
    return unit


def _bounded_children(index: TerritoryIndex, unit_id: UUID) -> list[UnitInfo]:
    return [unit for unit in index.units if unit.parent_id == unit_id and index.boundary(unit.id) is not None]


@lru_cache(maxsize=256)
def _drawn(index: TerritoryIndex, unit_id: UUID, chinese: bool) -> Map | None:
    unit = queries.unit(unit_id)
    own = index.boundary(unit_id)
    below = _bounded_children(index, unit_id)[:MAX_AREAS]
    shapes = [shape for shape in (own, *(index.boundary(child.id) for child in below)) if shape is not None]
    if not shapes:
        return None
    frame = _frame(shapes)
    language = "zh" if chinese else "en"
    labels = labels_of([child.name_in(language) for child in below])
    areas = [
        _area(one, index.boundary(one.id), frame, language, label) for one, label in zip(below, labels, strict=True)
    ]
    ground = _path(_simple(own, frame), frame) if own is not None else ""
    return Map(unit_id, unit.name_in(language), frame, ground, areas, zooms=bool(below) and unit.level in COARSE)


def _frame(shapes: list[BaseGeometry]) -> Frame:
    west, south, east, north = shapely.total_bounds(shapes)
    # A narrow shape gets room at its sides, so that the drawing is never taller than a phone shows.
    # One degree of longitude is shorter than one of latitude by the cosine of the latitude.
    squeeze = cos(radians((south + north) / 2))
    missing = (north - south) / HIGHEST / squeeze - (east - west)
    west, east = west - max(missing, 0) / 2, east + max(missing, 0) / 2
    margin_x, margin_y = (east - west) * MARGIN, (north - south) * MARGIN
    west, east, south, north = west - margin_x, east + margin_x, south - margin_y, north + margin_y
    height = WIDTH * (north - south) / ((east - west) * squeeze)
    return Frame(float(west), float(south), float(east), float(north), float(height))


def labels_of(names: list[str]) -> list[str]:
    """What is written in the areas: without the last word where all have the same, which leaves no room for what tells them apart."""
    same = len(names) > 1 and len({name.rpartition(" ")[2] for name in names}) == 1
    return [name.rpartition(" ")[0] or name if same else name for name in names]


def _area(unit: UnitInfo, shape: BaseGeometry | None, frame: Frame, language: str, written: str) -> Area:
    assert shape is not None
    whole = _simple(shape, frame)
    label = whole.representative_point()
    x, y = frame.point(label.x, label.y)
    # A name is written where the area is wide enough and twice as large as the words.
    west, _south, east, _north = shape.bounds
    degree = WIDTH / (frame.east - frame.west)
    size = (FONT if language == "zh" else FONT / 2) * len(written)
    fits = (east - west) * degree > size and shape.area * degree**2 > 2 * size * FONT
    return Area(unit.id, unit.name_in(language), _path(whole, frame), x, y, written, labelled=fits)


def _simple(shape: BaseGeometry, frame: Frame) -> BaseGeometry:
    """Without corners that the drawing cannot show."""
    simple = shape.simplify((frame.east - frame.west) / WIDTH / 2, preserve_topology=False)
    return shape if simple.is_empty else simple


def _path(shape: BaseGeometry, frame: Frame) -> str:
    polygons = getattr(shape, "geoms", [shape])
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return "".join(f"M{' '.join(f'{x},{y}' for x, y in (frame.point(*at) for at in ring.coords))}Z" for ring in rings)


def level_name(unit: UnitInfo) -> str:
    """The unit's level in the reader's language."""
    return str(Level(unit.level).label)
