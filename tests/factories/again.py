"""What many tests begin with, made once in a process: a test is then given the same rows by one statement, instead of by hundreds."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection

from linli.foundation.access import SYSTEM, acting_as

T = TypeVar("T")
WRITES = ("INSERT ", "UPDATE ", "DELETE ")


@dataclass(frozen=True)
class Made(Generic[T]):
    """Every statement that wrote, with its values, and what was given back, as bytes: no test changes another one's."""

    statements: str
    given: bytes

    def again(self) -> T:
        """Write it all, as the system, where nothing of it is yet; the caller forgets what rooms have kept. The ids are the same each
        time."""
        with acting_as(SYSTEM), connection.cursor() as cursor:
            cursor.execute(self.statements)
        given: T = pickle.loads(self.given)
        return given


def record(make: Callable[[], T]) -> Made[T]:
    """Make it, as the system, and note how. Call it on a database of one's own."""
    with acting_as(SYSTEM), _noted() as statements:
        given = make()
    return Made(";\n".join(statements), pickle.dumps(given))


@contextmanager
def _noted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith(WRITES):
            # With a cursor of its own: what this one was answered is not read yet.
            with connection.connection.cursor() as writer:
                statements.extend(writer.mogrify(sql, each) for each in (params if many else [params]))
        return result

    with connection.execute_wrapper(note):
        yield statements
