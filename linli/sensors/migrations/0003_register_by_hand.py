"""The register is kept by hand too: by whoever administers the unit of the device, or leads it; which of these may, the room's rules ask."""

from django.db import migrations

MANAGED_UNITS = """(SELECT linli_system()) OR unit_id IN (
    SELECT id FROM territory_unit WHERE path && ((SELECT linli_people_units())::uuid[]))"""
SYSTEM = "(SELECT linli_system())"


def _rules(rule: str) -> str:
    return f"""
    ALTER POLICY sensors_device_insert ON sensors_device WITH CHECK ({rule});
    ALTER POLICY sensors_device_update ON sensors_device USING ({rule}) WITH CHECK ({rule});
    """


class Migration(migrations.Migration):
    dependencies = [("sensors", "0002_security")]
    operations = [migrations.RunSQL(_rules(MANAGED_UNITS), _rules(SYSTEM))]
