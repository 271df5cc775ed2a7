"""Who sees devices: as before (0002), asked of each row that is read instead of listing every unit first."""

from django.db import migrations

from linli.foundation.rowsecurity import in_own_units, rescoped

OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"


class Migration(migrations.Migration):
    dependencies = [("sensors", "0003_register_by_hand")]
    operations = [rescoped("sensors_device", read=in_own_units("sensors_device.unit_id"), before=OWN_UNITS)]
