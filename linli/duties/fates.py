"""The fate of each row of an imported table, for the console's dry run (`foundation/imports.py`): this room's importers, asked.

A row of a list is compared with the row of the version before that stands in its place, as the list's page would show both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.duties import queries, shown, state, tables
from linli.duties.actions import catalogue, lists
from linli.duties.actions.list_rows import REQUIRED
from linli.duties.models import Duty, DutyList, DutyRole, ListKind, ListRow
from linli.foundation import imports
from linli.foundation.imports import Examined, Importer, RowFate, Upload
from linli.foundation.models import Fate
from linli.foundation.tabular import ImportRefused, Table

LISTS, CLASSES = "duties.list", "duties.classes"
Shown = dict[str, str]


def register() -> None:
    imports.register(Importer(LISTS, gettext_lazy("a list"), examine_list, apply_list, state.one_at_a_time))
    imports.register(
        Importer(CLASSES, gettext_lazy("classes and limits"), examine_classes, apply_classes, state.one_at_a_time)
    )


# --- the three lists -------------------------------------------------------------------------------------------------


def _heading(upload: Upload) -> dict[str, Any]:
    asked = upload.asked
    return {
        "kind": asked["kind"],
        "name": asked["name"],
        "version": asked["version"],
        "unit": UUID(asked["unit"]),
        "valid_from": date.fromisoformat(asked["valid_from"]),
        "source": asked["source"],
        "filename": upload.filename,
        "by": upload.by,
    }


def examine_list(upload: Upload) -> Examined:
    """Raises `UnreadableTable`, `NotAllowed`, `VersionTaken`, `NewerListInForce`, `InvalidInput`."""
    draft = lists.drafted(**_heading(upload))
    try:
        table = lists.table_of(draft, upload.data, upload.filename, upload.say)
    except ImportRefused as refusal:
        return Examined(imports.wrong_rows(refusal.problems, {}, tables.ALIASES))
    previous = lists.previous_of(draft, same_version=True)
    same_version = previous is not None and previous.version == draft.version
    read = lists.read_rows(draft, table, previous, upload.say)
    wrong = imports.wrong_rows(list(read.problems), _about_cells(table, draft.kind), tables.ALIASES)
    spoilt = {fate.number for fate in wrong}
    good = [row for row in read.rows if row.row_number not in spoilt]
    fates = sorted([*wrong, *_compared(good, previous, draft, upload, gone=not wrong)], key=lambda fate: fate.number)
    unchanged = all(fate.fate is Fate.SAME for fate in fates)
    if same_version and not unchanged and not wrong:
        # The version was imported with other rows: a correction is a version of its own.
        lists.previous_of(draft)
    notes = [shown.untraced(read.untraced)] if read.untraced else []
    if previous is not None and not same_version and not wrong:
        ends = {"version": previous.version, "day": draft.valid_from.isoformat()}
        notes.insert(0, _("Version %(version)s ends on %(day)s, when this one begins.") % ends)
    return Examined(fates, notes, applied=same_version and unchanged)


def apply_list(upload: Upload) -> str:
    done = lists.import_list(file=upload.data, say=upload.say, **_heading(upload))
    return reverse("duties_list", args=[done.list_id])


def _about_cells(table: Table, kind: str) -> dict[int, str]:
    """What a row says that cannot be read: its own words."""
    names = [name for name in REQUIRED[ListKind(kind)] if name not in {"number", "clause"}]
    return {row.number: " · ".join(row[name] for name in names if row[name]) for row in table.rows}


def _compared(
    rows: Sequence[ListRow], previous: DutyList | None, draft: DutyList, upload: Upload, *, gone: bool
) -> Iterable[RowFate]:
    """Each row beside the one that it replaces; `gone`: and those that nothing replaces."""
    before = {_place(row): row for row in queries.rows_in_force(previous, draft.valid_from)} if previous else {}
    columns = shown.columns(draft.kind)
    for position, row in enumerate(rows, start=1):
        upload.say(_("Comparing with what is in force"), position, len(rows))
        old = before.pop(_place(row), None)
        now = shown.in_words(row)
        changes = _changes(shown.in_words(old), now) if old is not None else ()
        fate = Fate.NEW if old is None else Fate.CHANGED if changes else Fate.SAME
        yield RowFate(row.row_number, fate, _about(now, columns), changes)
    if gone:
        for old in before.values():
            yield RowFate(0, Fate.GONE, _about(shown.in_words(old), columns))


def _place(row: ListRow) -> tuple[Any, ...]:
    """What a row is about: two rows of one place, in two versions, are the same row changed."""
    if isinstance(row, Duty):
        return (row.case_class_id, row.unit_id, "" if row.role == DutyRole.LEAD else row.body_id)
    return (row.number, row.unit_id)


def _about(cells: Shown, columns: Sequence[str]) -> str:
    """Number, and what it is about: unit, then class or body, then body, task or matter."""
    return " · ".join(cells[column] for column in (columns[0], columns[2], columns[3], columns[4]))


def _changes(old: Shown, new: Shown) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, old[name], new[name]) for name in new if old[name] != new[name])


# --- the catalogue ---------------------------------------------------------------------------------------------------


def examine_classes(upload: Upload) -> Examined:
    """Raises `UnreadableTable`, `NotAllowed`."""
    try:
        read = catalogue.read_classes(upload.data, upload.filename, by=upload.by, say=upload.say)
    except ImportRefused as refusal:
        return Examined(imports.wrong_rows(refusal.problems, {}, tables.ALIASES))
    wrong = imports.wrong_rows(list(read.problems), read.about, tables.ALIASES)
    spoilt = {fate.number for fate in wrong}
    fates = list(wrong)
    good = [(code, draft) for code, draft in read.drafts.items() if draft.row_number not in spoilt]
    for position, (code, draft) in enumerate(good, start=1):
        upload.say(_("Comparing with what is in force"), position, len(good))
        changes = _class_changes(read.differences(code, draft)) if code in read.existing else ()
        fate = Fate.NEW if code not in read.existing else Fate.CHANGED if changes else Fate.SAME
        fates.append(RowFate(draft.row_number, fate, f"{code} {draft.fields['name']}", changes))
    fates.sort(key=lambda fate: fate.number)
    return Examined(fates, applied=all(fate.fate is Fate.SAME for fate in fates))


def apply_classes(upload: Upload) -> str:
    reason = upload.asked["reason"]
    catalogue.import_classes(file=upload.data, filename=upload.filename, by=upload.by, reason=reason, say=upload.say)
    return reverse("duties_classes")


def _class_changes(differences: Mapping[str, tuple[Any, Any]]) -> tuple[tuple[str, str, str], ...]:
    return tuple(shown.changes_in_words(catalogue.changes_of(differences)))
