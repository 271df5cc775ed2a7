"""What a change would do, asked of the change itself: it is made and undone in one transaction."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.cases.actions.moves import Outcome
from linli.foundation.access import Actor


def tried(verb: Callable[..., Outcome], *, cases: Sequence[UUID], by: Actor, **arguments: Any) -> Outcome:
    """The outcome of `verb` on each of the cases, by the same rules as in earnest. Nothing is left behind, and nobody is told.

    Raises a DomainError where the whole call would be refused.
    """
    with transaction.atomic():
        outcome = verb(cases=cases, by=by, each=True, **arguments)
        transaction.set_rollback(True)
    return outcome
