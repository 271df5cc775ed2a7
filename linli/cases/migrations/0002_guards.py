"""Who may read and write which case; the case numbers; search that keeps its index under row security; the public's view."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

# A post sees the cases of its units, a body those that it works on, a reporter their own.
CASE_READ = "units && linli_units() OR bodies && linli_bodies() OR reporter_id = linli_person()"
WITH_CASE = "EXISTS (SELECT 1 FROM cases_case WHERE cases_case.id = case_id)"
# Who asked to stay unknown is known to the system alone, which sends the answer.
WITH_OPEN_NAME = "EXISTS (SELECT 1 FROM cases_case WHERE cases_case.id = case_id AND NOT cases_case.anonymous)"

NUMBERS = "CREATE SEQUENCE cases_case_number START 100001 INCREMENT 50; GRANT USAGE ON SEQUENCE cases_case_number TO linli_app;"

# `@@` is not leakproof: under row security PostgreSQL would read every row before it may ask the search index. This function
# asks the index first and then repeats the scope of the policy. It gives ids only, newest first.
SEARCH = """
CREATE FUNCTION cases_found(wanted tsquery, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT c.id FROM cases_casetext t JOIN cases_case c ON c.id = t.case_id
    WHERE t.search @@ wanted AND (
        (SELECT linli_system())
        OR c.units && (SELECT linli_units())
        OR c.bodies && (SELECT linli_bodies())
        OR c.reporter_id = (SELECT linli_person())
    )
    ORDER BY c.id DESC LIMIT most
$$;
"""

# What everybody may know of a case: where about, what kind, how far. The owner's view, so that it does not depend on who asks.
# Positions are rounded to about 100 m; runs of digits that may be phone numbers are blanked in the title, and before the
# desk has read it there is none.
PUBLIC = """
CREATE VIEW cases_public AS
SELECT c.id, c.number, c.state, c.channel, c.nature, c.priority, c.case_class_id, c.district_id, c.subdistrict_id, c.community_id,
    c.quarter_id, round(c.lon::numeric, 3)::float8 AS lon, round(c.lat::numeric, 3)::float8 AS lat, c.cell, c.lead_body_id,
    c.reported_at, c.filed_at, c.due_at, c.closed_at, c.supports, c.stars, c.cycle,
    CASE WHEN c.state = 'collected' THEN '' ELSE regexp_replace(t.title, '[0-9０-９]{5,}', '***', 'g') END AS title
FROM cases_case c JOIN cases_casetext t ON t.case_id = c.id
WHERE NOT c.private AND c.state NOT IN ('declined', 'merged');
GRANT SELECT ON cases_public TO linli_app;
"""

# Open cases in some cells, for the offer of likely duplicates. What was said serves likeness only and is shown to nobody who may
# not read the case: to others the title is that of the public view.
NEAR = """
CREATE FUNCTION cases_near(cells bigint[]) RETURNS TABLE (
    id uuid, number bigint, state varchar, case_class_id uuid, lon float8, lat float8, reported_at timestamptz, supports integer,
    title text, said text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT c.id, c.number, c.state, c.case_class_id, c.lon, c.lat, c.reported_at, c.supports,
        CASE WHEN s.mine THEN t.title WHEN c.state = 'collected' THEN ''
            ELSE regexp_replace(t.title, '[0-9０-９]{5,}', '***', 'g') END,
        t.title || ' ' || left(t.description, 500)
    FROM cases_case c JOIN cases_casetext t ON t.case_id = c.id,
        LATERAL (SELECT linli_system() OR c.units && linli_units() OR c.bodies && linli_bodies()
            OR coalesce(c.reporter_id = linli_person(), false) AS mine) s
    WHERE c.cell = ANY(cells) AND c.closed_at IS NULL AND (s.mine OR NOT c.private)
    ORDER BY c.id DESC LIMIT 200;
$$;
"""

TIMELINE = """
CREATE POLICY foundation_entry_case ON foundation_entry FOR SELECT
    USING (subject_type = 'case' AND EXISTS (SELECT 1 FROM cases_case WHERE cases_case.id = subject_id));
CREATE POLICY foundation_storedfile_case ON foundation_storedfile FOR SELECT
    USING (EXISTS (SELECT 1 FROM cases_attachment WHERE cases_attachment.file_id = foundation_storedfile.id));
"""
TUNING = "ALTER TABLE cases_case SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);"


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("foundation", "0003_guards")]
    operations = [
        migrations.RunSQL(NUMBERS, "DROP SEQUENCE cases_case_number"),
        migrations.RunSQL(TUNING, migrations.RunSQL.noop),
        # Whoever reports need not see anything; everything after that needs the case in scope.
        scoped("cases_case", read=CASE_READ, insert="true"),
        scoped("cases_casetext", read=WITH_CASE, insert="true"),
        scoped("cases_casecontact", read=WITH_OPEN_NAME, insert="true"),
        scoped("cases_attachment", read=WITH_CASE, insert="true"),
        scoped("cases_cohandler", read=WITH_CASE, insert="true"),
        scoped("cases_evaluation", read=WITH_CASE, insert="true"),
        scoped("cases_support", read="person_id = linli_person()", write="person_id = linli_person()"),
        migrations.RunSQL(SEARCH, "DROP FUNCTION cases_found(tsquery, integer)"),
        migrations.RunSQL(NEAR, "DROP FUNCTION cases_near(bigint[])"),
        migrations.RunSQL(PUBLIC, "DROP VIEW cases_public"),
        migrations.RunSQL(
            TIMELINE,
            "DROP POLICY foundation_entry_case ON foundation_entry;"
            "DROP POLICY foundation_storedfile_case ON foundation_storedfile;",
        ),
    ]
