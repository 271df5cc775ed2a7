"""Several tables, one statement, one round trip.

A report is a row in six tables. Written one by one it costs six round trips; as data-modifying CTEs (PostgreSQL manual
7.8.4) it costs one, and stays all or nothing.

    write = Write()
    write.insert(Case, cases)
    write.update(Case, changed, ["state", "version"])
    write.insert(Entry, entries)
    write.run()
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import count
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED
from psycopg.types.json import Jsonb


class Write:
    """Collects rows of several models and writes them together. Values go as arrays, one parameter a column.

    The text of the statement depends on the tables and columns only, so the server parses and plans each shape once.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._params: list[Any] = []

    def insert(self, model: type[models.Model], rows: Sequence[models.Model]) -> None:
        """Add rows of `model`. Columns that the database fills (sequences) are left to it."""
        if rows:
            self._add(_insert_of(model), _inserted_fields(model), rows)

    def update(self, model: type[models.Model], rows: Sequence[models.Model], fields: Iterable[str]) -> None:
        """Set `fields` of each row, found by primary key."""
        if rows:
            names = tuple(fields)
            self._add(_update_of(model, names), _updated_fields(model, names), rows)

    def _add(self, statement: str, fields: Sequence[Any], rows: Sequence[models.Model]) -> None:
        self._parts.append(statement)
        self._params += [[_value(field, row) for row in rows] for field in fields]

    def run(self) -> None:
        """Send everything in one statement."""
        if not self._parts:
            return
        connection.execute_prepared(_statement_of(tuple(self._parts)), self._params)  # type: ignore[attr-defined]


@cache
def _statement_of(parts: tuple[str, ...]) -> str:
    """The parts as one statement, with PostgreSQL's own numbered placeholders."""
    *first, last = parts
    named = ", ".join(f"part{i} AS ({part})" for i, part in enumerate(first))
    numbers = count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", f"WITH {named} {last}" if named else last)


@cache
def _inserted_fields(model: type[models.Model]) -> Sequence[Any]:
    return [field for field in model._meta.concrete_fields if not _filled_by_database(field)]


@cache
def _updated_fields(model: type[models.Model], names: tuple[str, ...]) -> Sequence[Any]:
    return [model._meta.pk, *(model._meta.get_field(name) for name in names)]


@cache
def _insert_of(model: type[models.Model]) -> str:
    fields = _inserted_fields(model)
    columns = ", ".join(_quoted(field.column) for field in fields)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) SELECT {columns} FROM {_unnested(fields)}"


@cache
def _update_of(model: type[models.Model], names: tuple[str, ...]) -> str:
    key, *changed = _updated_fields(model, names)
    table = _quoted(model._meta.db_table)
    settings = ", ".join(f"{_quoted(field.column)} = new.{_quoted(field.column)}" for field in changed)
    where = f"{table}.{_quoted(key.column)} = new.{_quoted(key.column)}"
    return f"UPDATE {table} SET {settings} FROM {_unnested([key, *changed])} WHERE {where}"


def _unnested(fields: Sequence[Any]) -> str:
    """The parameters, one array a column, as rows of a table called `new`."""
    arrays = ", ".join(f"%s::{_element_type(field)}[]" for field in fields)
    columns = ", ".join(_quoted(field.column) for field in fields)
    unnested = f"unnest({arrays}) AS new ({columns})"
    if not any(_travels_as_json(field) for field in fields):
        return unnested
    # PostgreSQL has no arrays of arrays of different lengths: such a column travels as JSON and is unpacked here.
    unpacked = ", ".join(_unpacked(field) if _travels_as_json(field) else _quoted(field.column) for field in fields)
    return f"(SELECT {unpacked} FROM {unnested}) AS new"


def _unpacked(field: Any) -> str:
    column = _quoted(field.column)
    return f"ARRAY(SELECT jsonb_array_elements_text({column}))::{field.db_type(connection)} AS {column}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _filled_by_database(field: Any) -> bool:
    return isinstance(field, models.AutoField) or field.db_default is not NOT_PROVIDED or getattr(field, "generated", False)


def _travels_as_json(field: Any) -> bool:
    return field.get_internal_type() == "ArrayField"


def _element_type(field: Any) -> str:
    if _travels_as_json(field):
        return "jsonb"
    return str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection)).split(" GENERATED")[0]


def _value(field: Any, row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if _travels_as_json(field):
        return Jsonb([str(item) for item in value])
    return field.get_db_prep_save(value, connection)
