"""When a unit is closed, what the lists say of it goes on in its place: nobody loses a duty by a redrawn map."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from linli.duties import state
from linli.duties.actions.lists import ROW_MODELS
from linli.duties.models import DutyList, ListRow
from linli.foundation.access import Actor, acting_as
from linli.foundation.ids import uuid7
from linli.territory import queries as territory


def follow_territory(*, closed: Sequence[UUID], by: Actor) -> int:
    """Let the rows of closed units go on in their successors. Returns how many rows; a second call finds none.

    A row of a unit that was split goes on in each part. Where units with different leads merged, the lead of the unit
    that comes first in `closed` goes on, and the list's timeline names the rows that ended.
    """
    followed = 0
    for unit_id in closed:
        day = territory.unit(unit_id).valid_to
        successors = [unit.id for unit in territory.successors(unit_id, day) if unit.id != unit_id] if day else []
        if day is None or not successors:
            continue
        with transaction.atomic(), acting_as(by):
            state.one_at_a_time()
            rows = sum(_follow(model, unit_id, successors, day, by) for model in ROW_MODELS.values())
            _move_lists(unit_id, successors, by)
            if rows:
                state.tell("territory", str(unit_id))
        followed += rows
    return followed


def _follow(model: type[ListRow], unit_id: UUID, successors: Sequence[UUID], day: date, by: Actor) -> int:
    table: Any = model._default_manager
    still = Q(valid_to=None) | Q(valid_to__gt=day)
    rows = list(table.select_related("list").filter(still, unit=unit_id).order_by("list", "row_number"))
    if not rows:
        return 0
    copies = [(row, _copy(row, unit, max(day, row.valid_from))) for row in rows for unit in successors]
    for row in rows:
        row.valid_to = max(day, row.valid_from)
    table.bulk_update(rows, ["valid_to"], batch_size=2000)
    # The database refuses a second lead, so whoever went there first stays.
    table.bulk_create([copy for _row, copy in copies], batch_size=2000, ignore_conflicts=True)
    went = set(table.filter(unit__in=successors).values_list("pk", flat=True))
    for duty_list in {row.list for row in rows}:
        ended = [
            f"{row.number} {row.clause}" for row, copy in copies if row.list_id == duty_list.id and copy.pk not in went
        ]
        state.record(duty_list, "followed", by=by, data={"unit": str(unit_id), "ended": ended})
    return len(rows)


def _copy(row: ListRow, unit_id: UUID, since: date) -> ListRow:
    """The same row for another unit, from a day to its own end."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**values | {"id": uuid7(), "unit_id": unit_id, "valid_from": since})


def _move_lists(unit_id: UUID, successors: Sequence[UUID], by: Actor) -> None:
    """A list whose unit lives on as one unit is from now on that unit's, unless that one has a list of its own."""
    if len(successors) > 1:
        return
    for duty_list in DutyList.objects.filter(unit=unit_id, valid_to=None):
        if DutyList.objects.filter(unit=successors[0], kind=duty_list.kind).exists():
            continue
        duty_list.unit_id = successors[0]
        duty_list.save(update_fields=["unit"])
        state.record(duty_list, "moved", by=by, data={"from": str(unit_id)})
