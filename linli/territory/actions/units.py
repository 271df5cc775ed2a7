"""The life of units: opened, renamed, moved, merged, split, closed; each on a day, with its succession.

A rename, merge or split closes the old units and opens new ones; what lies below is moved to them, keeps its ids, and
has its placement until then kept as a former one. Communities take their one general grid along.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import shapely
from django.db import connection
from django.db.models import Q, QuerySet
from shapely.geometry.base import BaseGeometry

from linli.foundation.access import Actor
from linli.territory import shapes
from linli.territory.actions.common import alone, changed, record, require, set_boundaries, write
from linli.territory.errors import (
    BadShape,
    CodeTaken,
    CodeUsed,
    NameTaken,
    UnitClosed,
    UnknownUnit,
    WrongDate,
    WrongLevel,
)
from linli.territory.imports import SHAPE_REASONS, UnitRow
from linli.territory.models import (
    PARENT_LEVEL,
    Boundary,
    FormerPlacement,
    Kind,
    Level,
    Succession,
    SuccessionKind,
    Unit,
)
from linli.territory.parts import Part

# The paths below a moved unit: where they stood is kept, then its old path is replaced by the new one.
_KEEP_PLACEMENTS = """
INSERT INTO territory_formerplacement (id, unit_id, parent_id, path, valid_to)
SELECT gen_random_uuid(), id, parent_id, path, %(on)s FROM territory_unit
WHERE path @> ARRAY[%(unit)s]::uuid[] AND valid_from < %(on)s AND parent_id IS NOT NULL
ON CONFLICT (unit_id, valid_to) DO NOTHING
"""
_REPLACE_PATHS = """
UPDATE territory_unit SET path = %(path)s::uuid[] || path[%(depth)s + 1:]
WHERE path @> ARRAY[%(unit)s]::uuid[]
"""


def _locked(unit_id: UUID, on: date, by: Actor) -> Unit:
    """The unit, locked, if a change on this day is possible and this actor's post is above it.

    Whose post is in the unit itself cannot end it: the post would end with it.
    """
    found = Unit.objects.filter(pk=unit_id).first()
    if found is None:
        raise UnknownUnit(unit=unit_id)
    require(by, found.path[:-1])
    unit = Unit.objects.select_for_update().get(pk=unit_id)
    if unit.valid_to is not None:
        raise UnitClosed(name=unit.name, day=unit.valid_to)
    if on <= unit.valid_from or _moved_after(unit, on):
        raise WrongDate(day=on)
    return unit


def _moved_after(unit: Unit, on: date) -> bool:
    """Whether it, or a unit that lies or lay in it, changed its place after a day: its path then would be lost."""
    there = Q(path__contains=[unit.pk]) | Q(unit__path__contains=[unit.pk])
    return FormerPlacement.objects.filter(there, valid_to__gt=on).exists()


def _still_open(on: date) -> Q:
    """Open after a day: those whose closing is announced for later must not outlive what they lie in."""
    return Q(valid_to=None) | Q(valid_to__gt=on)


def _below(*parents: Unit, on: date) -> QuerySet[Unit]:
    return Unit.objects.filter(_still_open(on), parent__in=parents)


def _require_open(parent: Unit, on: date) -> None:
    """What is put under a unit would outlive one that is closed, and precede one that is not yet open, or not yet there."""
    if parent.valid_to is not None:
        raise UnitClosed(name=parent.name, day=parent.valid_to)
    if on < parent.valid_from or FormerPlacement.objects.filter(unit=parent, valid_to__gt=on).exists():
        raise WrongDate(day=on)


def _taken(code: str, on: date, *leaving: UUID) -> bool:
    others = Unit.objects.filter(code=code).exclude(pk__in=leaving)
    return others.filter(valid_to=None).exists() or others.filter(valid_to__gt=on).exists()


@write
def open_unit(
    *,
    code: str,
    level: str,
    name: str,
    parent: UUID | None,
    on: date,
    by: Actor,
    kind: str = Kind.NONE,
    name_en: str = "",
    lon: float | None = None,
    lat: float | None = None,
    managed_population: int | None = None,
    shape: BaseGeometry | None = None,
    source: str = "",
) -> Unit:
    """Open a new unit below `parent` (a city has none). Its code is new for ever, its name among what lies beside it then."""
    alone()
    above = above_new(parent, by) if parent else None
    if above is None:
        require(by)
    row = UnitRow(0, code, level, kind, name, name_en, above.code if above else "", managed_population, lon, lat)
    return open_below(above, row, on, by, shape=shape, source=source)


def open_below(
    above: Unit | None, row: UnitRow, on: date, by: Actor, *, shape: BaseGeometry | None = None, source: str = ""
) -> Unit:
    """Open what a row says below a unit that the caller has locked (`above_new`), after `alone`."""
    if PARENT_LEVEL.get(Level(row.level)) != (above.level if above else None):
        raise WrongLevel(row.level, above.level if above else "")
    if above is not None:
        _require_open(above, on)
    _require_new(row.code, row.name, row.level, above, on)
    unit = Unit(
        code=row.code,
        level=row.level,
        kind=row.kind,
        name=row.name,
        name_en=row.name_en,
        parent=above,
        valid_from=on,
        managed_population=row.managed_population,
        lon=row.lon,
        lat=row.lat,
    )
    unit.path = [*(above.path if above else []), unit.pk]
    unit.save(force_insert=True)
    if shape is not None:
        set_boundaries({unit.pk: _checked(shape, row.name)}, day=on, source=source, derived=False)
    record(unit, "opened", by)
    changed("opened", opened=[unit.pk])
    return unit


def above_new(parent: UUID, by: Actor) -> Unit:
    """The unit that another one shall lie in, locked, if this actor may edit there."""
    above = Unit.objects.filter(pk=parent).first()
    if above is None:
        raise UnknownUnit(unit=parent)
    require(by, above.path)
    # Asked before: row security hides from a lock what the actor may not write.
    return Unit.objects.select_for_update().get(pk=parent)


def _require_new(code: str, name: str, level: str, above: Unit | None, on: date) -> None:
    if _taken(code, on):
        raise CodeTaken(unit=code)
    closed = Unit.objects.filter(code=code).order_by("-valid_to").first()
    if closed is not None and closed.valid_to is not None:
        raise CodeUsed(code, closed.name, closed.valid_to)
    beside = Unit.objects.filter(_still_open(on), parent=above, level=level, name__iexact=name).first()
    if beside is not None:
        raise NameTaken(beside.name, beside.code)


def _checked(shape: BaseGeometry, name: str) -> BaseGeometry:
    try:
        return shapes.checked(shape)
    except shapes.ShapeProblem as problem:
        raise BadShape(name=name, reason=SHAPE_REASONS[str(problem)]) from None


@write
def close_unit(*, unit: UUID, on: date, by: Actor) -> None:
    """Close a unit with everything below it: a demolished quarter, say. It has no successor."""
    old = _locked(unit, on, by)
    below = Unit.objects.filter(_still_open(on), path__contains=[old.pk])
    if below.filter(valid_from__gte=on).exists():
        raise WrongDate(day=on)
    ids = list(below.values_list("pk", flat=True))
    _end_boundaries(ids, on)
    below.update(valid_to=on)
    old.valid_to = on
    record(old, "closed", by, data={"units": len(ids)})
    changed("closed", closed=ids if len(ids) <= 1000 else [old.pk])


@write
def rename(*, unit: UUID, name: str, on: date, by: Actor, name_en: str = "") -> Unit:
    """Give a unit another name from a day on: the old one is closed, its successor has the same code and extent."""
    old = _locked(unit, on, by)
    extent = _boundary(old)
    new = _successor(old, code=old.code, name=name, name_en=name_en, on=on)
    _close(old, on)
    new.save(force_insert=True)
    _succeed([old], [new], SuccessionKind.RENAMED, on)
    if extent is not None:
        set_boundaries({new.pk: extent[0]}, day=on, source=extent[2], derived=extent[1])
    for child in _below(old, on=on):
        place_under(child, new, on)
    record(old, "renamed", by, data={"name": name})
    record(new, "opened", by, data={"after": [old.code]})
    changed("renamed", closed=[old.pk], opened=[new.pk])
    return new


@write
def move(*, unit: UUID, to: UUID, on: date, by: Actor) -> None:
    """Put a unit under another parent of the same level, from a day on. It keeps its id, code and extent."""
    moved, parent = _locked(unit, on, by), Unit.objects.filter(pk=to).first()
    if parent is None:
        raise UnknownUnit(unit=to)
    if PARENT_LEVEL.get(Level(moved.level)) != parent.level:
        raise WrongLevel(moved.level, parent.level)
    require(by, parent.path)
    _require_open(parent, on)
    place_under(moved, parent, on)
    record(moved, "moved", by, data={"to": parent.code})
    changed("moved")


@write
def merge(*, units: Sequence[UUID], code: str, name: str, on: date, by: Actor, name_en: str = "") -> Unit:
    """Make one unit of several of the same level and parent, from a day on. Its extent is theirs together.

    Where they differ in what it can have only one of (kind, label point, leads), the first of `units` goes on.
    """
    # Locked in one order, so that two mergers cannot wait for each other.
    locked = {unit: _locked(unit, on, by) for unit in sorted(set(units))}
    olds = [locked[unit] for unit in dict.fromkeys(units)]
    if len(olds) < 2 or len({(old.level, old.parent_id) for old in olds}) > 1:
        raise WrongLevel(olds[0].level)
    if _taken(code, on, *(old.pk for old in olds)):
        raise CodeTaken(unit=code)
    new = _merge(olds, code, name, name_en, on)
    for old in olds:
        record(old, "merged", by, data={"into": code})
    record(new, "opened", by, data={"after": [old.code for old in olds]})
    changed("merged", closed=[old.pk for old in olds], opened=[new.pk])
    return new


def _merge(olds: Sequence[Unit], code: str, name: str, name_en: str, on: date) -> Unit:
    extents = [extent for old in olds if (extent := _boundary(old)) is not None]
    new = _successor(olds[0], code=code, name=name, name_en=name_en, on=on)
    people = [old.managed_population for old in olds if old.managed_population is not None]
    new.managed_population = sum(people) if people else None
    for old in olds:
        _close(old, on)
    new.save(force_insert=True)
    _succeed(olds, [new], SuccessionKind.MERGED, on)
    if extents:
        union = shapes.only_polygons(shapely.union_all([extent[0] for extent in extents]))
        derived = any(extent[1] for extent in extents)
        set_boundaries({new.pk: union}, day=on, source=extents[0][2], derived=derived)
    for child in _below(*olds, on=on):
        place_under(child, new, on)
    grids = list(Unit.objects.filter(parent=new, level=Level.GENERAL_GRID, valid_to=None).order_by("code"))
    if len(grids) > 1:
        _merge(grids, f"{code}-G", grids[0].name if name == olds[0].name else name, "", on)
    return new


@write
def split(*, unit: UUID, parts: Sequence[Part], on: date, by: Actor, source: str = "") -> list[Unit]:
    """Make several units of one, from a day on.

    The parts' shapes must fill the old extent without overlapping (1 % is tolerated, and the last part gets the rest).
    What lies below goes to the part that its label point lies in, without one to the first part.
    """
    old = _locked(unit, on, by)
    codes = [part.code for part in parts]
    for code in codes:
        if codes.count(code) > 1 or _taken(code, on, old.pk):
            raise CodeTaken(unit=code)
    extents = _partition(old, parts)
    _close(old, on)
    news = []
    for part in parts:
        new = _successor(old, code=part.code, name=part.name, name_en=part.name_en, on=on)
        new.managed_population, new.lon, new.lat = part.managed_population, None, None
        new.save(force_insert=True)
        news.append(new)
    _succeed([old], news, SuccessionKind.SPLIT, on)
    set_boundaries(
        {new.pk: extent for new, extent in zip(news, extents, strict=True)}, day=on, source=source, derived=False
    )
    _share_out(old, news, extents, on)
    record(old, "split", by, data={"into": codes})
    for new in news:
        record(new, "opened", by, data={"after": [old.code]})
    changed("split", closed=[old.pk], opened=[new.pk for new in news])
    return news


def _partition(old: Unit, parts: Sequence[Part]) -> list[BaseGeometry]:
    """The extents of the parts, which together are exactly the old one."""
    found = _boundary(old)
    if found is None or len(parts) < 2:
        raise BadShape(name=old.name, reason=SHAPE_REASONS["empty"])
    rest, extents = found[0], []
    for part in parts:
        if part.shape is None:
            raise BadShape(name=part.name, reason=SHAPE_REASONS["empty"])
        shape = _checked(part.shape, part.name)
        extent = shapes.only_polygons(shape.intersection(rest))
        if extent.area < (1 - shapes.TOLERATED_SHARE) * shape.area:
            reason = "outside" if shape.intersection(found[0]).area < extent.area * 1.001 else "overlaps"
            raise BadShape(name=part.name, reason=SHAPE_REASONS[reason])
        extents.append(extent)
        rest = shapes.only_polygons(rest.difference(extent))
    if rest.area > shapes.TOLERATED_SHARE * found[0].area:
        raise BadShape(name=old.name, reason=SHAPE_REASONS["gap"])
    extents[-1] = shapes.only_polygons(extents[-1].union(rest))
    return extents


def _share_out(old: Unit, news: Sequence[Unit], extents: Sequence[BaseGeometry], on: date) -> None:
    children = list(_below(old, on=on))
    grids = [child for child in children if child.level == Level.GENERAL_GRID]
    new_grids = [_grid_of(new, grids[0], on) for new in news] if grids else []
    for child in children:
        if child.level != Level.GENERAL_GRID:
            place_under(child, news[_part_of(child, extents)], on)
    for grid in grids:
        for child in _below(grid, on=on):
            place_under(child, new_grids[_part_of(child, extents)], on)
        _close(grid, on)
        _succeed([grid], new_grids, SuccessionKind.SPLIT, on)


def _part_of(child: Unit, extents: Sequence[BaseGeometry]) -> int:
    if child.lon is None or child.lat is None:
        return 0
    return next((i for i, extent in enumerate(extents) if shapely.intersects_xy(extent, child.lon, child.lat)), 0)


def _grid_of(community: Unit, like: Unit, on: date) -> Unit:
    grid = Unit(
        code=f"{community.code}-G",
        level=Level.GENERAL_GRID,
        name=like.name,
        name_en=like.name_en,
        parent=community,
        valid_from=on,
        derived=like.derived,
    )
    grid.path = [*community.path, grid.pk]
    grid.save(force_insert=True)
    return grid


def _successor(old: Unit, *, code: str, name: str, name_en: str, on: date) -> Unit:
    new = Unit(
        code=code,
        level=old.level,
        kind=old.kind,
        name=name,
        name_en=name_en,
        parent_id=old.parent_id,
        valid_from=on,
        managed_population=old.managed_population,
        lon=old.lon,
        lat=old.lat,
        derived=old.derived,
    )
    new.path = [*old.path[:-1], new.pk]
    return new


def _close(unit: Unit, on: date) -> None:
    unit.valid_to = on
    unit.save(update_fields=["valid_to"])
    _end_boundaries([unit.pk], on)


def _end_boundaries(units: Sequence[UUID], on: date) -> None:
    boundaries = Boundary.objects.filter(_still_open(on), unit__in=units)
    if boundaries.filter(valid_from__gt=on).exists():
        raise WrongDate(day=on)
    # One that would begin and end on the same day never holds.
    boundaries.filter(valid_from=on).delete()
    boundaries.update(valid_to=on)


def _succeed(olds: Sequence[Unit], news: Sequence[Unit], kind: SuccessionKind, on: date) -> None:
    Succession.objects.bulk_create([Succession(old=old, new=new, kind=kind, on=on) for old in olds for new in news])


def _boundary(unit: Unit) -> tuple[BaseGeometry, bool, str] | None:
    """Shape, whether derived, and source of a unit's present boundary."""
    found = Boundary.objects.filter(unit=unit, valid_to=None).first()
    return (shapely.from_wkb(bytes(found.geometry)), found.derived, found.source) if found else None


def place_under(child: Unit, parent: Unit, on: date) -> None:
    """Hang `child`, with everything below it, under `parent`; its placement before that day is kept. For actions."""
    values: dict[str, Any] = {
        "unit": child.pk,
        "on": on,
        "depth": len(child.path) - 1,
        "path": list(parent.path),
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_PLACEMENTS, values)
        cursor.execute(_REPLACE_PATHS, values)
    Unit.objects.filter(pk=child.pk).update(parent=parent)
