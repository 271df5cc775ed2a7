"""What a live map is drawn of: a unit, the units below it and theirs, as GeoJSON (RFC 7946). Public reference data."""

import json
from functools import lru_cache
from typing import Any
from uuid import UUID

import shapely

from linli.territory import queries
from linli.territory.errors import NoBoundary
from linli.territory.index import TerritoryIndex, UnitInfo
from linli.territory.models import Level

# Corners nearer to a line than this share of the drawing's width are left out: less than a pixel on a wide screen.
FINENESS = 4000
DECIMALS = 6
# Beyond this many the finest level is left out: it would be too small to see and too long to fetch.
MOST_SHAPES = 800
MOST_BUILDINGS = 3000
# Where doors are looked for, buildings are shown too.
WITH_BUILDINGS = (Level.COMMUNITY, Level.QUARTER)


def outlines_of(unit_id: UUID, language: str) -> bytes:
    """A feature collection with `bbox`, as JSON. Each feature tells its `level`, its `name` and how many levels it is below (`depth`).

    Raises UnknownUnit, and NoBoundary where neither the unit nor anything in it has one.
    """
    return _encoded(queries.index(), queries.unit(unit_id), language)


@lru_cache(maxsize=256)
def _encoded(index: TerritoryIndex, unit: UnitInfo, language: str) -> bytes:
    return json.dumps(_collection(index, unit, language), ensure_ascii=False, separators=(",", ":")).encode()


def _collection(index: TerritoryIndex, unit: UnitInfo, language: str) -> dict[str, Any]:
    below = _bounded(index, (unit,))
    further = _bounded(index, below)
    shown = [(0, unit), *((1, one) for one in below)]
    if len(shown) + len(further) <= MOST_SHAPES:
        shown += [(2, one) for one in further]
    shapes = [(depth, one, shape) for depth, one in shown if (shape := index.boundary(one.id)) is not None]
    if not shapes:
        raise NoBoundary
    # What lies in the unit says where to look, where its own outline is not known.
    west, south, east, north = (float(side) for side in shapely.total_bounds([shape for _depth, _one, shape in shapes]))
    tolerance = (east - west) / FINENESS
    features = [_area(depth, one, shape.simplify(tolerance), language) for depth, one, shape in shapes]
    if unit.level in WITH_BUILDINGS:
        features += _buildings(unit, language)
    bbox = [round(side, DECIMALS) for side in (west, south, east, north)]
    return {"type": "FeatureCollection", "bbox": bbox, "features": features}


def _bounded(index: TerritoryIndex, units: tuple[UnitInfo, ...]) -> tuple[UnitInfo, ...]:
    found = (one for unit in units for one in index.below.get(unit.id, ()))
    return tuple(one for one in found if index.boundary(one.id) is not None)


def _area(depth: int, unit: UnitInfo, shape: shapely.Geometry, language: str) -> dict[str, Any]:
    label = shape.representative_point()
    told = _told(unit, depth, language) | {"label": [round(label.x, DECIMALS), round(label.y, DECIMALS)]}
    geometry = shapely.set_precision(shape, 10**-DECIMALS).__geo_interface__
    return {"type": "Feature", "geometry": geometry, "properties": told}


def _buildings(unit: UnitInfo, language: str) -> list[dict[str, Any]]:
    quarters = [unit] if unit.level == Level.QUARTER else queries.children(unit.id, level=Level.QUARTER)
    buildings = queries.children_of([quarter.id for quarter in quarters], level=Level.BUILDING)
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(one.lon, DECIMALS), round(one.lat, DECIMALS)]},
            "properties": _told(one, 3, language),
        }
        for one in buildings[:MOST_BUILDINGS]
        if one.lon is not None and one.lat is not None
    ]


def _told(unit: UnitInfo, depth: int, language: str) -> dict[str, Any]:
    return {"id": str(unit.id), "level": unit.level, "depth": depth, "name": unit.name_in(language)}
