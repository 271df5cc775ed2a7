"""What of a subject the timeline digests, and the writing of its entries."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from linli.duties import events, queries
from linli.duties.models import CaseClass, ClassVersion, DutyList, SpecialDay, StageLimit
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.models import Entry

Subject = DutyList | CaseClass | SpecialDay | StageLimit


def list_state(duty_list: DutyList) -> dict[str, Any]:
    """The list's heading; its rows are held by its id and never change but for their end, which is the list's."""
    return {
        "kind": str(duty_list.kind),
        "name": duty_list.name,
        "version": duty_list.version,
        "unit": duty_list.unit_id,
        "valid_from": duty_list.valid_from,
        "valid_to": duty_list.valid_to,
    }


def class_state(case_class: CaseClass, version: ClassVersion | None) -> dict[str, Any]:
    """The class, and the limits that hold after the step."""
    limits = version and [
        version.id,
        version.valid_from,
        version.limit_amount,
        version.limit_kind,
        version.response_amount,
        version.response_kind,
        version.proof_required,
    ]
    return {"code": case_class.code, "name": case_class.name, "active": case_class.active, "limits": limits}


def day_state(day: SpecialDay) -> dict[str, Any]:
    return {"day": day.day, "hours": day.hours, "reason": day.reason}


def stage_state(limit: StageLimit) -> dict[str, Any]:
    return {
        "stage": str(limit.stage),
        "limit": [limit.limit_amount, limit.limit_kind],
        "valid_from": limit.valid_from,
        "valid_to": limit.valid_to,
    }


def state_of(subject: Subject) -> dict[str, Any]:
    if isinstance(subject, DutyList):
        return list_state(subject)
    if isinstance(subject, CaseClass):
        return class_state(subject, subject.versions.filter(valid_to=None).first())
    return stage_state(subject) if isinstance(subject, StageLimit) else day_state(subject)


def record(subject: Subject, action: str, *, by: Actor, note: str = "", data: Mapping[str, Any] | None = None) -> None:
    """One entry on the subject's timeline. Needs a transaction that holds the subject's row."""
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=type(subject).__name__.lower(),
            subject_id=subject.id,
            action=action,
            by=by,
            state=state_of(subject),
            note=note,
            data=data,
        )


def record_new(rows: Sequence[tuple[CaseClass, ClassVersion | None]], *, by: Actor, note: str = "") -> None:
    """The first entry of many new classes, in one statement."""
    steps = [
        audit.Step("caseclass", row.id, "added", by, audit.Head(), class_state(row, version), note)
        for row, version in rows
    ]
    Entry.objects.bulk_create([audit.entry_of(step) for step in steps])


def one_at_a_time() -> None:
    """Imports wait for each other, so that each is checked against what the one before it has left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('linli.duties'))")


def tell(what: str, unit: str = "") -> None:
    """Tell every process that duties changed; this one drops its cache at once, and again when others can see it."""
    events.duties_changed(what, unit)
    queries.forget()
    transaction.on_commit(queries.forget)
