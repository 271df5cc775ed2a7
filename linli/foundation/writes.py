"""Several tables, one statement, one round trip.

A report is a row in six tables. Written one by one it costs six round trips; as data-modifying CTEs (PostgreSQL manual
7.8.4) it costs one, and stays all or nothing.

    write = Write()
    write.insert(Case, cases)
    write.update(Case, changed, ["state", "version"])
    write.insert(Entry, entries)
    write.run()
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED


class Write:
    """Collects rows of several models and writes them together. Values go as arrays, one parameter a column."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._params: list[Any] = []

    def insert(self, model: type[models.Model], rows: Sequence[models.Model]) -> None:
        """Add rows of `model`. Columns that the database fills (sequences) are left to it."""
        if not rows:
            return
        fields = [f for f in model._meta.concrete_fields if not _filled_by_database(f)]
        columns = ", ".join(_quote(f.column) for f in fields)
        source = self._unnest(fields, rows)
        self._parts.append(f"INSERT INTO {_quote(model._meta.db_table)} ({columns}) SELECT {columns} FROM {source}")

    def update(self, model: type[models.Model], rows: Sequence[models.Model], fields: Iterable[str]) -> None:
        """Set `fields` of each row, found by primary key."""
        if not rows:
            return
        key = model._meta.pk
        assert key is not None
        changed = [model._meta.get_field(name) for name in fields]
        source = self._unnest([key, *changed], rows)
        table = _quote(model._meta.db_table)
        settings = ", ".join(f"{_quote(f.column)} = new.{_quote(f.column)}" for f in changed)  # type: ignore[union-attr]
        self._parts.append(
            f"UPDATE {table} SET {settings} FROM {source} WHERE {table}.{_quote(key.column)} = new.{_quote(key.column)}"
        )

    def _unnest(self, fields: Sequence[Any], rows: Sequence[models.Model]) -> str:
        arrays = []
        for field in fields:
            self._params.append([_value(field, row) for row in rows])
            arrays.append(f"%s::{_element_type(field)}[]")
        columns = ", ".join(_quote(f.column) for f in fields)
        unnested = f"unnest({', '.join(arrays)}) AS new ({columns})"
        json_arrays = [f for f in fields if _travels_as_json(f)]
        if not json_arrays:
            return unnested
        # PostgreSQL has no arrays of arrays of different lengths: such a column travels as JSON and is unpacked here.
        unpacked = ", ".join(
            f"ARRAY(SELECT jsonb_array_elements_text({_quote(f.column)}))::{f.db_type(connection)} AS {_quote(f.column)}"
            if _travels_as_json(f)
            else _quote(f.column)
            for f in fields
        )
        return f"(SELECT {unpacked} FROM {unnested}) AS new"

    def run(self) -> None:
        """Send everything in one statement."""
        if not self._parts:
            return
        *first, last = self._parts
        named = ", ".join(f"part{i} AS ({part})" for i, part in enumerate(first))
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {named} {last}" if named else last, self._params)


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _filled_by_database(field: Any) -> bool:
    return (
        isinstance(field, models.AutoField)
        or field.db_default is not NOT_PROVIDED
        or getattr(field, "generated", False)
    )


def _travels_as_json(field: Any) -> bool:
    return field.get_internal_type() == "ArrayField"


def _element_type(field: Any) -> str:
    if _travels_as_json(field):
        return "jsonb"
    return str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection)).split(" GENERATED")[0]


def _value(field: Any, row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if _travels_as_json(field):
        from psycopg.types.json import Jsonb

        return Jsonb([str(item) for item in value])
    return field.get_db_prep_save(value, connection)
