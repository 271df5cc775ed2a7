"""What was reported lately in a unit, without reading a row of the city's or a district's."""

from django.db import migrations, models

# The scope is asked for once, for the unit, as in `cases_open_work`; whoever may not see it is told of none. The city's and a
# district's are counted by the index `case_reported` alone.
LATELY = """
CREATE FUNCTION cases_lately(unit uuid, since timestamptz, midnight timestamptz) RETURNS TABLE (today bigint, week bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (SELECT u.level FROM territory_unit u WHERE u.id = unit AND (linli_system() OR u.path && linli_units()));
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT count(*) FILTER (WHERE reported_at >= $2), count(*) FROM cases_case WHERE reported_at >= $1 AND %s',
        CASE WHEN level IS NULL THEN 'false' WHEN level = 'city' THEN 'true'
            WHEN level IN ('district', 'subdistrict', 'community', 'quarter') THEN format('%I = %L', level || '_id', unit)
            ELSE format('%L = ANY (units)', unit) END
    ) USING since, midnight;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_cell_months")]
    operations = [
        migrations.RemoveIndex("case", "case_reported"),
        migrations.AddIndex("case", models.Index(fields=["reported_at"], include=["district"], name="case_reported")),
        migrations.RunSQL(LATELY, "DROP FUNCTION cases_lately(uuid, timestamptz, timestamptz)"),
    ]
