"""The rows of a list one by one, from a day on: one is added, or ends and stays; what follows a changed one stands in the same list."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from linli.duties import state
from linli.duties.actions import list_rows
from linli.duties.actions.list_rows import Context
from linli.duties.actions.lists import ROW_MODELS
from linli.duties.errors import NothingChanges, TooEarly, WrongRow
from linli.duties.models import Duty, DutyList, ListKind, Priority, Task
from linli.duties.queries import case_class, list_row
from linli.duties.queries import duty_list as found_list
from linli.duties.tables import one_line
from linli.foundation.access import Actor, Permission, acting_as
from linli.foundation.errors import DomainError, InvalidInput, NotFound, Stale
from linli.foundation.ids import uuid7
from linli.foundation.tabular import ImportProblems, Row
from linli.people import queries as people
from linli.territory import queries as territory


class DutyTaken(DomainError):
    code = "duty_taken"
    status = 409
    message = _("This body, or another lead, has this class in this unit already on that day.")


def require_list(row: Duty | Task | Priority, by: Actor) -> None:
    """A row is changed by who may change its list, which may be a unit's above the row's. Raises `NotAllowed`."""
    by.require(Permission.EDIT_DUTIES, tuple(row.list.unit.path))


def check_day(on: date, held: Duty | Task | Priority | DutyList) -> None:
    """One by one, rows change from today on at the earliest: what held until now stays. Only a list's import reaches back.

    Raises `TooEarly`.
    """
    first = max(territory.day_of(None), held.valid_from)
    if on < first:
        raise TooEarly(field="on", first=first.isoformat())


def read_row(*, duty_list: UUID, cells: Mapping[str, str], on: date, by: Actor) -> Duty | Task | Priority:
    """The row that these cells say, as a table's would be read, not saved. It holds from a day on.

    Raises `NotFound`, `NotAllowed`, `Stale` where the list has ended, `TooEarly`, `InvalidInput`, `WrongRow`.
    """
    listed = found_list(duty_list)
    by.require(Permission.EDIT_DUTIES, tuple(listed.unit.path))
    if listed.valid_to is not None:
        raise Stale
    check_day(on, listed)
    problems = ImportProblems()
    context = Context(listed, territory.unit(listed.unit_id), on, None, problems)
    row = list_rows.one_more(Row(0, cells), context)
    for problem in problems:
        raise WrongRow(field=problem.column, problem=problem.message)
    assert isinstance(row, Duty | Task | Priority), "what is not read is told as a problem"
    return row


def add_row(*, duty_list: UUID, cells: Mapping[str, str], on: date, by: Actor, reason: str) -> Duty | Task | Priority:
    """One more row of a list from a day on. Raises what `read_row` does, and `DutyTaken`."""
    reason = one_line(reason, "reason", 500)
    try:
        with transaction.atomic(), acting_as(by):
            state.one_at_a_time()
            row = read_row(duty_list=duty_list, cells=cells, on=on, by=by)
            listed = DutyList.objects.select_for_update().get(pk=duty_list)
            last = ROW_MODELS[ListKind(listed.kind)].objects.filter(list=listed).aggregate(last=Max("row_number"))
            row.row_number = (last["last"] or 0) + 1
            row.save(force_insert=True)
            told = ("class", "unit", "body", "clause", "item")
            changes = {name: ["", cells[name]] for name in told if cells.get(name)}
            data = {"row": row.number, "on": on.isoformat(), "changes": changes}
            state.record(listed, "row_added", by=by, note=reason, data=data)
            state.tell(listed.kind, str(row.unit_id))
    except IntegrityError as error:
        raise DutyTaken(field="body") from error
    return row


def end_row(*, row: UUID, on: date, by: Actor, reason: str) -> None:
    """Let a task or a priority hold no longer from a day on. Raises `NotFound`, `NotAllowed`, `InvalidInput`, `TooEarly`, `Stale`."""
    seen = list_row(row)
    require_list(seen, by)
    reason = one_line(reason, "reason", 500)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        table: Any = type(seen)
        held = table.objects.select_for_update().get(pk=row)
        listed = DutyList.objects.select_for_update().get(pk=held.list_id)
        if held.valid_to is not None or listed.valid_to is not None:
            raise Stale
        check_day(on, held)
        held.valid_to = on
        held.save(update_fields=["valid_to"])
        data = {"row": held.number, "on": on.isoformat(), "changes": {"item": [held.item, ""]}}
        state.record(listed, "row_ended", by=by, note=reason, data=data)
        state.tell(listed.kind, str(held.unit_id))


def read_change(*, row: UUID, cells: Mapping[str, str], on: date, by: Actor) -> Task | Priority:
    """What a task or a priority is to say from a day on, as a table's row would be read, not saved. Number and unit stay.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` (also where nothing would change), `TooEarly`, `WrongRow`, and `Stale` where row or list
    has ended.
    """
    held = list_row(row)
    require_list(held, by)
    if isinstance(held, Duty):
        raise InvalidInput(field="row")
    if held.valid_to is not None or held.list.valid_to is not None:
        raise Stale
    check_day(on, held)
    problems = ImportProblems()
    context = Context(held.list, territory.unit(held.list.unit_id), on, None, problems)
    following = list_rows.in_its_place(Row(0, {**cells, "number": held.number, "unit": held.unit.code}), context)
    for problem in problems:
        raise WrongRow(field=problem.column, problem=problem.message)
    assert isinstance(following, Task | Priority), "what is not read is told as a problem"
    if said(following) == said(held):
        raise NothingChanges(field="clause")
    return following


def change_row(*, row: UUID, cells: Mapping[str, str], on: date, by: Actor, reason: str) -> Task | Priority:
    """Let a task or a priority say something else from a day on; the old row stays until then. Raises what `read_change` does."""
    reason = one_line(reason, "reason", 500)
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        following = read_change(row=row, cells=cells, on=on, by=by)
        table: Any = type(following)
        held = table.objects.select_for_update().get(pk=row)
        listed = DutyList.objects.select_for_update().get(pk=held.list_id)
        held.valid_to = on
        held.save(update_fields=["valid_to"])
        following.row_number = held.row_number
        following.save(force_insert=True)
        old, new = said(held), said(following)
        changes = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
        data = {"row": held.number, "unit": str(held.unit_id), "on": on.isoformat(), "changes": changes}
        state.record(listed, "row_changed", by=by, note=reason, data=data)
        state.tell(listed.kind, str(held.unit_id))
    return following


def said(row: Task | Priority) -> dict[str, str]:
    """What a row says, by the columns of a table: what may change of it."""
    common = {"clause": row.clause, "item": row.item, "item_en": row.item_en, "note": row.note}
    if isinstance(row, Task):
        return common | {"body": people.body(row.body_id).code, "frequency": row.frequency}
    return common | {
        "class": case_class(row.case_class_id).code,
        "season_from": row.season_from,
        "season_to": row.season_to,
    }


def change_duty(
    *, duty: UUID, body: UUID | None, clause: str, on: date, by: Actor, reason: str, note: str = ""
) -> Duty | None:
    """Let another body, clause or note hold from a day on; without a body the row ends. Returns the row that follows.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` (also where nothing would change), `TooEarly`, `Stale` where the row has ended,
    `DutyTaken`.
    """
    seen = Duty.objects.select_related("list__unit").filter(pk=duty).first()
    if seen is None:
        raise NotFound
    require_list(seen, by)
    reason = one_line(reason, "reason", 500)
    clause = one_line(clause, "clause", 200) if body else ""
    note = one_line(note, "note", 500) if note.strip() else ""
    new_body = people.body(body) if body else None
    try:
        with transaction.atomic(), acting_as(by):
            state.one_at_a_time()
            held = Duty.objects.select_for_update().get(pk=duty)
            listed = DutyList.objects.select_for_update().get(pk=held.list_id)
            if (held.valid_to is not None and held.valid_to <= on) or listed.valid_to not in (None, held.valid_to):
                raise Stale
            check_day(on, held)
            if (held.body_id, held.clause, held.note) == (body, clause, note):
                raise InvalidInput(field="body")
            end, held.valid_to = held.valid_to, on
            held.save(update_fields=["valid_to"])
            following = _successor(held, body, clause, note, on, end) if body else None
            old_code = people.body(held.body_id).code
            data = {
                "row": held.number,
                "class": case_class(held.case_class_id).code,
                "unit": str(held.unit_id),
                "on": on.isoformat(),
                "changes": {
                    name: [before, after]
                    for name, before, after in (
                        ("body", old_code, new_body.code if new_body else ""),
                        ("clause", held.clause, clause),
                        ("note", held.note, note if body else ""),
                    )
                    if before != after
                },
            }
            state.record(listed, "row_changed" if body else "row_ended", by=by, note=reason, data=data)
            state.tell(listed.kind, str(held.unit_id))
    except IntegrityError as error:
        raise DutyTaken(field="body") from error
    return following


def _successor(held: Duty, body: UUID, clause: str, note: str, on: date, end: date | None) -> Duty:
    following = Duty(
        id=uuid7(),
        list_id=held.list_id,
        number=held.number,
        clause=clause,
        case_class_id=held.case_class_id,
        unit_id=held.unit_id,
        body_id=body,
        role=held.role,
        note=note,
        row_number=held.row_number,
        valid_from=on,
        valid_to=end,
    )
    following.save(force_insert=True)
    return following
