"""Statements of a steady shape are planned once per connection, give their rows, and tell who acts."""

import pytest
from django.db import DataError, connection

from linli.foundation.access import SYSTEM, acting_as

pytestmark = pytest.mark.django_db
ASK = "SELECT $1::int + 1, linli_system()"


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = %s", [ASK])
        return int(cursor.fetchone()[0])


def test_a_steady_statement_is_planned_once() -> None:
    with acting_as(SYSTEM):
        assert [connection.execute_prepared(ASK, [number]) for number in range(3)] == [  # type: ignore[attr-defined]
            [(1, True)], [(2, True)], [(3, True)],
        ]  # fmt: skip
        assert prepared() == 1
    # The plan is kept, the scope is not.
    assert connection.execute_prepared(ASK, [5]) == [(6, False)]  # type: ignore[attr-defined]


def test_errors_are_djangos() -> None:
    with pytest.raises(DataError):
        connection.execute_prepared(ASK, ["five"])  # type: ignore[attr-defined]
