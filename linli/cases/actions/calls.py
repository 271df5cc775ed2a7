"""Calls that end with the call: a question answered at once, and a matter that another case is about already.

Both make the caller's own case first, so that every call has its number, its text and its outcome. All in one transaction: where
the second half is refused, nothing was collected.
"""

from uuid import UUID

from django.db import transaction

from linli.cases.actions import changes
from linli.cases.actions.collecting import Collected, collect
from linli.cases.rules import Report
from linli.foundation.access import Actor
from linli.foundation.idempotency import Once


def collect_answered(*, report: Report, answer: str, by: Actor, key: Once | None = None) -> Collected:
    """A question and the answer that the caller was given. Raises NotAQuestion for anything else."""
    with transaction.atomic():
        collected = collect(report=report, by=by, key=key)
        if not collected.repeated:
            changes.answer(cases=[collected.case.id], by=by, note=answer)
    return collected


def collect_joined(*, report: Report, into: UUID, by: Actor, key: Once | None = None) -> Collected:
    """One more report of a matter that is open: it goes on as part of that case, and its caller hears the outcome."""
    with transaction.atomic():
        collected = collect(report=report, by=by, key=key)
        if not collected.repeated:
            changes.merge(cases=[collected.case.id], into=into, by=by)
    return collected
