"""Importing units and boundaries from files: all of a file, or nothing of it and a report of every problem."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import shapely
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linli.foundation.access import Actor
from linli.foundation.progress import Say, silent
from linli.foundation.tabular import ImportProblems
from linli.territory import imports, rules
from linli.territory.actions.common import write
from linli.territory.actions.loading import LoadReport, load
from linli.territory.imports import BoundaryRow, Known, UnitRow
from linli.territory.models import Boundary, Unit


def _refuse_earlier(rows: Sequence[UnitRow | BoundaryRow], on: date, problems: ImportProblems) -> None:
    """An import must not be older than what is here: it would change nothing, and seem to have worked."""
    after = Q(valid_from__gt=on) | Q(valid_to__gt=on)
    codes = {row.code for row in rows}
    parents = {row.parent for row in rows if isinstance(row, UnitRow)}
    changed = set(Unit.objects.filter(after, code__in=codes | parents).values_list("code", flat=True))
    newer = changed | set(Boundary.objects.filter(after, unit__code__in=codes).values_list("unit__code", flat=True))
    for row in rows:
        message = _("%(code)s has changed here after that day.")
        if row.code in newer:
            problems.add(row.number, "code", message % {"code": row.code})
        elif isinstance(row, UnitRow) and row.parent in changed:
            problems.add(row.number, "parent", message % {"code": row.parent})


def _known(codes: Iterable[str]) -> dict[str, Known]:
    """The open units of these codes, and their parents, with their boundaries."""
    units = list(Unit.objects.filter(code__in=set(codes), valid_to=None).select_related("parent"))
    units += [unit.parent for unit in units if unit.parent is not None]
    rows = Boundary.objects.filter(unit__in=units, valid_to=None).values_list("unit_id", "geometry")
    shape_of = {unit_id: shapely.from_wkb(bytes(geometry)) for unit_id, geometry in rows}
    return {
        unit.code: Known(unit.level, unit.name, unit.parent.code if unit.parent else "", shape_of.get(unit.pk))
        for unit in units
    }


def _drawn_beside(codes: Sequence[str], on: date) -> list[BoundaryRow]:
    """The boundaries of the siblings of these units, as of a day. Derived ones do not count: what is drawn replaces them."""
    parents = Unit.objects.filter(code__in=codes, valid_to=None).values("parent")
    drawn = Boundary.objects.filter(unit__parent__in=parents, unit__valid_to=None, valid_to=None, derived=False)
    rows = drawn.filter(valid_from__lte=on).exclude(unit__code__in=codes).values_list("unit__code", "geometry")
    return [BoundaryRow(0, code, shapely.from_wkb(bytes(geometry))) for code, geometry in rows]


@dataclass(frozen=True, slots=True)
class ReadUnits:
    rows: list[UnitRow]
    problems: ImportProblems
    about: dict[int, str]


@dataclass(frozen=True, slots=True)
class ReadBoundaries:
    rows: list[BoundaryRow]
    problems: ImportProblems
    about: dict[int, str]


def read_units(data: bytes, filename: str, on: date, datum: str = rules.WGS84, say: Say = silent) -> ReadUnits:
    """The units of a table as they would be imported, and everything wrong with it. Raises `UnreadableTable`."""
    table = imports.read_units(data, filename, say)
    known = _known([row["code"] for row in table.rows] + [row["parent"] for row in table.rows])
    problems = ImportProblems()
    rows = imports.unit_rows(table, known, datum, problems, say)
    imports.check_points(rows, known, problems)
    _refuse_earlier(rows, on, problems)
    if not table.rows:
        problems.add(0, "", _("The table has a heading and no rows."))
    return ReadUnits(rows, problems, {row.number: f"{row['code']} {row['name']}" for row in table.rows})


def read_boundaries(
    data: bytes, filename: str, on: date, datum: str = rules.WGS84, say: Say = silent
) -> ReadBoundaries:
    """The boundaries of a file as they would be imported, and everything wrong with it. Raises `UnreadableTable`."""
    features = imports.read_features(data, filename, say)
    known = _known(code for feature in features if (code := imports.code_of(feature)))
    problems = ImportProblems()
    rows = imports.boundary_rows(features, known, datum, problems, say)
    beside = _drawn_beside([row.code for row in rows], on)
    known |= _known(row.code for row in beside)
    rows = imports.fit_into_parents(rows, known, problems, beside)
    _refuse_earlier(rows, on, problems)
    if not features:
        problems.add(0, "", _("The file has no boundaries."))
    about = {
        number: f"{code} {known[code].name}" if code in known else code
        for number, feature in enumerate(features, start=1)
        for code in [imports.code_of(feature)]
    }
    return ReadBoundaries(rows, problems, about)


@write
def import_units(
    *, data: bytes, filename: str, on: date, by: Actor, datum: str = rules.WGS84, say: Say = silent
) -> LoadReport:
    """Open or correct the units of a CSV or XLSX table, as of a day. Label points are checked against the parents.

    Raises `UnreadableTable`, or `ImportRefused` with every problem of every row.
    """
    read = read_units(data, filename, on, datum, say)
    read.problems.raise_if_any()
    return load(units=read.rows, boundaries=[], day=on, source=filename, by=by)


@write
def import_boundaries(
    *,
    data: bytes,
    filename: str,
    on: date,
    by: Actor,
    source: str = "",
    datum: str = rules.WGS84,
    say: Say = silent,
) -> LoadReport:
    """Set the boundaries of a file's features, found by their property `code`, from a day on.

    Each must lie in its parent's boundary and beside its siblings' (1 % is tolerated and clipped).
    Raises `UnreadableTable`, or `ImportRefused` with every problem of every feature.
    """
    read = read_boundaries(data, filename, on, datum, say)
    read.problems.raise_if_any()
    return load(units=[], boundaries=read.rows, day=on, source=source or filename, by=by)
