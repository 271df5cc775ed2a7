"""The fate of each row of an imported register or boundary file, for the console's dry run: this room's importers, asked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from linli.foundation import imports
from linli.foundation.imports import Examined, Importer, RowFate, Upload
from linli.foundation.models import Fate
from linli.foundation.tabular import ImportRefused
from linli.territory import shapes
from linli.territory.actions import importing, loading
from linli.territory.actions.common import alone
from linli.territory.imports import ALIASES, BoundaryRow, UnitRow
from linli.territory.models import Boundary, Kind, Level, Unit

UNITS, BOUNDARIES = "territory.units", "territory.boundaries"


def register() -> None:
    imports.register(Importer(UNITS, gettext_lazy("units of the territory"), examine_units, apply_units, alone))
    imports.register(Importer(BOUNDARIES, gettext_lazy("boundaries"), examine_boundaries, apply_boundaries, alone))


def _asked(upload: Upload) -> tuple[date, str]:
    return date.fromisoformat(upload.asked["on"]), upload.asked["datum"]


def examine_units(upload: Upload) -> Examined:
    """Raises `UnreadableTable`."""
    on, datum = _asked(upload)
    try:
        read = importing.read_units(upload.data, upload.filename, on, datum, upload.say)
    except ImportRefused as refusal:
        return Examined(imports.wrong_rows(refusal.problems, {}, ALIASES))
    present = {unit.code: unit for unit in loading.present_units(read.rows, []).select_related("parent")}
    wrong, good = _sorted_out(read, upload, list(read.rows), [], present)
    fates = list(wrong)
    for position, row in enumerate(good, start=1):
        upload.say(_("Comparing with the territory"), position, len(good))
        assert isinstance(row, UnitRow)
        fates.append(_unit_fate(row, present.get(row.code)))
    return _examined(fates)


def _sorted_out(
    read: importing.ReadUnits | importing.ReadBoundaries,
    upload: Upload,
    units: Sequence[UnitRow],
    boundaries: Sequence[BoundaryRow],
    present: Mapping[str, Unit],
) -> tuple[list[RowFate], list[UnitRow | BoundaryRow]]:
    """What is wrong, told by row, and the rows that are not; those where the actor may not edit are wrong too."""
    problems = read.problems
    wrong_already = {problem.row for problem in problems}
    rows: list[UnitRow | BoundaryRow] = [*units, *boundaries]
    # A new unit may lie in one whose row is wrong: that row is told, not this one.
    known = [row for row in units if row.code in present or row.parent in present or not row.parent]
    for row in loading.refused_rows(upload.by, known, boundaries, present):
        problems.add(row.number, "code", _("your post does not allow changes there."))
    wrong = imports.wrong_rows(list(problems), read.about, ALIASES)
    spoilt = {fate.number for fate in wrong} | wrong_already
    return wrong, [row for row in rows if row.number not in spoilt]


def _examined(fates: list[RowFate]) -> Examined:
    fates.sort(key=lambda fate: fate.number)
    return Examined(fates, applied=all(fate.fate is Fate.SAME for fate in fates))


def _unit_fate(row: UnitRow, unit: Unit | None) -> RowFate:
    about = f"{row.code} {row.name}"
    if unit is None:
        return RowFate(row.number, Fate.NEW, about)
    changes = [_change(name, old, new) for name, (old, new) in loading.differences(row, unit).items()]
    above = unit.parent.code if unit.parent else ""
    if above != row.parent:
        changes.append(_change("parent", above, row.parent))
    return RowFate(row.number, Fate.CHANGED if changes else Fate.SAME, about, tuple(changes))


def _change(name: str, old: Any, new: Any) -> tuple[str, str, str]:
    return (change_name(name), change_value(name, old), change_value(name, new))


def change_name(name: str) -> str:
    """A field of a unit, in the reader's language."""
    names = {
        "name": _("Chinese name"),
        "name_en": _("English name"),
        "kind": _("Kind"),
        "parent": pgettext("of a unit", "Above it"),
        "managed_population": _("People"),
        "lon": _("Longitude"),
        "lat": _("Latitude"),
        "level": _("Level"),
        "code": _("Code"),
        "area": _("Area"),
    }
    return names.get(name, name)


def change_value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name in {"kind", "level"}:
        return str(dict(Kind.choices if name == "kind" else Level.choices).get(value, value))
    if name == "area":
        return in_square_kilometres(value)
    if name == "managed_population":
        return f"{value:,}"
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def apply_units(upload: Upload) -> str:
    on, datum = _asked(upload)
    importing.import_units(data=upload.data, filename=upload.filename, on=on, datum=datum, by=upload.by, say=upload.say)
    return _where(upload)


def examine_boundaries(upload: Upload) -> Examined:
    """Raises `UnreadableTable`."""
    on, datum = _asked(upload)
    try:
        read = importing.read_boundaries(upload.data, upload.filename, on, datum, upload.say)
    except ImportRefused as refusal:
        return Examined(imports.wrong_rows(refusal.problems, {}, ALIASES))
    present = {unit.code: unit for unit in loading.present_units([], read.rows)}
    wrong, good = _sorted_out(read, upload, [], read.rows, present)
    drawn = {
        boundary.unit_id: boundary
        for boundary in Boundary.objects.filter(unit__in=list(present.values()), valid_to=None)
    }
    fates = list(wrong)
    for position, row in enumerate(good, start=1):
        upload.say(_("Comparing with the territory"), position, len(good))
        assert isinstance(row, BoundaryRow)
        fates.append(_boundary_fate(row, present[row.code], drawn.get(present[row.code].pk)))
    return _examined(fates)


def _boundary_fate(row: BoundaryRow, unit: Unit, drawn: Boundary | None) -> RowFate:
    about = f"{unit.code} {unit.name}"
    if drawn is None:
        return RowFate(row.number, Fate.NEW, about)
    if bytes(drawn.geometry) == shapely.to_wkb(row.shape) and not drawn.derived:
        return RowFate(row.number, Fate.SAME, about)
    old = shapely.from_wkb(bytes(drawn.geometry))
    changes = [(_("Area"), _area(old), _area(row.shape))]
    if drawn.derived:
        changes.append((_("Boundary"), _("derived, not official"), _("drawn")))
    return RowFate(row.number, Fate.CHANGED, about, tuple(changes))


def _area(shape: Any) -> str:
    return in_square_kilometres(shapes.area_m2(shape))


def in_square_kilometres(square_metres: float) -> str:
    return f"{square_metres / 1_000_000:,.3f} km²"


def apply_boundaries(upload: Upload) -> str:
    on, datum = _asked(upload)
    importing.import_boundaries(
        data=upload.data,
        filename=upload.filename,
        on=on,
        datum=datum,
        source=upload.asked["source"],
        by=upload.by,
        say=upload.say,
    )
    return _where(upload)


def _where(upload: Upload) -> str:
    return f"/territory/?unit={upload.asked['unit']}"
