"""Some hundreds of rows are written by one short statement, each value as it is."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, transaction

from linli.foundation import bulk
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.models import IdempotencyKey

pytestmark = pytest.mark.django_db
COLUMNS = ("sender", "key", "request_hash", "result_id", "result", "created_at")
ID = UUID("01890999-7800-7ec5-8970-51c29b027fc7")
AT = datetime(2026, 11, 27, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
ROWS = [
    ("王'\"\\ {,} %s\n", "a", b"\x00\xff\\x", ID, {"members": [1, "二", None]}, AT),
    ("", "b", b"", None, {}, AT + timedelta(days=9_000)),
]


def test_values_arrive_as_they_were() -> None:
    with acting_as(SYSTEM):
        assert bulk.insert_some(IdempotencyKey, COLUMNS, ROWS) == 2
        found = IdempotencyKey.objects.order_by("key").values_list(*COLUMNS)
        assert [tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in found] == ROWS


def test_a_conflict_is_told_unless_the_statement_knows_what_to_do() -> None:
    with acting_as(SYSTEM):
        bulk.insert_some(IdempotencyKey, COLUMNS, ROWS)
        with pytest.raises(IntegrityError), transaction.atomic():
            bulk.insert_some(IdempotencyKey, COLUMNS, ROWS)
        assert bulk.insert_some(IdempotencyKey, COLUMNS, ROWS, "ON CONFLICT DO NOTHING") == 0


def test_what_does_not_fit_its_column_is_refused_and_not_cut() -> None:
    with acting_as(SYSTEM), pytest.raises(DataError), transaction.atomic():
        bulk.insert_some(IdempotencyKey, COLUMNS, [("s", "k" * 201, b"", None, {}, AT)])


def test_the_rows_named_are_changed_and_no_other() -> None:
    with acting_as(SYSTEM):
        bulk.insert_some(IdempotencyKey, COLUMNS, ROWS)
        first, _second = IdempotencyKey.objects.order_by("key").values_list("pk", flat=True)
        assert bulk.update_some(IdempotencyKey, ("id", "result_id", "result"), [(first, None, {"done": 1})]) == 1
        found = IdempotencyKey.objects.order_by("key").values_list("key", "result_id", "result")
        assert list(found) == [("a", None, {"done": 1}), ("b", None, {})]
