"""Boundaries, and whole territories, from labelled points, by Voronoi cells. Always marked derived."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from linli.foundation.access import Actor
from linli.territory import rules, shapes
from linli.territory.actions.common import changed, record, require, set_boundaries, write
from linli.territory.actions.loading import load
from linli.territory.errors import BadShape, InvalidCoordinates, UnknownUnit
from linli.territory.imports import SHAPE_REASONS, BoundaryRow, UnitRow
from linli.territory.models import Boundary, Level, Unit
from linli.territory.rules import Floats

SOURCE = "derived from labelled points"
# A territory derived from points has no known beginning.
UNKNOWN_BEGINNING = date(1970, 1, 1)
# The derived city reaches so far beyond its outermost points, in degrees (about a kilometre).
MARGIN = 0.01


@write
def derive_boundaries(*, parent: UUID, level: str, on: date, by: Actor) -> int:
    """Give the units of a level below `parent` that have a label point the cells of those points; returns how many.

    What is drawn already (not derived) is kept, and the cells fill the rest.
    """
    unit = Unit.objects.select_for_update().filter(pk=parent, valid_to=None).first()
    if unit is None:
        raise UnknownUnit(unit=parent)
    require(by, unit.path)
    extent = Boundary.objects.filter(unit=unit, valid_to=None).first()
    if extent is None:
        raise BadShape(name=unit.name, reason=SHAPE_REASONS["empty"])
    children = list(Unit.objects.filter(parent=unit, level=level, valid_to=None).exclude(lon=None).order_by("code"))
    drawn = Boundary.objects.filter(unit__in=children, valid_to=None, derived=False)
    rest = shapely.from_wkb(bytes(extent.geometry))
    for boundary in drawn:
        rest = shapes.only_polygons(rest.difference(shapely.from_wkb(bytes(boundary.geometry))))
    placed = {boundary.unit_id for boundary in drawn}
    bare = [child for child in children if child.pk not in placed]
    if not bare or rest.is_empty:
        return 0
    labels = [child.code for child in bare]
    areas = shapes.voronoi_by_label(labels, np.array([(child.lon, child.lat) for child in bare]), rest)
    shape_of = {child.pk: areas[child.code] for child in bare if child.code in areas}
    count = set_boundaries(shape_of, day=on, source=SOURCE, derived=True)
    if count:
        record(unit, "derived", by, data={"boundaries": count, "level": level})
        changed("derived")
    return count


@write
def derive_from_points(
    labels: Sequence[str],
    lons: Any,
    lats: Any,
    *,
    city_code: str,
    city_name: str,
    district_name: str = "",
    by: Actor,
    on: date = UNKNOWN_BEGINNING,
) -> dict[str, UUID]:
    """Make a city of labelled points: one district for each label, made of the cells of its points. Returns their ids.

    With `district_name` the city is one district of that name, and each label a subdistrict of it.

    Points without a label or position, and those far from all others, do not count. A label whose every spot belongs
    more often to others gets a unit without a boundary. Called again with the same points, it changes nothing.
    """
    require(by)
    names, points = _usable(labels, np.asarray(lons, dtype=float), np.asarray(lats, dtype=float))
    extent = shapely.multipoints(points).convex_hull.buffer(MARGIN)
    areas = shapes.voronoi_by_label(names, points, extent)
    ordered = sorted(set(names))
    codes = {name: f"{city_code}-{number:03}" for number, name in enumerate(ordered, start=1)}
    unit_rows = [_row(city_code, Level.CITY, city_name, "", extent)]
    parent, level = city_code, Level.DISTRICT
    if district_name:
        parent, level = f"{city_code}-0", Level.SUBDISTRICT
        unit_rows.append(_row(parent, Level.DISTRICT, district_name, city_code, extent))
    unit_rows += [_row(codes[name], level, name, parent, areas.get(name)) for name in ordered]
    boundaries = [BoundaryRow(0, code, extent) for code in dict.fromkeys((city_code, parent))]
    boundaries += [BoundaryRow(0, codes[name], area) for name, area in areas.items()]
    load(units=unit_rows, boundaries=boundaries, day=on, source=SOURCE, derived=True, by=by)
    ids = dict(Unit.objects.filter(code__in=codes.values(), valid_to=None).values_list("code", "pk"))
    return {name: ids[code] for name, code in codes.items()}


def _usable(labels: Sequence[str], lons: Floats, lats: Floats) -> tuple[list[str], Floats]:
    names = np.array([str(label or "").strip() for label in labels], dtype=object)
    usable = (names != "") & rules.on_earth(lons, lats)
    if usable.any():
        # Within three times the span of the middle 98 %: one forgotten sign must not stretch the city over the globe.
        for axis in (lons, lats):
            low, high = np.quantile(axis[usable], [0.01, 0.99])
            reach = high - low + MARGIN
            usable &= (axis >= low - reach) & (axis <= high + reach)
    if not usable.any():
        raise InvalidCoordinates
    return list(names[usable]), np.column_stack([lons[usable], lats[usable]])


def _row(code: str, level: Level, name: str, parent: str, area: BaseGeometry | None) -> UnitRow:
    lon, lat = shapes.label_point(area) if area is not None else (None, None)
    return UnitRow(0, code, level.value, "", name[:120], "", parent, None, lon, lat)
