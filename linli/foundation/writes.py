"""Several tables, one statement, one round trip.

A report is a row in six tables. Written one by one it costs six round trips; as data-modifying CTEs (PostgreSQL manual
7.8.4) it costs one, and stays all or nothing.

    write = Write()
    write.insert(Case, cases)
    write.update(Case, changed, ["state", "version"])
    write.insert(Entry, entries)
    write.run()
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import count
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

from linli.foundation.statement import prepared


class Write:
    """Collects rows of several models and writes them together. The rows of a table travel as one JSON parameter.

    The text of the statement depends on the tables and columns only, so the server parses and plans each shape once.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._params: list[str] = []

    def insert(self, model: type[models.Model], rows: Sequence[models.Model]) -> None:
        """Add rows of `model`. Columns that the database fills (sequences) are left to it."""
        if rows:
            self._add(_insert_of(model), _inserted_columns(model), rows)

    def update(self, model: type[models.Model], rows: Sequence[models.Model], fields: Iterable[str]) -> None:
        """Set `fields` of each row, found by primary key."""
        if rows:
            names = tuple(fields)
            self._add(_update_of(model, names), _updated_columns(model, names), rows)

    def _add(self, statement: str, columns: Sequence["Column"], rows: Sequence[models.Model]) -> None:
        self._parts.append(statement)
        content = [
            {
                column.name: value
                if (value := getattr(row, column.attribute)) is None or column.plain is None
                else column.plain(value)
                for column in columns
            }
            for row in rows
        ]
        self._params.append(json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False))

    def run(self) -> None:
        """Send everything in one statement."""
        if self._parts:
            prepared(_statement_of(tuple(self._parts)), self._params)


class Column:
    """A column as a statement names it, and how its values become JSON."""

    def __init__(self, field: Any) -> None:
        self.name = field.column
        self.attribute = field.attname
        self.type = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
        self.plain = _plain_of(field)


def _plain_of(field: Any) -> Callable[[Any], Any] | None:
    """What makes a value that is there one that JSON has: ids and moments as text, bytes as PostgreSQL writes them. None: it is one."""
    kind = (field.target_field if field.is_relation else field).get_internal_type()
    if kind in {"UUIDField", "DateTimeField", "DateField"}:
        return str
    if kind == "ArrayField":
        return lambda value: [str(item) for item in value]
    if type(field) is models.BinaryField:
        return _hex
    if kind == "BinaryField":
        # What is stored is not what the row shows (`EncryptedTextField`).
        return lambda value: _hex(field.get_db_prep_value(value, connection, False))
    return None


def _hex(value: Any) -> str:
    return "\\x" + bytes(value).hex()


@cache
def _statement_of(parts: tuple[str, ...]) -> str:
    """The parts as one statement, with PostgreSQL's own numbered placeholders."""
    *first, last = parts
    named = ", ".join(f"part{i} AS ({part})" for i, part in enumerate(first))
    numbers = count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", f"WITH {named} {last}" if named else last)


@cache
def _inserted_columns(model: type[models.Model]) -> Sequence[Column]:
    return [Column(field) for field in model._meta.concrete_fields if not _filled_by_database(field)]


@cache
def _updated_columns(model: type[models.Model], names: tuple[str, ...]) -> Sequence[Column]:
    return [Column(field) for field in (model._meta.pk, *(model._meta.get_field(name) for name in names))]


@cache
def _insert_of(model: type[models.Model]) -> str:
    columns = _inserted_columns(model)
    names = ", ".join(_quoted(column.name) for column in columns)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) SELECT {names} FROM {_rows(columns)}"


@cache
def _update_of(model: type[models.Model], names: tuple[str, ...]) -> str:
    key, *changed = _updated_columns(model, names)
    table = _quoted(model._meta.db_table)
    settings = ", ".join(f"{_quoted(column.name)} = new.{_quoted(column.name)}" for column in changed)
    where = f"{table}.{_quoted(key.name)} = new.{_quoted(key.name)}"
    return f"UPDATE {table} SET {settings} FROM {_rows([key, *changed])} WHERE {where}"


def _rows(columns: Sequence[Column]) -> str:
    """The parameter as rows of a table called `new`."""
    return f"json_to_recordset(%s::json) AS new ({', '.join(f'{_quoted(c.name)} {c.type}' for c in columns)})"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _filled_by_database(field: Any) -> bool:
    return (
        isinstance(field, models.AutoField)
        or field.db_default is not NOT_PROVIDED
        or getattr(field, "generated", False)
    )
