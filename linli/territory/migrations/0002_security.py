"""Territory is public reference data: everybody reads it, posts write it in their units. Households only show within scope."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

IN_SCOPE = "SELECT id FROM territory_unit WHERE path && linli_units()"
# A unit's own row carries its path, so a new one is allowed below a unit in scope.
UNIT_IN_SCOPE = "path && linli_units()"
HOUSEHOLD_IN_SCOPE = f"building_id IN ({IN_SCOPE}) OR micro_grid_id IN ({IN_SCOPE})"


class Migration(migrations.Migration):
    dependencies = [("territory", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE territory_unit ADD CONSTRAINT unit_path_ends_with_itself CHECK (path[cardinality(path)] = id)",
            "ALTER TABLE territory_unit DROP CONSTRAINT unit_path_ends_with_itself",
        ),
        scoped("territory_unit", read="true", write=UNIT_IN_SCOPE),
        scoped("territory_boundary", read="true", write=f"unit_id IN ({IN_SCOPE})"),
        scoped("territory_formerplacement", read="true", write=f"unit_id IN ({IN_SCOPE})"),
        scoped("territory_succession", read="true", write=f"old_id IN ({IN_SCOPE})"),
        scoped("territory_household", read=HOUSEHOLD_IN_SCOPE),
    ]
