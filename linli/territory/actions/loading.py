"""Loading units and boundaries, from a pack or an import: what is new is opened, what differs is changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.foundation import bulk
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import NotAllowed
from linli.territory.actions import units as unit_actions
from linli.territory.actions.common import changed, record, set_boundaries, steady_id, write
from linli.territory.imports import BoundaryRow, UnitRow
from linli.territory.models import FormerPlacement, Unit

Progress = Callable[[str], None]
_UNIT_COLUMNS = (
    "id", "code", "level", "kind", "name", "name_en", "parent_id", "path", "valid_from", "managed_population", "lon",
    "lat", "derived",
)  # fmt: skip


@dataclass(slots=True)
class LoadReport:
    """What a load changed, in numbers of units and boundaries."""

    opened: int = 0
    changed: int = 0
    renamed: int = 0
    moved: int = 0
    unchanged: int = 0
    boundaries: int = 0
    opened_ids: list[UUID] = field(default_factory=list)
    closed_ids: list[UUID] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return not (self.opened or self.changed or self.renamed or self.moved or self.boundaries)


@write
def load(
    *,
    units: Sequence[UnitRow],
    boundaries: Sequence[BoundaryRow],
    day: date,
    source: str,
    derived: bool = False,
    by: Actor,
    progress: Progress = lambda text: None,
) -> LoadReport:
    """Bring units and boundaries to what is given, as of `day`. The rows are checked (`imports`), parents first.

    What was opened, closed, moved or drawn here after that day is newer than what is given, and stays.
    """
    report = LoadReport()
    given = {row.code for row in units} | {row.code for row in boundaries}
    newer = _changed_after(day, given | {row.parent for row in units})
    for row in units:
        if row.parent in newer:
            newer.add(row.code)
    units = [row for row in units if row.code not in newer]
    boundaries = [row for row in boundaries if row.code not in newer]
    report.unchanged = len(newer & given)
    there = present_units(units, boundaries)
    if refused_rows(by, units, boundaries, {unit.code: unit for unit in there}):
        raise NotAllowed
    # Asked before: row security hides from a lock what the actor may not write.
    present = {unit.code: unit for unit in there.select_for_update()}
    fresh = _open_new(units, present, day, derived, report)
    progress(f"{report.opened} units opened")
    for row in units:
        if row.code not in fresh:
            _bring_up_to_date(row, present, day, by, report)
    report.boundaries = set_boundaries(
        {(present | fresh)[row.code].pk: row.shape for row in boundaries}, day=day, source=source, derived=derived
    )
    progress(f"{report.boundaries} boundaries set")
    if not report.nothing:
        top = min((present | fresh).values(), key=lambda unit: len(unit.path))
        record(top, "loaded", by, source, {"opened": report.opened, "boundaries": report.boundaries})
        changed("loaded", closed=report.closed_ids, opened=report.opened_ids)
    return report


def _changed_after(day: date, codes: set[str]) -> set[str]:
    """Those of the codes whose unit was opened or closed after a day."""
    after = Q(valid_from__gt=day) | Q(valid_to__gt=day)
    return set(Unit.objects.filter(after, code__in=codes).values_list("code", flat=True))


def refused_rows(
    by: Actor, units: Sequence[UnitRow], boundaries: Sequence[BoundaryRow], present: Mapping[str, Unit]
) -> list[UnitRow | BoundaryRow]:
    """The rows that lie where the actor may not edit: above every unit that is touched or gets one; everywhere for a city."""
    opened = {row.code for row in units} - present.keys()

    def may(code: str) -> bool:
        return by.may(Permission.EDIT_TERRITORY, tuple(present[code].path) if code else ())

    found: list[UnitRow | BoundaryRow] = []
    for row in units:
        if row.code not in opened:
            moved = row.parent in present and present[row.parent].pk != present[row.code].parent_id
            allowed = may(row.code) and (not moved or may(row.parent))
        else:
            allowed = row.parent in opened or may(row.parent)
        if not allowed:
            found.append(row)
    return found + [row for row in boundaries if row.code not in opened and not may(row.code)]


def present_units(units: Sequence[UnitRow], boundaries: Sequence[BoundaryRow]) -> "QuerySet[Unit]":
    """The open units that these rows are about, and those that they shall lie in."""
    codes = {row.code for row in units} | {row.parent for row in units} | {row.code for row in boundaries}
    return Unit.objects.filter(code__in=codes, valid_to=None)


def _open_new(
    rows: Sequence[UnitRow], present: Mapping[str, Unit], day: date, derived: bool, report: LoadReport
) -> dict[str, Unit]:
    fresh: dict[str, Unit] = {}
    for row in rows:
        if row.code in present:
            continue
        parent = fresh.get(row.parent) or present.get(row.parent)
        unit = Unit(
            id=steady_id(day, "unit", row.code),
            code=row.code,
            level=row.level,
            kind=row.kind,
            name=row.name,
            name_en=row.name_en,
            parent_id=parent.pk if parent else None,
            valid_from=day,
            managed_population=row.managed_population,
            lon=row.lon,
            lat=row.lat,
            derived=derived,
        )
        unit.path = [*(parent.path if parent else []), unit.pk]
        fresh[row.code] = unit
    bulk.insert(Unit, _UNIT_COLUMNS, ([getattr(unit, column) for column in _UNIT_COLUMNS] for unit in fresh.values()))
    report.opened = len(fresh)
    return fresh


def _bring_up_to_date(row: UnitRow, present: dict[str, Unit], day: date, by: Actor, report: LoadReport) -> None:
    unit = present[row.code]
    # A register of the same day corrects; a later one tells of a change.
    later = day > unit.valid_from
    parent = present.get(row.parent)
    if parent is not None and unit.parent_id != parent.pk and not _moved_since(unit, day):
        unit_actions.place_under(unit, parent, day)
        record(unit, "moved", by, data={"to": parent.code})
        _refresh_below(unit, present)
        report.moved += 1
    if later and unit.name != row.name:
        renamed = unit_actions.rename(unit=unit.pk, name=row.name, name_en=row.name_en, on=day, by=by)
        report.renamed += 1
        report.closed_ids.append(unit.pk)
        report.opened_ids.append(renamed.pk)
        present[row.code] = unit = renamed
        _refresh_below(unit, present)
    different = differences(row, unit)
    if not different:
        report.unchanged += 1
        return
    for name, (_old, new) in different.items():
        setattr(unit, name, new)
    unit.save(update_fields=list(different))
    record(unit, "corrected", by, data={"changes": {name: list(pair) for name, pair in different.items()}})
    report.changed += 1


def differences(row: UnitRow, unit: Unit) -> dict[str, tuple[Any, Any]]:
    """What a row says otherwise of a unit, besides where it lies: field, what holds now, what the row says."""
    given = {
        "name": row.name,
        "kind": row.kind or unit.kind,
        "name_en": row.name_en or unit.name_en,
        "managed_population": unit.managed_population if row.managed_population is None else row.managed_population,
        "lon": unit.lon if row.lon is None else row.lon,
        "lat": unit.lat if row.lat is None else row.lat,
    }
    return {name: (getattr(unit, name), value) for name, value in given.items() if getattr(unit, name) != value}


def _moved_since(unit: Unit, day: date) -> bool:
    return FormerPlacement.objects.filter(unit=unit, valid_to__gt=day).exists()


def _refresh_below(top: Unit, present: Mapping[str, Unit]) -> None:
    """What lies below a unit that was moved or renamed has another parent or path now."""
    below = Unit.objects.filter(path__contains=[top.pk], code__in=list(present))
    for pk, code, parent_id, path in below.values_list("pk", "code", "parent_id", "path"):
        if present[code].pk == pk:
            present[code].parent_id, present[code].path = parent_id, path
