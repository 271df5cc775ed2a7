"""Ways in for ODK Collect: whoever runs joint control in a team's unit makes and revokes them."""

import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.conf import settings
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

# The team's own policy applies inside; who is in the team reads it too, and only the staff of its unit writes.
OWN_TEAMS = (
    "team_id IN (SELECT id FROM campaigns_team WHERE unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units()))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0006_followed"),
        ("campaigns", "0003_following"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="AppUser",
            fields=[
                ("id", models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(default=linli.foundation.clock.now)),
                ("created_by", models.UUIDField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("team", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.team")),
            ],
        ),
        scoped("gateway_appuser", read=f"person_id = linli_person() OR {OWN_TEAMS}", write=f"person_id = linli_person() OR {OWN_TEAMS}", insert=OWN_TEAMS),
    ]
