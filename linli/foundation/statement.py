"""Statements that are planned once per connection, and models of their rows: for what a page asks each time that it is opened.

Django writes a query anew each time that it is asked, which takes Python about 1 ms, and the database half of that to answer.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any, Generic, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


@cache
def numbered(query: str) -> str:
    """A query with `%s` for each value, as `prepared` wants it: `$1`, `$2` …"""
    places = count(1)
    return re.sub("%s", lambda _found: f"${next(places)}", query)


def prepared(text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that PostgreSQL plans once per connection. Places are `$1`, `$2` …, each with a cast. Errors are Django's."""
    rows: list[tuple[Any, ...]] = connection.execute_prepared(text, values)  # type: ignore[attr-defined]  # our backend's own
    return rows


class Statement(Generic[M]):
    """`Statement("SELECT {} FROM cases_case WHERE id = $1::uuid", Case)` gives cases; each value has a place with a cast.

    More models fill more columns: a related row is set under its name, `Statement(…, Attachment, file=StoredFile)`; where a LEFT JOIN
    has found none, nothing is. Row security holds as for any other query.
    """

    def __init__(self, text: str, model: type[M], /, **related: type[models.Model]) -> None:
        self._of: _Columns = _Columns(model)
        self._related = {name: _Columns(other) for name, other in related.items()}
        self._text = text.format(", ".join(of.selected for of in (self._of, *self._related.values())))

    def all(self, *values: Any) -> list[M]:
        """One round trip. Errors are Django's."""
        return [self._made(row) for row in prepared(self._text, values)]

    def first(self, *values: Any) -> M | None:
        return next(iter(self.all(*values)), None)

    def _made(self, row: Sequence[Any]) -> M:
        found: M = self._of.instance(row)
        at = len(self._of.names)
        for name, of in self._related.items():
            other = of.instance(row[at:])
            at += len(of.names)
            if other.pk is not None:
                setattr(found, name, other)
        return found


class _Columns:
    """Those of a model, in their order."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = model._meta.concrete_fields
        self._model = model
        self.names = [field.attname for field in fields]
        self.selected = ", ".join(f'"{model._meta.db_table}"."{field.column}"' for field in fields)
        self._opened = [(place, field) for place, field in enumerate(fields) if hasattr(field, "from_db_value")]

    def instance(self, row: Sequence[Any]) -> Any:
        """A model of the first columns of a row."""
        values = list(row[: len(self.names)])
        for place, field in self._opened:
            values[place] = opened(field, values[place])
        return self._model.from_db(connection.alias, self.names, values)


def opened(field: Any, value: Any) -> Any:
    """A column's value as the model has it: encrypted ones are decrypted, JSON is read."""
    return field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
