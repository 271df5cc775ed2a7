"""A case's timeline: what an entry digests of the case, and how a step is chained to the case's head."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import models

from linli.cases.lifecycle import CHANGES, By
from linli.cases.models import Attachment, Case, CaseContact, CaseText, CoHandler, Evaluation, Support
from linli.foundation import audit
from linli.foundation.access import ANONYMOUS, Actor
from linli.foundation.models import Entry

SUBJECT = "case"
# What people do as the reporter of a case, whatever post they may hold.
_BY_REPORTER = {"collect", *(change.name for change in CHANGES.values() if By.REPORTER in change.by)}
# The chain's own end is not part of what it digests, nor is what the database works out from the rest.
_DIGESTED = [
    field.attname
    for field in Case._meta.concrete_fields
    if field.name not in {"entries", "head"} and not getattr(field, "generated", False)
]

_values = attrgetter(*_DIGESTED)


def state_of(case: Case) -> dict[str, Any]:
    """Every stored value of the case, as its timeline digests it."""
    return dict(zip(_DIGESTED, _values(case), strict=True))


# What lies beside the row and belongs to the case: each row of these leaves its mark in `Case.parts`.
PARTS: dict[type[models.Model], tuple[str, ...]] = {
    CaseText: ("title", "description", "address"),
    CaseContact: ("name", "phone"),
    Attachment: ("id", "file_id", "step", "cycle"),
    CoHandler: ("id", "body_id", "asked_for", "signed_at", "signed_note"),
    Evaluation: ("id", "cycle", "body_id", "solved", "stars", "comment"),
    Support: ("id", "person_id"),
}


def mark(case: Case, row: models.Model) -> None:
    """Put a part's tag into the case's mark, or, a second time, take it out again.

    Tags are keyed (HMAC) and joined by exclusive or, so the mark says which parts there are, in any order, and nobody without the
    key can find other parts with the same mark.
    """
    case.parts = _join(bytes(case.parts), _tag(row))


def _tag(row: models.Model) -> bytes:
    content = {name: getattr(row, name) for name in PARTS[type(row)]}
    return audit.keyed_digest({"model": type(row).__name__, "case": row.case_id, **content})  # type: ignore[attr-defined]


def _join(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(32)


def states_of(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """The present state of cases as their timelines digest it, with the mark made anew from the parts that are there."""
    marks: dict[UUID, bytes] = {}
    for model in PARTS:
        for row in model._default_manager.filter(case__in=ids):
            marks[row.case_id] = _join(marks.get(row.case_id, bytes(32)), _tag(row))  # type: ignore[attr-defined]
    cases = Case.objects.filter(pk__in=ids)
    return {case.id: {**state_of(case), "parts": marks.get(case.id, bytes(32))} for case in cases}


def heads_of(ids: Sequence[UUID]) -> dict[UUID, audit.Head]:
    """The end of each case's chain as its row carries it."""
    rows = Case.objects.filter(pk__in=ids).values_list("pk", "entries", "head")
    return {case_id: audit.Head(entries, bytes(head)) for case_id, entries, head in rows}


def step(
    case: Case, action: str, by: Actor, at: datetime, *, note: str = "", data: Mapping[str, Any] | None = None
) -> Entry:
    """The entry for what has just been done to `case`; moves the case's head onto it. Not yet stored."""
    if case.anonymous and action in _BY_REPORTER and by.id is not None and by.id == case.reporter_id:
        # A post's name would tell who stays unknown: a community may have one grid worker.
        by = ANONYMOUS
    entry = audit.entry_of(
        audit.Step(
            subject_type=SUBJECT,
            subject_id=case.id,
            action=action,
            by=by,
            head=audit.Head(case.entries, bytes(case.head)),
            state=state_of(case),
            note=note,
            data=data or {},
            at=at,
        )
    )
    case.entries, case.head = entry.seq, entry.hash
    return entry
