"""What was done to the territory is open to all staff, as what was done to the lists is; who did it is no business of the public's."""

from django.db import migrations

TIMELINE = """
CREATE POLICY territory_timeline ON foundation_entry FOR SELECT USING (
    subject_type = 'unit' AND cardinality((SELECT linli_units())) > 0
);
"""


class Migration(migrations.Migration):
    dependencies = [("territory", "0003_addresses"), ("foundation", "0003_guards")]
    operations = [migrations.RunSQL(TIMELINE, "DROP POLICY territory_timeline ON foundation_entry;")]
