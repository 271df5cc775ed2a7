"""What lies in the ground that changes hands when a boundary is drawn anew: asked before it is saved.

What lies below a unit is told by its path and not by the boundary, so quarters, buildings and households stay. What is told by
where it lies follows: facilities, and every report to come.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from linli.territory import queries, redrawing, shapes
from linli.territory.actions.bounding import Redrawn
from linli.territory.models import Boundary, Facility, Level
from linli.territory.redrawing import Neighbour, Overlap
from linli.territory.shapes import TOLERATED_SHARE


@dataclass(frozen=True, slots=True)
class Inside:
    """Units of a neighbour that lie in the new outline, and stay below the neighbour."""

    neighbour: Neighbour
    units: Sequence[str]


@dataclass(frozen=True, slots=True)
class Taken:
    # Below the unit, and reaching out of its new outline.
    reaching_out: Sequence[str]
    inside: Sequence[Inside]
    buildings: int
    facilities: int
    # Square metres that no unit of the level holds any more.
    nobodys_m2: float
    # Overlaps in which a point belongs to the neighbour, whose code is lower.
    lost_to: Sequence[Overlap]
    label_outside: bool
    datum_suspected: bool
    # Nothing in common with what it was.
    elsewhere: bool


def taken_along(redrawn: Redrawn, language: str) -> Taken:
    """Names are in the reader's language. Asked while the change is made, and undone after."""
    new, old, unit = redrawn.new, redrawn.old, redrawn.unit
    left = [] if redrawn.gave_way else [o for o in redrawn.overlaps if o.neighbour.code < unit.code]
    comes = redrawn.gained
    for overlap in left:
        comes = shapes.only_polygons(comes.difference(overlap.neighbour.shape))
    return Taken(
        reaching_out=_reaching_out(unit.pk, new, language),
        inside=_inside(redrawn, language),
        buildings=_buildings(redrawn),
        facilities=_facilities(unit.pk, unit.level, comes, redrawn.ceded),
        nobodys_m2=_nobodys(redrawn),
        lost_to=left,
        label_outside=unit.lon is not None and not shapely.intersects_xy(new, unit.lon, unit.lat),
        datum_suspected=old is not None and redrawing.datum_suspected(new, old),
        elsewhere=old is not None and not new.intersects(old),
    )


def _drawn_below(parents: Collection[UUID], window: BaseGeometry | None = None) -> list[Boundary]:
    below = Boundary.objects.filter(unit__parent__in=parents, unit__valid_to=None, valid_to=None)
    if window is not None:
        west, south, east, north = window.bounds
        below = below.filter(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
    return list(below.select_related("unit").order_by("unit__code"))


def _reaching_out(unit_id: UUID, new: BaseGeometry, language: str) -> list[str]:
    shapely.prepare(new)
    names = []
    for boundary in _drawn_below([unit_id]):
        shape = shapely.from_wkb(bytes(boundary.geometry))
        if not new.covers(shape) and shape.difference(new).area > TOLERATED_SHARE * shape.area:
            names.append(boundary.unit.name_in(language))
    return names


def _inside(redrawn: Redrawn, language: str) -> list[Inside]:
    gained = redrawn.gained
    by_id = {one.id: one for one in redrawn.neighbours}
    if gained.is_empty or not by_id:
        return []
    found: dict[UUID, list[str]] = {}
    for boundary in _drawn_below(list(by_id), gained):
        shape, parent = shapely.from_wkb(bytes(boundary.geometry)), boundary.unit.parent_id
        if parent is not None and shape.intersection(gained).area > TOLERATED_SHARE * shape.area:
            found.setdefault(parent, []).append(boundary.unit.name_in(language))
    return [Inside(by_id[parent], names) for parent, names in found.items()]


def _buildings(redrawn: Redrawn) -> int:
    """How many buildings and linpan lie in what is given up or gained, and keep their unit."""
    return _homes_in([redrawn.unit.pk], redrawn.ceded) + _homes_in(
        [one.neighbour.id for one in redrawn.overlaps], redrawn.gained
    )


def _homes_in(unit_ids: Sequence[UUID], ground: BaseGeometry) -> int:
    if ground.is_empty or not unit_ids:
        return 0
    homes = queries.places_of_homes(unit_ids)
    return int(np.count_nonzero(shapely.intersects_xy(ground, homes["lon"].astype(float), homes["lat"].astype(float))))


def _facilities(unit_id: UUID, level: str, comes: BaseGeometry, goes: BaseGeometry) -> int:
    """How many will lie in another unit: those whose finest unit is of this level or above it."""
    ground = shapely.union(comes, goes)
    if ground.is_empty:
        return 0
    west, south, east, north = ground.bounds
    rows = Facility.objects.filter(closed_at=None, lon__range=(west, east), lat__range=(south, north)).values_list(
        "lon", "lat", "unit_id", "unit__level"
    )
    order = Level.values
    moved = 0
    for lon, lat, lies_in, its_level in rows:
        leaves = lies_in == unit_id and shapely.intersects_xy(goes, lon, lat)
        enters = order.index(its_level) <= order.index(level) and shapely.intersects_xy(comes, lon, lat)
        moved += bool(leaves or (enters and lies_in != unit_id))
    return moved


def _nobodys(redrawn: Redrawn) -> float:
    rest = redrawn.ceded
    for one in redrawn.neighbours:
        if rest.is_empty:
            return 0.0
        rest = shapes.only_polygons(rest.difference(one.shape))
    return shapes.area_m2(rest)
