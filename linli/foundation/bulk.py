"""Writing many rows at once: COPY into a table of the session, then one INSERT, for COPY does not obey row security. And reading many."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, models
from numpy.typing import NDArray

# Rows of fixed width are sent in pieces of about this many bytes.
_PIECE_BYTES = 4 * 1024 * 1024
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows of Python values; returns how many. Needs a transaction."""
    with connection.cursor() as cursor:
        _begin(cursor, model, columns)
        with cursor.copy(f"COPY loading ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return _finish(cursor, model, columns)


def insert_some(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], conflict: str = ""
) -> int:
    """Insert some hundreds of rows, in one short statement whatever their number; `conflict` is its ON CONFLICT. Returns how many."""
    names, table = ", ".join(columns), model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s) {conflict}",
            [_as_json(columns, rows)],
        )
        return cursor.rowcount


def update_some(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Give some hundreds of rows new values, in one short statement; the first of `columns` tells which row. Returns how many."""
    key, *changed = columns
    table = model._meta.db_table
    values = ", ".join(f"{name} = given.{name}" for name in changed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS kept SET {values} FROM json_populate_recordset(NULL::{table}, %s) AS given WHERE kept.{key} = given.{key}",
            [_as_json(columns, rows)],
        )
        return cursor.rowcount


def _as_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """As PostgreSQL reads a table's rows from JSON, each value in its type's own text."""
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_text)


def _text(value: UUID | datetime | bytes) -> str:
    match value:
        case bytes():
            return f"\\x{value.hex()}"
        case datetime():
            return value.isoformat()
    return str(value)


def insert_records(model: type[models.Model], records: NDArray[np.void]) -> int:
    """Insert a structured array of fixed-width columns, named as the table's; returns how many. Needs a transaction.

    Integers must be big-endian and as wide as the column, UUIDs 16 bytes (`V16`), moments `microseconds` (`>i8`).
    """
    columns = list(records.dtype.names or ())
    with connection.cursor() as cursor:
        _begin(cursor, model, columns)
        with cursor.copy(f"COPY loading ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
            # PostgreSQL manual, COPY, binary format: signature, flags, length of extension; trailer of −1.
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            step = max(_PIECE_BYTES // records.dtype.itemsize, 1)
            for start in range(0, len(records), step):
                copy.write(_framed(records[start : start + step]).tobytes())
            copy.write(b"\xff\xff")
        return _finish(cursor, model, columns)


def microseconds(moment: datetime) -> int:
    """A moment as PostgreSQL's binary format has it: since the beginning of 2000 in UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _framed(records: NDArray[np.void]) -> NDArray[np.void]:
    """Each record as COPY wants it: the number of fields, then each field after its length."""
    names = list(records.dtype.names or ())
    layout: list[tuple[str, Any]] = [("fields", ">i2")]
    for name in names:
        layout += [(f"{name} length", ">i4"), (name, records.dtype[name])]
    framed = np.empty(len(records), dtype=layout)
    framed["fields"] = len(names)
    for name in names:
        framed[f"{name} length"] = records.dtype[name].itemsize
        framed[name] = records[name]
    return framed


def _begin(cursor: Any, model: type[models.Model], columns: Sequence[str]) -> None:
    table = model._meta.db_table
    cursor.execute(f"CREATE TEMPORARY TABLE loading AS SELECT {', '.join(columns)} FROM {table} WITH NO DATA")


def _finish(cursor: Any, model: type[models.Model], columns: Sequence[str]) -> int:
    names = ", ".join(columns)
    cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {names} FROM loading")
    count: int = cursor.rowcount
    cursor.execute("DROP TABLE loading")
    return count


# Each record comes as one piece of one value: by COPY each would be a message of its own, and Python slow by their number.
_SENT = {"|V16": "uuid_send", ">i2": "int2send", ">i4": "int4send", ">i8": "int8send", ">f8": "float8send"}


def read_records(query: str, values: Sequence[Any], columns: np.dtype[np.void]) -> NDArray[np.void]:
    """What a query of fixed-width columns without NULL answers, as a structured array. The query obeys row security.

    `columns` are named as one likes, in the query's order: numbers big-endian and as wide as the query's, UUIDs 16 bytes (`V16`).
    """
    names = list(columns.names or ())
    sent = " || ".join(f'{_SENT[columns[name].str]}("{name}")' for name in names)
    named = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), string_agg({sent}, '') FROM ({query}) AS record ({named})", values)
        count, answer = cursor.fetchone()
    records = np.frombuffer(answer or b"", dtype=columns)
    if len(records) != count:
        raise ValueError(f"A column of {named} is NULL somewhere.")
    return records
