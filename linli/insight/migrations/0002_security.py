"""Who sees warnings: the staff of every unit that one touches. Looks find them, as the system; people only answer. Answers stay."""

from django.db import migrations

from linli.foundation.rowsecurity import append_only, scoped

TOUCHED = "units && linli_units()"
# A warning's own policy applies inside.
WITH_WARNING = "EXISTS (SELECT 1 FROM insight_warning WHERE insight_warning.id = warning_id)"
# Of one's own district, and of those below one's unit.
RUNS = f"{TOUCHED} OR district_id IN (SELECT unnest(path) FROM territory_unit WHERE id = ANY (linli_units()))"

TIMELINE = """
CREATE POLICY insight_timeline ON foundation_entry FOR SELECT
    USING (subject_type = 'warning' AND EXISTS (SELECT 1 FROM insight_warning WHERE insight_warning.id = subject_id));
"""


class Migration(migrations.Migration):
    dependencies = [("insight", "0001_initial"), ("foundation", "0003_guards"), ("territory", "0002_security")]
    operations = [
        scoped("insight_warning", read=TOUCHED, insert="false"),
        scoped("insight_answer", read=WITH_WARNING, insert=f"by = linli_person() AND {WITH_WARNING}"),
        append_only("insight_answer"),
        scoped("insight_run", read=RUNS, write="false"),
        migrations.RunSQL(TIMELINE, "DROP POLICY insight_timeline ON foundation_entry;"),
    ]
