"""The three lists: imported as a whole or not at all, each version closing the one before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from linli.duties import queries, state
from linli.duties.actions import list_rows
from linli.duties.actions.list_rows import Context
from linli.duties.errors import NewerListInForce, VersionTaken
from linli.duties.models import Duty, DutyList, ListKind, ListRow, Priority, Task
from linli.duties.tables import one_line
from linli.foundation.access import Actor, Permission, acting_as
from linli.foundation.errors import InvalidInput
from linli.foundation.progress import Say, silent
from linli.foundation.tabular import ImportProblems, Table, read_table
from linli.territory import queries as territory

ROW_MODELS: dict[ListKind, type[Duty] | type[Task] | type[Priority]] = {
    ListKind.DUTY: Duty,
    ListKind.TASK: Task,
    ListKind.PRIORITY: Priority,
}
_READERS: dict[ListKind, Callable[[Table, Context], Sequence[ListRow]]] = {
    ListKind.DUTY: list_rows.duties,
    ListKind.TASK: list_rows.tasks,
    ListKind.PRIORITY: list_rows.priorities,
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or in a dry run would do. `closes` is the version that it ends, or empty.

    `untraced` counts tasks in force whose clause is in no duty list any more: they need a new task list.
    """

    list_id: UUID | None
    kind: str
    rows: int
    closes: str
    dry_run: bool
    untraced: int = 0


def import_list(
    *,
    kind: str,
    file: bytes | Path,
    filename: str,
    name: str,
    version: str,
    unit: UUID,
    valid_from: date,
    by: Actor,
    source: str = "",
    dry_run: bool = False,
    say: Say = silent,
) -> Imported:
    """Import a version of a list for a unit and what is below it, in force from a day; the version before it ends then.

    A duty list must name exactly one lead for every active minor class in every community of the unit (and in every unit
    without communities), counting the other lists in force.

    Raises `ImportRefused` with every problem of the table, `UnreadableTable`, `NotAllowed`,
    `NewerListInForce`, `VersionTaken`, `InvalidInput`. A dry run checks the same and changes nothing.
    """
    draft = drafted(
        kind=kind, filename=filename, name=name, version=version, unit=unit, valid_from=valid_from, by=by, source=source
    )
    table = table_of(draft, file, filename, say)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        previous = previous_of(draft)
        read = read_rows(draft, table, previous, say)
        read.problems.raise_if_any()
        if not dry_run:
            _apply(draft, read.rows, previous, by)
    closes = previous.version if previous else ""
    return Imported(None if dry_run else draft.id, draft.kind, len(read.rows), closes, dry_run, read.untraced)


def drafted(
    *, kind: str, filename: str, name: str, version: str, unit: UUID, valid_from: date, by: Actor, source: str = ""
) -> DutyList:
    """The heading of a list that is not there yet. Raises `NotAllowed`, `InvalidInput`."""
    by.require(Permission.EDIT_DUTIES, territory.unit(unit).path)
    if kind not in set(ListKind):
        raise InvalidInput(field="kind")
    return DutyList(
        kind=ListKind(kind),
        name=one_line(name, "name", 120),
        version=one_line(version, "version", 40),
        unit_id=unit,
        valid_from=valid_from,
        source=one_line(source or filename, "source", 200),
        imported_by=by.label[:120],
    )


def table_of(draft: DutyList, file: bytes | Path, filename: str, say: Say = silent) -> Table:
    """The rows of a file for this list. Raises `UnreadableTable`, `ImportRefused`."""
    required = list_rows.REQUIRED[ListKind(draft.kind)]
    return read_table(file, filename, required=required, aliases=list_rows.ALIASES, say=say)


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What a table says, what is wrong with it, and how many tasks it would leave without a clause."""

    rows: Sequence[ListRow]
    problems: ImportProblems
    untraced: int


def read_rows(draft: DutyList, table: Table, previous: DutyList | None, say: Say = silent) -> ReadRows:
    """The rows of a list, read against what it would stand beside once `previous` is closed."""
    kind, problems = ListKind(draft.kind), ImportProblems()
    # A list may begin in the past; what it must fit is the territory and the lists from today on.
    day = max(draft.valid_from, territory.day_of(None))
    context = Context(draft, territory.unit(draft.unit_id), day, previous, problems, say)
    rows = _READERS[kind](table, context)
    if not table.rows:
        problems.add(0, "", _("The table has a heading and no rows."))
    untraced = list_rows.untraced_tasks(rows, context) if kind is ListKind.DUTY and not problems else 0
    return ReadRows(rows, problems, untraced)


def end_list(*, duty_list: UUID, on: date, by: Actor) -> DutyList:
    """End a list without a next version: its unit was split and each part has a list of its own, say.

    From that day on its rows answer nothing. Raises `NotFound`, `NotAllowed`, `InvalidInput`.
    """
    found = queries.duty_list(duty_list)
    by.require(Permission.EDIT_DUTIES, tuple(found.unit.path))
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        ended = DutyList.objects.select_for_update().get(pk=duty_list)
        if on < ended.valid_from or (ended.valid_to is not None and ended.valid_to <= on):
            raise InvalidInput(field="on")
        _close(ended, on)
        state.record(ended, "ended", by=by)
        state.tell(ended.kind, str(ended.unit_id))
    return ended


def _close(listed: DutyList, on: date) -> None:
    listed.valid_to = on
    listed.save(update_fields=["valid_to"])
    rows = ROW_MODELS[ListKind(listed.kind)].objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), list=listed)
    # Rows that followed a closed unit may begin later than their list.
    rows.update(valid_to=Greatest(F("valid_from"), Value(on)))


def previous_of(draft: DutyList, *, same_version: bool = False) -> DutyList | None:
    """The version that this one would close. Raises where a newer one holds, or the version is there.

    `same_version`: a version that is there is answered with itself; whether it is the same list its rows will tell.
    """
    siblings = DutyList.objects.filter(kind=draft.kind, unit=draft.unit_id)
    there = siblings.filter(version=draft.version).first()
    if there is not None:
        if same_version and (there.name, there.valid_from, there.source) == (
            draft.name,
            draft.valid_from,
            draft.source,
        ):
            return there
        raise VersionTaken(field="version", version=draft.version)
    in_force = siblings.filter(Q(valid_to=None) | Q(valid_to__gt=F("valid_from")))
    newer = in_force.filter(valid_from__gt=draft.valid_from).first()
    if newer is not None:
        raise NewerListInForce(field="valid_from", version=newer.version, valid_from=newer.valid_from.isoformat())
    return in_force.filter(Q(valid_to=None) | Q(valid_to__gt=draft.valid_from)).first()


def _apply(draft: DutyList, rows: Sequence[ListRow], previous: DutyList | None, by: Actor) -> None:
    model = ROW_MODELS[ListKind(draft.kind)]
    if previous is not None:
        # Closed first: the database allows no day with two lists, nor with two leads.
        _close(previous, draft.valid_from)
        state.record(previous, "closed", by=by, data={"by_version": draft.version})
    draft.save(force_insert=True)
    bulk_create: Callable[..., Any] = model.objects.bulk_create
    bulk_create(rows, batch_size=2000)
    state.record(draft, "imported", by=by, data={"rows": len(rows), "source": draft.source})
    state.tell(draft.kind, str(draft.unit_id))
