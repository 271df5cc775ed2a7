"""What is open in a unit, counted by the units below, by class and by age in one reading; for the city from an index alone."""

from django.db import migrations, models
from django.db.models import Q

# The scope is asked for once, for the unit, and not for each of 25,000 open cases: who may see a unit may see every case in it. Whoever
# may not gets nothing. `edges` are moments from the oldest on; the age is how many of them lie before the report.
OPEN_WORK = """
CREATE FUNCTION cases_open_work(unit uuid, moment timestamptz, edges timestamptz[])
RETURNS TABLE (part text, id uuid, age integer, cases bigint, late bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (SELECT u.level FROM territory_unit u WHERE u.id = unit AND (linli_system() OR u.path && linli_units()));
BEGIN
    IF level IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT CASE 0 WHEN GROUPING(below) THEN ''unit'' WHEN GROUPING(class) THEN ''class'' ELSE ''age'' END,
            coalesce(below, class), age, count(*), count(*) FILTER (WHERE is_late)
        FROM (
            SELECT %I AS below, case_class_id AS class, width_bucket(reported_at, $2) AS age,
                due_at < coalesce(paused_at, $1) AND handled_at IS NULL AS is_late
            FROM cases_case WHERE closed_at IS NULL AND %s
        ) AS still_open GROUP BY GROUPING SETS ((below), (class), (age))',
        CASE level WHEN 'city' THEN 'district_id' WHEN 'district' THEN 'subdistrict_id' WHEN 'subdistrict' THEN 'community_id'
            ELSE 'quarter_id' END,
        CASE WHEN level = 'city' THEN 'true'
            WHEN level IN ('district', 'subdistrict', 'community', 'quarter') THEN format('%I = %L', level || '_id', unit)
            ELSE format('%L = ANY (units)', unit) END
    ) USING moment, edges;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_ended_and_sent")]
    operations = [
        # The tally of the desk (0004) goes by the same index, which now holds all that is counted of an open case.
        migrations.RemoveIndex("case", "case_open_tally"),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["state"],
                include=["due_at", "handled_at", "paused_at", "reported_at", "district", "case_class"],
                condition=Q(closed_at=None),
                name="case_open_tally",
            ),
        ),
        migrations.RunSQL(OPEN_WORK, "DROP FUNCTION cases_open_work(uuid, timestamptz, timestamptz[])"),
    ]
