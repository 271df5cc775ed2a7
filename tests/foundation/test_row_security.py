"""Every table is under row security, or says why it need not be; and the app's role can neither bypass nor own it."""

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

pytestmark = pytest.mark.django_db

# Each exception with its reason.
OPEN_TABLES = {
    "foundation_outboxevent": "holds ids and words only; the worker reads it as the system",
    "foundation_idempotencykey": "holds digests and ids; a key is looked up together with its sender",
    "cases_classmodel": "holds weights of words learnt from many cases, no texts",
}


def tables() -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        return dict(cursor.fetchall())


def test_every_table_of_ours_is_scoped_or_says_why_not() -> None:
    secured = tables()
    ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("linli.")
    }
    open_tables = {table for table in ours if not secured[table]}
    assert open_tables == OPEN_TABLES.keys(), "scope it in a migration (foundation.rowsecurity) or give a reason here"


def test_the_app_connects_as_a_plain_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("table", ["foundation_entry", "foundation_seal"])
def test_history_cannot_be_rewritten_by_the_app(table: str) -> None:
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
