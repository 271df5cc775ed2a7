"""Who may read and write the register and the looks; a look that was noted stays as it is, for everybody."""

from django.db import migrations

from linli.foundation.rowsecurity import append_only, scoped

# A post in the unit or above it; what its role may do, the room's rules ask.
OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"
# The camera's own policy applies inside.
SEEN_CAMERA = "EXISTS (SELECT 1 FROM cameras_camera WHERE cameras_camera.id = camera_id)"


class Migration(migrations.Migration):
    dependencies = [("cameras", "0001_initial"), ("foundation", "0003_guards"), ("people", "0002_security")]
    operations = [
        scoped("cameras_camera", read=OWN_UNITS),
        # Nobody notes a look for somebody else.
        scoped(
            "cameras_look",
            read=f"by_id = linli_person() OR {SEEN_CAMERA}",
            write="false",
            insert=f"by_id = linli_person() AND {SEEN_CAMERA}",
        ),
        append_only("cameras_look"),
    ]
