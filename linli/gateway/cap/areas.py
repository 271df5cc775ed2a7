"""Areas of messages and units of the territory, one made from the other."""

import math
from collections.abc import Iterable, Sequence
from uuid import UUID

import shapely
from shapely import affinity
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from linli.gateway.cap.message import Alert, Area, Circle, Ring
from linli.territory import queries as territory
from linli.territory.index import UnitInfo
from linli.territory.shapes import only_polygons

# The name under which our own messages name units, by their statistical codes.
STATISTICAL_CODE = "stat-code"
KILOMETRES_A_DEGREE = 111.32
# Ten metres: finer than a warning is, and a hundredth of the points.
TOLERANCE = 0.0001
# A point is warned of as a place of ten metres.
LEAST_KILOMETRES = 0.01


def units_of(alert: Alert, within: UnitInfo) -> list[UUID]:
    """The fewest units that hold its areas, of those in `within` or around it; none where they lie elsewhere."""
    areas = [area for info in alert.infos for area in info.areas]
    codes = {code for area in areas for _name, code in area.geocodes}
    found = [unit for unit in territory.find_by_codes(codes).values() if unit.level in _WARNED]
    shape = _shape(areas)
    if not shape.is_empty:
        found += territory.index().touched(shape)
    inside = {
        within if unit.id in within.path else unit for unit in found if within.id in unit.path or unit.id in within.path
    }
    ids = {unit.id for unit in inside}
    return sorted(unit.id for unit in inside if not ids & set(unit.path[:-1]))


_WARNED = frozenset({"city", "district", "subdistrict", "community", "quarter"})


def _shape(areas: Sequence[Area]) -> BaseGeometry:
    parts = [_polygon(ring) for area in areas for ring in area.polygons]
    parts += [_disc(circle) for area in areas for circle in area.circles]
    return shapely.union_all([part for part in parts if not part.is_empty]) if parts else Polygon()


def _polygon(ring: Ring) -> BaseGeometry:
    """One that crosses itself is taken for the loops that it draws."""
    shape = Polygon([(lon, lat) for lat, lon in ring]).simplify(TOLERANCE)
    return only_polygons(shape if shape.is_valid else shapely.make_valid(shape))


def _disc(circle: Circle) -> BaseGeometry:
    lat, lon = circle.centre
    high = max(circle.kilometres, LEAST_KILOMETRES) / KILOMETRES_A_DEGREE
    # A degree of longitude is shorter towards the poles.
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return affinity.scale(Point(lon, lat).buffer(1), wide, high)


def areas_of(units: Iterable[UnitInfo], language: str) -> tuple[Area, ...]:
    """Units with their boundaries, without holes, and their statistical codes."""
    return tuple(
        Area(unit.name_in(language), _rings(unit), geocodes=((STATISTICAL_CODE, unit.code),)) for unit in units
    )


def _rings(unit: UnitInfo) -> tuple[Ring, ...]:
    boundary = territory.boundary(unit.id)
    if boundary is None:
        return ()
    parts = shapely.get_parts(only_polygons(boundary.simplify(TOLERANCE)))
    return tuple(tuple((round(lat, 5), round(lon, 5)) for lon, lat in part.exterior.coords) for part in parts)
