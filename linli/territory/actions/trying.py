"""What a change of the territory would make, to be looked at before it is saved: it is made, and undone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction

R = TypeVar("R")


@contextmanager
def tried(change: Callable[[], R]) -> Iterator[R]:
    """What `change` makes, for as long as one looks at it. Nothing is left behind, and nobody is told.

    Raises the DomainError with which the change would be refused.
    """
    with transaction.atomic():
        yield change()
        transaction.set_rollback(True)
