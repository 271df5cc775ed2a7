"""One unit's boundary drawn anew from a day on. What it was stays in its history; neighbours give way where that is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import shapely
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from linli.foundation.access import Actor, Permission
from linli.foundation.errors import InvalidInput
from linli.foundation.tabular import is_one_line
from linli.territory import redrawing, shapes
from linli.territory.actions.common import alone, changed, extent_of, record, require, set_boundaries, write
from linli.territory.errors import (
    BoundaryChanged,
    BoundaryTooEarly,
    NeighbourBeyond,
    NotBounded,
    NothingLeft,
    OverlapsNeighbours,
    SameBoundary,
    UnitClosed,
    UnknownUnit,
    WrongDate,
)
from linli.territory.models import LOCATED_LEVELS, Boundary, Unit
from linli.territory.redrawing import LONGEST_REASON, LONGEST_SOURCE, Fitted, Neighbour, Overlap


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What was drawn, to be told: `before` is None where there was no boundary, `above` what it was fitted into."""

    unit: Unit
    on: date
    before: Boundary | None
    old: BaseGeometry | None
    fitted: Fitted
    above: Unit | None
    neighbours: Sequence[Neighbour]
    overlaps: Sequence[Overlap]
    # Whether the neighbours that it covers a part of have given it up.
    gave_way: bool

    @property
    def new(self) -> BaseGeometry:
        return self.fitted.shape

    @property
    def gained(self) -> BaseGeometry:
        return self.new if self.old is None else shapes.only_polygons(self.new.difference(self.old))

    @property
    def ceded(self) -> BaseGeometry:
        return shapely.Polygon() if self.old is None else shapes.only_polygons(self.old.difference(self.new))


@write
def redraw(
    *,
    unit: UUID,
    shape: BaseGeometry,
    on: date,
    reason: str,
    by: Actor,
    source: str = "",
    drawn_over: UUID | None = None,
    give_way: bool = False,
) -> Redrawn:
    """Give a unit this boundary (checked, WGS84: `redrawing.outline`) from a day on.

    `drawn_over` is the id of the boundary that its author saw: where it is another one by now, nothing is done. What lies outside
    of the unit above is cut off up to 1 %. No more than 1 % of a neighbour's drawn boundary is covered; with `give_way` neighbours
    lose what it covers. Cases and what lies below stay where they are. Raises `BadShape` and what is imported above.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON or not is_one_line(reason):
        raise InvalidInput(field="reason")
    if len(source) > LONGEST_SOURCE or not is_one_line(source):
        raise InvalidInput(field="source")
    # Before any unit is locked, as an import does: else each could wait for the other.
    alone()
    own = _editable(unit, on, by, give_way)
    before = Boundary.objects.filter(unit=own, valid_to=None).first()
    if drawn_over != (before.pk if before else None):
        raise BoundaryChanged(name=own.name)
    _require_later(own.name, before, on)
    above, fitted = _fitted(own, shape)
    old = shapely.from_wkb(bytes(before.geometry)) if before else None
    if before is not None and not before.derived and old is not None and redrawing.alike(fitted.shape, old):
        raise SameBoundary(own.name)
    beside = _beside(own)
    covered = redrawing.overlaps(fitted.shape, [_neighbour(boundary) for boundary in beside])
    if give_way:
        _let_give_way(own, fitted.shape, covered, {b.unit_id: b for b in beside}, on, reason, by)
    else:
        _refuse_overlaps(covered)
    set_boundaries({own.pk: fitted.shape}, day=on, source=source or reason[:LONGEST_SOURCE], derived=False)
    data = {"changes": {"area": [_area(old), _area(fitted.shape)]}, "on": on.isoformat(), "source": source}
    record(own, "bounded", by, reason, data)
    changed("bounded")
    neighbours = [_neighbour(boundary) for boundary in beside]
    return Redrawn(own, on, before, old, fitted, above, neighbours, covered, give_way)


def _editable(unit_id: UUID, on: date, by: Actor, give_way: bool) -> Unit:
    """The unit, locked, if this actor may draw it from that day on; with it what lies beside it, where that shall give way."""
    found = Unit.objects.filter(pk=unit_id).first()
    if found is None:
        raise UnknownUnit(unit=unit_id)
    require(by, found.path)
    beside = Q(parent=found.parent_id, level=found.level, valid_to=None) if give_way else Q()
    # Asked before: row security hides from a lock what the actor may not write. In one order, as a merger locks them.
    locked = Unit.objects.select_for_update().filter(Q(pk=unit_id) | beside).order_by("pk")
    unit = next(one for one in locked if one.pk == unit_id)
    if unit.level not in LOCATED_LEVELS:
        raise NotBounded(unit.level)
    if unit.valid_to is not None:
        raise UnitClosed(name=unit.name, day=unit.valid_to)
    if on < unit.valid_from:
        raise WrongDate(day=on)
    return unit


def _require_later(name: str, present: Boundary | None, on: date) -> None:
    """What has held for a day, or is announced, is not undone: the history would lose it."""
    if present is not None and on <= present.valid_from:
        raise BoundaryTooEarly(name, present.valid_from)


def _fitted(own: Unit, shape: BaseGeometry) -> tuple[Unit | None, Fitted]:
    found = extent_of(own.path[:-1])
    if found is None:
        return None, Fitted(shape)
    above = Unit.objects.get(pk=found[0])
    return above, redrawing.fit(shape, found[1], name=_name(own), above=_name(above))


def _beside(own: Unit) -> list[Boundary]:
    there = Boundary.objects.filter(
        unit__parent=own.parent_id, unit__level=own.level, unit__valid_to=None, valid_to=None
    )
    return list(there.exclude(unit=own).select_related("unit").order_by("unit__code"))


def _neighbour(boundary: Boundary) -> Neighbour:
    unit, shape = boundary.unit, shapely.from_wkb(bytes(boundary.geometry))
    return Neighbour(unit.pk, unit.code, unit.name, unit.name_en, shape, boundary.derived)


def _refuse_overlaps(covered: Sequence[Overlap]) -> None:
    """Derived boundaries do not count, as in an import: nobody has agreed on them."""
    told = [
        _("%(name)s (%(area)s m², %(share)s %% of it)")
        % {"name": _name(one.neighbour), "area": f"{one.area_m2:,.0f}", "share": f"{100 * one.share:.1f}"}
        for one in covered
        if one.grave and not one.neighbour.derived
    ]
    if told:
        raise OverlapsNeighbours(_(", ").join(told))


def _let_give_way(
    own: Unit,
    shape: BaseGeometry,
    covered: Sequence[Overlap],
    present: dict[UUID, Boundary],
    on: date,
    reason: str,
    by: Actor,
) -> None:
    for one in covered:
        boundary, neighbour = present[one.neighbour.id], present[one.neighbour.id].unit
        if not by.may(Permission.EDIT_TERRITORY, tuple(neighbour.path)):
            raise NeighbourBeyond(_name(neighbour))
        _require_later(_name(neighbour), boundary, on)
        kept = redrawing.without(one.neighbour.shape, shape)
        if kept is None:
            raise NothingLeft(_name(neighbour))
        set_boundaries({neighbour.pk: kept}, day=on, source=boundary.source, derived=boundary.derived)
        areas = [_area(one.neighbour.shape), _area(kept)]
        record(neighbour, "gave_way", by, reason, {"changes": {"area": areas}, "on": on.isoformat(), "to": own.code})


def _area(shape: BaseGeometry | None) -> int | None:
    """In whole square metres."""
    return None if shape is None else round(shapes.area_m2(shape))


def _name(unit: Unit | Neighbour) -> str:
    return unit.name_in(get_language() or "")
