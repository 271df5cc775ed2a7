"""Row-level security for migrations: what a room's tables show to whom, said in SQL beside the room.

    operations = [
        scoped("cases_case", read="district_id = ANY (linli_units()) OR …", write="linli_system() OR …"),
        append_only("foundation_entry"),
    ]

In a policy `linli_person()`, `linli_units()`, `linli_bodies()`, `linli_people_units()` (where the actor may see people)
and `linli_system()` tell who acts. They are replaced by `(SELECT …)`, so that PostgreSQL asks once per statement, not
once per row.
"""

import re

from django.db.migrations import RunSQL

_FUNCTION = re.compile(r"linli_(person|units|bodies|people_units|system)\(\)")


_RETURNS = {"person": "uuid", "units": "uuid[]", "bodies": "uuid[]", "people_units": "uuid[]", "system": "boolean"}


def _once(condition: str) -> str:
    """Each function as an init-plan. The cast keeps `= ANY ((SELECT …)::uuid[])` an array test, not a row test."""
    return _FUNCTION.sub(lambda match: f"((SELECT linli_{match[1]}())::{_RETURNS[match[1]]})", condition)


def scoped(table: str, *, read: str, write: str | None = None, insert: str | None = None) -> RunSQL:
    """Row security on `table`: `read` for SELECT, `write` (default: as `read`) for UPDATE and DELETE, `insert` (default: as `write`).

    The system always may. The owner, who only migrates, is not bound.
    """
    read_rule = _once(f"linli_system() OR ({read})")
    write_rule = _once(f"linli_system() OR ({write if write is not None else read})")
    insert_rule = _once(f"linli_system() OR ({insert})") if insert is not None else write_rule
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read_rule});
        CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({insert_rule});
        CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({write_rule}) WITH CHECK ({write_rule});
        CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({write_rule});
        """,
        f"""
        DROP POLICY {table}_read ON {table}; DROP POLICY {table}_insert ON {table};
        DROP POLICY {table}_update ON {table}; DROP POLICY {table}_delete ON {table};
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def rescoped(table: str, *, read: str, before: str) -> RunSQL:
    """Another rule for reading a scoped table, in the place of the one before."""

    def rule(condition: str) -> str:
        return f"ALTER POLICY {table}_read ON {table} USING ({_once(f'linli_system() OR ({condition})')});"

    return RunSQL(rule(read), rule(before))


def in_own_units(unit_id: str) -> str:
    """Whether a unit lies in those of the actor, looked up for each row that is read.

    `unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())` lists every unit that the actor sees before the first row:
    300,000 for the city. PostgreSQL makes the same of EXISTS; a scalar question it asks row by row.
    """
    return f"(SELECT own.path FROM territory_unit AS own WHERE own.id = {unit_id}) && linli_units()"


def append_only(table: str) -> RunSQL:
    """Rows are added and never changed: the plain role lacks the right, and a trigger refuses everyone else."""
    return RunSQL(
        f"""
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM linli_app;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION linli_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change();
        """,
        f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        GRANT UPDATE, DELETE ON {table} TO linli_app;
        """,
    )
