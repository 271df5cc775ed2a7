"""One row of a duty list, changed from a day on: the old row ends and stays, its successor follows in the same list."""

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from linli.duties import state
from linli.duties.models import Duty, DutyList
from linli.duties.queries import case_class
from linli.duties.tables import one_line
from linli.foundation.access import Actor, Permission, acting_as
from linli.foundation.errors import DomainError, InvalidInput, NotFound, Stale
from linli.foundation.ids import uuid7
from linli.people import queries as people


class DutyTaken(DomainError):
    code = "duty_taken"
    status = 409
    message = _("This body, or another lead, has this class in this unit already on that day.")


def change_duty(
    *, duty: UUID, body: UUID | None, clause: str, on: date, by: Actor, reason: str, note: str = ""
) -> Duty | None:
    """Let another body, clause or note hold from a day on; without a body the row ends. Returns the row that follows.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Stale` where the row has ended or nothing would change, `DutyTaken`.
    """
    seen = Duty.objects.select_related("unit").filter(pk=duty).first()
    if seen is None:
        raise NotFound
    by.require(Permission.EDIT_DUTIES, tuple(seen.unit.path))
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
            if on < held.valid_from:
                raise InvalidInput(field="on")
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
