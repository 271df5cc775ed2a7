"""Statements of a steady shape are planned once per connection, give their rows, and tell who acts."""

from datetime import UTC, datetime

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


def test_a_moment_is_in_utc_however_it_is_read() -> None:
    text, moment = "0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)
    read = [connection.execute_prepared("SELECT $1::timestamptz", [text])[0][0]]  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        read.append(cursor.fetchone()[0])
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        read.append(cursor.fetchone()[0])
    assert read == [moment] * 3
    assert all(one.tzinfo is UTC for one in read)
