"""The communities whose news somebody asked for: theirs alone to read and to change."""

import django.db.models.deletion
import linli.foundation.clock
from django.conf import settings
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0005_announcements"),
        ("territory", "0003_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("wishes", "where_reported", models.BooleanField(default=True)),
        migrations.CreateModel(
            name="Followed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(default=linli.foundation.clock.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("unit", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="territory.unit")),
            ],
            options={"verbose_name_plural": "followed"},
        ),
        migrations.AddConstraint(
            "followed", models.UniqueConstraint(fields=("person", "unit"), name="gateway_followed_once")
        ),
        scoped("gateway_followed", read="person_id = linli_person()"),
    ]
