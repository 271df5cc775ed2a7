"""A phone number in a public title is blanked also where it was written in groups: 138 0000 1234, 138-0000-1234."""

from django.db import migrations

# Nothing before the desk has read it; then without runs of five digits, and without seven digits in groups.
TITLE = r"""
CREATE OR REPLACE FUNCTION cases_public_title(state varchar, title text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN state = 'collected' THEN ''
        ELSE regexp_replace(title, '([0-9０-９][ -]?){6,}[0-9０-９]|[0-9０-９]{5,}', '***', 'g') END
$$;
"""
PUBLIC = """
CREATE OR REPLACE VIEW cases_public AS
SELECT c.id, c.number, c.state, c.channel, c.nature, c.priority, c.case_class_id, c.district_id, c.subdistrict_id, c.community_id,
    c.quarter_id, round(c.lon::numeric, 3)::float8 AS lon, round(c.lat::numeric, 3)::float8 AS lat, c.cell, c.lead_body_id,
    c.reported_at, c.filed_at, c.due_at, c.closed_at, c.supports, c.stars, c.cycle, cases_public_title(c.state, t.title) AS title
FROM cases_case c JOIN cases_casetext t ON t.case_id = c.id
WHERE NOT c.private AND c.state NOT IN ('declined', 'merged');
"""
NEAR = """
CREATE OR REPLACE FUNCTION cases_near(cells bigint[]) RETURNS TABLE (
    id uuid, number bigint, state varchar, case_class_id uuid, lon float8, lat float8, reported_at timestamptz, supports integer,
    title text, said text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.number, c.state, c.case_class_id, c.lon, c.lat, c.reported_at, c.supports,
        CASE WHEN s.mine THEN t.title ELSE cases_public_title(c.state, t.title) END,
        t.title || ' ' || left(t.description, 500)
    FROM cases_case c JOIN cases_casetext t ON t.case_id = c.id,
        LATERAL (SELECT linli_system() OR c.units && linli_units() OR c.bodies && linli_bodies()
            OR coalesce(c.reporter_id = linli_person(), false) AS mine) s
    WHERE c.cell = ANY(cells) AND c.closed_at IS NULL AND (s.mine OR NOT c.private)
    ORDER BY c.id DESC LIMIT 200;
$$;
ALTER FUNCTION cases_found(tsquery, integer) SET search_path = public, pg_temp;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_guards")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (TITLE, PUBLIC, NEAR)]
