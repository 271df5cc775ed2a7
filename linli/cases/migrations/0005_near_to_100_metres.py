"""Whoever may not read a case measures the distance to its public position: many distances to the true one would give it away."""

from django.db import migrations

NEAR = """
CREATE OR REPLACE FUNCTION cases_near(cells bigint[]) RETURNS TABLE (
    id uuid, number bigint, state varchar, case_class_id uuid, lon float8, lat float8, reported_at timestamptz, supports integer,
    title text, said text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.number, c.state, c.case_class_id,
        CASE WHEN s.mine THEN c.lon ELSE round(c.lon::numeric, 3)::float8 END,
        CASE WHEN s.mine THEN c.lat ELSE round(c.lat::numeric, 3)::float8 END,
        c.reported_at, c.supports, CASE WHEN s.mine THEN t.title ELSE cases_public_title(c.state, t.title) END,
        t.title || ' ' || left(t.description, 500)
    FROM cases_case c JOIN cases_casetext t ON t.case_id = c.id,
        LATERAL (SELECT linli_system() OR c.units && linli_units() OR c.bodies && linli_bodies()
            OR coalesce(c.reporter_id = linli_person(), false) AS mine) s
    WHERE c.cell = ANY(cells) AND c.closed_at IS NULL AND (s.mine OR NOT c.private)
    ORDER BY c.id DESC LIMIT 200;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_search_and_tally")]
    operations = [migrations.RunSQL(NEAR, migrations.RunSQL.noop)]
