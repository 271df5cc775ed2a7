"""Addresses are found while somebody types: buildings by number, and doors without reading the whole scope first.

`building_id IN (every unit in scope)` made PostgreSQL gather the units of a city (200,000 rows) for one door. Asked the other way
round, the path of the household's own building is read: one row by its key.
"""

from django.db import migrations, models

# A scalar subquery, because EXISTS may be hashed, which gathers them all the same.
_SCOPE = "(SELECT above.path FROM territory_unit above WHERE above.id = {column}) && ((SELECT linli_units())::uuid[])"
_RULE = "linli_system() OR " + " OR ".join(_SCOPE.format(column=name) for name in ("building_id", "micro_grid_id"))
_BEFORE = "linli_system() OR " + " OR ".join(
    f"{name} IN (SELECT id FROM territory_unit WHERE path && ((SELECT linli_units())::uuid[]))"
    for name in ("building_id", "micro_grid_id")
)


class Migration(migrations.Migration):
    dependencies = [("territory", "0002_security")]
    operations = [
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(
                condition=models.Q(("level__in", ["building", "linpan"])),
                fields=["parent", "name"],
                name="unit_parent_name",
            ),
        ),
        migrations.RunSQL(
            f"ALTER POLICY territory_household_read ON territory_household USING ({_RULE})",
            f"ALTER POLICY territory_household_read ON territory_household USING ({_BEFORE})",
        ),
    ]
