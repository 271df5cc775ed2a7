"""Who sees devices: the staff of their unit. Owners' systems and the clock write, as the system; people only answer alerts."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"
# The device's own policy applies inside.
SEEN_DEVICE = "EXISTS (SELECT 1 FROM sensors_device WHERE sensors_device.id = device_id)"
TIMELINE = """
CREATE POLICY sensors_timeline ON foundation_entry FOR SELECT
    USING (subject_type = 'sensor_alert' AND EXISTS (SELECT 1 FROM sensors_alert WHERE sensors_alert.id = subject_id));
"""


class Migration(migrations.Migration):
    dependencies = [("sensors", "0001_initial"), ("foundation", "0003_guards"), ("territory", "0002_security")]
    operations = [
        scoped("sensors_device", read=OWN_UNITS, write="false"),
        scoped("sensors_reading", read=SEEN_DEVICE, write="false"),
        scoped("sensors_alert", read=SEEN_DEVICE, insert="false"),
        scoped("sensors_ownertoken", read="false"),
        migrations.RunSQL(TIMELINE, "DROP POLICY sensors_timeline ON foundation_entry;"),
    ]
