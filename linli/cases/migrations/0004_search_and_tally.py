"""Search is planned for the words and the unit that are asked for; the open cases of the whole city are counted from an index alone."""

from django.db import migrations, models
from django.db.models import Q

# One plan for all words read every match of a frequent one: 36,000 of a million, though a subdistrict has 140 of them. With the words
# and the unit in the statement PostgreSQL knows whether to begin with the words, with the unit or with the newest cases.
# The scope of the policy is repeated, as `@@` is not leakproof (0002). It gives ids only, newest first.
SEARCH = """
CREATE FUNCTION cases_found(wanted tsquery, most integer, narrowed text, unit uuid, still_open boolean) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT c.id FROM cases_casetext t JOIN cases_case c ON c.id = t.case_id WHERE t.search @@ %L::tsquery AND (
            (SELECT linli_system())
            OR c.units && (SELECT linli_units())
            OR c.bodies && (SELECT linli_bodies())
            OR c.reporter_id = (SELECT linli_person())
        ) %s %s ORDER BY c.id DESC LIMIT %s',
        wanted,
        CASE WHEN narrowed IN ('district', 'subdistrict', 'community', 'quarter')
            THEN format('AND c.%I = %L', narrowed || '_id', unit) ELSE '' END,
        CASE WHEN still_open THEN 'AND c.closed_at IS NULL' ELSE '' END,
        most);
END
$$;
DROP FUNCTION cases_found(tsquery, integer);
"""
BACK = """
DROP FUNCTION cases_found(tsquery, integer, text, uuid, boolean);
CREATE FUNCTION cases_found(wanted tsquery, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id FROM cases_casetext t JOIN cases_case c ON c.id = t.case_id
    WHERE t.search @@ wanted AND ((SELECT linli_system()) OR c.units && (SELECT linli_units())
        OR c.bodies && (SELECT linli_bodies()) OR c.reporter_id = (SELECT linli_person()))
    ORDER BY c.id DESC LIMIT most
$$;
"""

# Who holds a post for the whole city may see every case, so nothing of a row but its state and its limit is looked at: 25,000 open
# cases come from the index instead of from as many rows. Whoever does not gets nothing.
TALLY = """
CREATE FUNCTION cases_tally(moment timestamptz) RETURNS TABLE (state varchar, cases bigint, late bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.state, count(*), count(*) FILTER (WHERE c.due_at < coalesce(c.paused_at, moment) AND c.handled_at IS NULL)
    FROM cases_case c
    WHERE c.closed_at IS NULL AND (SELECT linli_system()
        OR EXISTS (SELECT 1 FROM territory_unit u WHERE u.parent_id IS NULL AND u.id = ANY(linli_units())))
    GROUP BY c.state
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_numbers_in_titles")]
    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["state"],
                include=["due_at", "handled_at", "paused_at"],
                condition=Q(closed_at=None),
                name="case_open_tally",
            ),
        ),
        migrations.RunSQL(SEARCH, BACK),
        migrations.RunSQL(TALLY, "DROP FUNCTION cases_tally(timestamptz)"),
    ]
