"""What ends with a call: a question answered at once, a matter that another case is about already, a rating by phone.

The first two make the caller's own case first, so that every call has its number, its text and its outcome. All in one transaction: where
the second half is refused, nothing was done.
"""

from uuid import UUID

from django.db import transaction

from linli.cases.actions import changes
from linli.cases.actions.collecting import Collected, collect
from linli.cases.models import State
from linli.cases.rules import Report
from linli.foundation.access import Actor
from linli.foundation.idempotency import Once


def collect_answered(*, report: Report, answer: str, by: Actor, key: Once | None = None) -> Collected:
    """A question and the answer that the caller was given. Raises NotAQuestion for anything else."""
    with transaction.atomic():
        collected = collect(report=report, by=by, key=key)
        if not collected.repeated:
            changes.answer_call(cases=[collected.case.id], by=by, note=answer)
    return collected


def collect_joined(*, report: Report, into: UUID, by: Actor, key: Once | None = None) -> Collected:
    """One more report of a matter that is open: it goes on as part of that case, and its caller hears the outcome."""
    with transaction.atomic():
        collected = collect(report=report, by=by, key=key)
        if not collected.repeated:
            changes.merge(cases=[collected.case.id], into=into, by=by)
    return collected


def rate_by_phone(
    *,
    case: UUID,
    solved: bool,
    stars: int,
    comment: str,
    reopen: bool,
    by: Actor,
    version: int,
    key: Once | None = None,
) -> None:
    """The rating that a reporter gave a clerk on the phone; where they ask for it, the case is opened again."""
    with transaction.atomic():
        rated = changes.evaluate(
            cases=[case], by=by, solved=solved, stars=stars, comment=comment, version=version, key=key
        )
        if reopen and not solved and rated.done[0].state == State.EVALUATED:
            changes.reopen(cases=[case], by=by, note=comment)
