"""Cases by cell, for the map: what is open or was reported now, from indexes alone; what days before brought, counted ahead."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from linli.foundation.rowsecurity import scoped

# The scope is asked for once, for the unit, as in `cases_open_work`: who may see a unit may see every case in it, and whoever may not
# gets nothing. Cells are stored at resolution 9; that of a coarser resolution which holds one is bits alone (h3geo.org, "H3 index").
# `windows` are half-open ranges of stored cells, none: everywhere. `wanted` is a class, none: all.
#   open      what is open; reported in [since, until) where these are given
#   reported  what was reported in [since, until)
#   ended     what ended in [since, until)
#   standing  what was open at the moment `until`
CELLS = """
CREATE FUNCTION cases_cells(
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
        'SELECT (c.cell & ~((15::bigint << 52) | $1)) | ($2::bigint << 52) | $1, count(*),
            count(*) FILTER (WHERE %s)
        FROM %s WHERE c.cell IS NOT NULL AND %s AND %s AND %s GROUP BY 1',
        CASE mode WHEN 'open' THEN 'c.due_at < coalesce(c.paused_at, $7) AND c.handled_at IS NULL' ELSE 'false' END,
        CASE WHEN windows IS NULL THEN 'cases_case c'
            ELSE 'unnest($3) AS w JOIN cases_case c ON c.cell >= lower(w) AND c.cell < upper(w)' END,
        CASE WHEN level = 'city' THEN 'true'
            WHEN level IN ('district', 'subdistrict', 'community', 'quarter') THEN format('c.%I = %L', level || '_id', unit)
            ELSE format('%L = ANY (c.units)', unit) END,
        CASE WHEN wanted IS NULL THEN 'true' ELSE 'c.case_class_id = $4' END,
        CASE mode
            WHEN 'open' THEN 'c.closed_at IS NULL AND ($5 IS NULL OR c.reported_at >= $5) AND ($6 IS NULL OR c.reported_at < $6)'
            WHEN 'reported' THEN 'c.reported_at >= $5 AND c.reported_at < $6'
            WHEN 'ended' THEN 'c.closed_at >= $5 AND c.closed_at < $6'
            WHEN 'standing' THEN 'c.reported_at < $6 AND (c.closed_at IS NULL OR c.closed_at >= $6)'
        END
    ) USING below, resolution, windows, wanted, since, until, moment;
END
$$;
"""

COUNTED = """
CREATE FUNCTION cases_cells_counted(unit uuid, resolution integer, wanted uuid, first date, last date)
RETURNS TABLE (cell bigint, reported bigint, ended bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (
        SELECT u.level FROM territory_unit u
        WHERE u.id = unit AND u.level IN ('city', 'district') AND (linli_system() OR u.path && linli_units())
    );
    below bigint := (1::bigint << (3 * (15 - resolution))) - 1;
BEGIN
    IF level IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT (d.cell & ~((15::bigint << 52) | below)) | (resolution::bigint << 52) | below, sum(d.reported)::bigint, sum(d.ended)::bigint
    FROM cases_cellday d
    WHERE d.case_class_id IS NOT DISTINCT FROM wanted AND d.day BETWEEN first AND last AND (level = 'city' OR d.district_id = unit)
    GROUP BY 1;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0013_open_newest"), ("duties", "0001_initial"), ("territory", "0001_initial")]
    operations = [
        migrations.RemoveIndex("case", "case_open_tally"),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["state"],
                include=["due_at", "handled_at", "paused_at", "reported_at", "district", "case_class", "cell"],
                condition=Q(closed_at=None),
                name="case_open_tally",
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["cell", "reported_at"],
                include=["closed_at", "case_class", "district"],
                name="case_cell_reported",
            ),
        ),
        migrations.CreateModel(
            "CellDay",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("cell", models.BigIntegerField()),
                ("reported", models.PositiveIntegerField()),
                ("ended", models.PositiveIntegerField()),
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
        ),
        migrations.AddConstraint(
            "cellday",
            models.UniqueConstraint(
                fields=["case_class", "day", "cell", "district"], name="cell_day_once", nulls_distinct=False
            ),
        ),
        scoped("cases_cellday", read="false"),
        migrations.RunSQL(
            CELLS,
            "DROP FUNCTION cases_cells(uuid, integer, int8range[], text, uuid, timestamptz, timestamptz, timestamptz)",
        ),
        migrations.RunSQL(COUNTED, "DROP FUNCTION cases_cells_counted(uuid, integer, uuid, date, date)"),
    ]
