"""What is open in a unit is read into groups once, by the unit below and the class, and not three times over."""

import importlib

from django.db import migrations

# As before (0012): the scope is asked for once, for the unit, and whoever may not see it gets nothing. The rows are of a unit below, of a
# class, or of all (`whole`); `since` says for each of `edges`, moments from the oldest on, how many cases were reported from it on.
OPEN_WORK = """
CREATE FUNCTION cases_open_work(unit uuid, moment timestamptz, edges timestamptz[])
RETURNS TABLE (part text, id uuid, cases bigint, late bigint, since bigint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (SELECT u.level FROM territory_unit u WHERE u.id = unit AND (linli_system() OR u.path && linli_units()));
    counts text;
    sums text;
BEGIN
    IF level IS NULL THEN
        RETURN;
    END IF;
    SELECT string_agg(format('count(*) FILTER (WHERE reported_at >= %L) AS since_%s', edge, place), ', '),
        string_agg(format('sum(since_%s)::bigint', place), ', ' ORDER BY place)
    INTO counts, sums FROM unnest(edges) WITH ORDINALITY AS each (edge, place);
    RETURN QUERY EXECUTE format(
        'SELECT CASE 0 WHEN GROUPING(below) THEN ''unit'' WHEN GROUPING(class) THEN ''class'' ELSE ''whole'' END,
            coalesce(below, class), sum(cases)::bigint, sum(late)::bigint, ARRAY[%1$s]
        FROM (
            SELECT %2$I AS below, case_class_id AS class, count(*) AS cases,
                count(*) FILTER (WHERE due_at < coalesce(paused_at, %3$L) AND handled_at IS NULL) AS late, %4$s
            FROM cases_case WHERE closed_at IS NULL AND %5$s GROUP BY 1, 2
        ) AS grouped GROUP BY GROUPING SETS ((below), (class), ()) HAVING count(*) > 0',
        sums,
        CASE level WHEN 'city' THEN 'district_id' WHEN 'district' THEN 'subdistrict_id' WHEN 'subdistrict' THEN 'community_id'
            ELSE 'quarter_id' END,
        moment,
        counts,
        CASE WHEN level = 'city' THEN 'true'
            WHEN level IN ('district', 'subdistrict', 'community', 'quarter') THEN format('%I = %L', level || '_id', unit)
            ELSE format('%L = ANY (units)', unit) END
    );
END
$$;
"""
DROP = "DROP FUNCTION cases_open_work(uuid, timestamptz, timestamptz[]);"
BEFORE = importlib.import_module("linli.cases.migrations.0012_open_work").OPEN_WORK


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_weeks_by_class")]
    operations = [migrations.RunSQL(DROP + OPEN_WORK, DROP + BEFORE)]
