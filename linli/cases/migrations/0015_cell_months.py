"""Cases by cell: a month in one row instead of a row for each day, at resolution 8; and what lies in a window is found by its cells."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

# As in 0014, but where windows are given each is looked up in the index by itself: `OFFSET 0` keeps PostgreSQL, which cannot guess how
# little a window holds, from comparing every case with every window.
CELLS = """
CREATE OR REPLACE FUNCTION cases_cells(
    unit uuid, resolution integer, windows int8range[], mode text, wanted uuid, since timestamptz, until timestamptz, moment timestamptz
) RETURNS TABLE (cell bigint, cases bigint, late bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (SELECT u.level FROM territory_unit u WHERE u.id = unit AND (linli_system() OR u.path && linli_units()));
    below bigint := (1::bigint << (3 * (15 - resolution))) - 1;
BEGIN
    IF level IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT (found.cell & ~((15::bigint << 52) | $1)) | ($2::bigint << 52) | $1, count(*), count(*) FILTER (WHERE %s)
        FROM %s (SELECT c.* FROM cases_case c WHERE c.cell IS NOT NULL AND %s AND %s AND %s AND %s) AS found GROUP BY 1',
        CASE mode WHEN 'open' THEN 'found.due_at < coalesce(found.paused_at, $7) AND found.handled_at IS NULL' ELSE 'false' END,
        CASE WHEN windows IS NULL THEN '' ELSE 'unnest($3) AS w CROSS JOIN LATERAL' END,
        CASE WHEN level = 'city' THEN 'true'
            WHEN level IN ('district', 'subdistrict', 'community', 'quarter') THEN format('c.%I = %L', level || '_id', unit)
            ELSE format('%L = ANY (c.units)', unit) END,
        CASE WHEN wanted IS NULL THEN 'true' ELSE 'c.case_class_id = $4' END,
        CASE mode
            WHEN 'open' THEN 'c.closed_at IS NULL AND ($5 IS NULL OR c.reported_at >= $5) AND ($6 IS NULL OR c.reported_at < $6)'
            WHEN 'reported' THEN 'c.reported_at >= $5 AND c.reported_at < $6'
            WHEN 'ended' THEN 'c.closed_at >= $5 AND c.closed_at < $6'
            WHEN 'standing' THEN 'c.reported_at < $6 AND (c.closed_at IS NULL OR c.closed_at >= $6)'
        END,
        CASE WHEN windows IS NULL THEN 'true' ELSE 'c.cell >= lower(w) AND c.cell < upper(w) OFFSET 0' END
    ) USING below, resolution, windows, wanted, since, until, moment;
END
$$;
"""

# What the days from `first` to `last` brought, the city's or a district's, in these windows; who may not see the unit gets nothing.
# Of the first month the days before are taken off again; an array has no element 0.
COUNTED = """
CREATE FUNCTION cases_cells_counted(unit uuid, resolution integer, windows int8range[], wanted uuid, first date, last date)
RETURNS TABLE (cell bigint, reported bigint, ended bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (
        SELECT u.level FROM territory_unit u
        WHERE u.id = unit AND u.level IN ('city', 'district') AND (linli_system() OR u.path && linli_units())
    );
    below bigint := (1::bigint << (3 * (15 - resolution))) - 1;
    first_month date := date_trunc('month', first);
    last_month date := date_trunc('month', last);
BEGIN
    IF level IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT (found.cell & ~((15::bigint << 52) | $1)) | ($2::bigint << 52) | $1,
            sum(found.reported[upto] - coalesce(found.reported[before], 0)),
            sum(found.ended[upto] - coalesce(found.ended[before], 0))
        FROM unnest($3) AS w CROSS JOIN LATERAL (
            SELECT m.cell, m.reported, m.ended,
                CASE m.month WHEN $5 THEN $7 - $5 ELSE 0 END AS before,
                CASE m.month WHEN $6 THEN $8 - $6 + 1 ELSE 31 END AS upto
            FROM cases_cellmonth m
            WHERE m.cell >= lower(w) AND m.cell < upper(w) AND m.month BETWEEN $5 AND $6 AND %s AND %s
            OFFSET 0
        ) AS found GROUP BY 1',
        CASE WHEN wanted IS NULL THEN 'm.case_class_id IS NULL' ELSE 'm.case_class_id = $4' END,
        CASE WHEN level = 'city' THEN 'true' ELSE format('m.district_id = %L', unit) END
    ) USING below, resolution, windows, wanted, first_month, last_month, first, last;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_map"), ("duties", "0001_initial"), ("territory", "0001_initial")]
    operations = [
        migrations.RunSQL(CELLS, migrations.RunSQL.noop),
        migrations.RunSQL(
            "DROP FUNCTION cases_cells_counted(uuid, integer, uuid, date, date)", migrations.RunSQL.noop
        ),
        # Everything in it is counted anew from the cases.
        migrations.DeleteModel("CellDay"),
        migrations.CreateModel(
            "CellMonth",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("through", models.DateField()),
                ("cell", models.BigIntegerField()),
                ("reported", django.contrib.postgres.fields.ArrayField(models.IntegerField(), size=31)),
                ("ended", django.contrib.postgres.fields.ArrayField(models.IntegerField(), size=31)),
                (
                    "case_class",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="duties.caseclass",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="territory.unit",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["through"], name="cell_month_through")]},
        ),
        migrations.AddConstraint(
            "cellmonth",
            models.UniqueConstraint(
                fields=["case_class", "cell", "month", "district"], name="cell_month_once", nulls_distinct=False
            ),
        ),
        scoped("cases_cellmonth", read="false"),
        migrations.RunSQL(COUNTED, "DROP FUNCTION cases_cells_counted(uuid, integer, int8range[], uuid, date, date)"),
    ]
