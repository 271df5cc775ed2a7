"""The lists and the catalogue are published: everyone reads them. Whoever holds a post above the unit may write them."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

# The catalogue and the calendar are the city's: they need a post at a root of the territory.
IN_A_ROOT = "EXISTS (SELECT 1 FROM territory_unit u WHERE u.parent_id IS NULL AND u.id = ANY (linli_units()))"


def _in_unit(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM territory_unit u WHERE u.id = {table}.unit_id AND u.path && linli_units())"


# What was done to published lists is open to all staff; who did it is no business of the public's.
TIMELINE = """
CREATE POLICY duties_timeline ON foundation_entry FOR SELECT USING (
    subject_type IN ('dutylist', 'caseclass', 'specialday') AND cardinality((SELECT linli_units())) > 0
);
"""


class Migration(migrations.Migration):
    dependencies = [("duties", "0001_initial"), ("foundation", "0003_guards"), ("territory", "0002_security")]
    operations = [
        scoped("duties_caseclass", read="true", write=IN_A_ROOT),
        scoped("duties_classversion", read="true", write=IN_A_ROOT),
        scoped("duties_specialday", read="true", write=IN_A_ROOT),
        scoped("duties_dutylist", read="true", write=_in_unit("duties_dutylist")),
        scoped("duties_duty", read="true", write=_in_unit("duties_duty")),
        scoped("duties_task", read="true", write=_in_unit("duties_task")),
        scoped("duties_priority", read="true", write=_in_unit("duties_priority")),
        migrations.RunSQL(TIMELINE, "DROP POLICY duties_timeline ON foundation_entry;"),
    ]
