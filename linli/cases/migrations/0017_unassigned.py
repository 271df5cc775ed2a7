"""What waits for somebody, most urgent first, and the emergencies among what is open: dispatch control reads a page, not all that is open."""

from django.db import migrations, models
from django.db.models import Q

UNASSIGNED = Q(closed_at=None) & Q(paused_at=None) & (Q(state="filed") | Q(state="dispatched", handler=None))
COUNTED = ["due_at", "handled_at"]

# Counted from an index alone, for a city and for a district. The scope is asked for once, for the unit, as in `cases_open_work`: who may
# see a unit may see every case in it. Whoever may not gets nothing.
COUNT = """
CREATE FUNCTION cases_unassigned(unit uuid, moment timestamptz) RETURNS TABLE (cases bigint, late bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    level text := (SELECT u.level FROM territory_unit u WHERE u.id = unit AND (linli_system() OR u.path && linli_units()));
BEGIN
    IF level IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT count(*), count(*) FILTER (WHERE due_at < $1 AND handled_at IS NULL) FROM cases_case
        WHERE closed_at IS NULL AND paused_at IS NULL AND (state = ''filed'' OR state = ''dispatched'' AND handler_id IS NULL) AND %s',
        CASE WHEN level = 'city' THEN 'true'
            WHEN level IN ('district', 'subdistrict', 'community', 'quarter') THEN format('%I = %L', level || '_id', unit)
            ELSE format('%L = ANY (units)', unit) END
    ) USING moment;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0016_lately")]
    operations = [
        migrations.AddIndex(
            "case",
            models.Index(fields=["urgent_at", "id"], include=COUNTED, name="case_unassigned", condition=UNASSIGNED),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["district", "urgent_at", "id"],
                include=COUNTED,
                name="case_unassigned_district",
                condition=UNASSIGNED,
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(fields=["-id"], name="case_emergency", condition=Q(closed_at=None, priority="emergency")),
        ),
        migrations.RunSQL(COUNT, "DROP FUNCTION cases_unassigned(uuid, timestamptz)"),
    ]
