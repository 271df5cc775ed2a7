"""Warnings as CAP 1.2 has them, and the announcements that tell of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.db import migrations, models
from django.db.models import Q

from linli.foundation.rowsecurity import scoped

# What is for everybody; and whatever was issued in units of one's own.
OWN_DECLARATIONS = (
    "declaration_id IN (SELECT id FROM campaigns_declaration WHERE unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units()))"
)


class Migration(migrations.Migration):
    dependencies = [("gateway", "0007_app_users"), ("campaigns", "0003_following")]
    operations = [
        migrations.CreateModel(
            name="PublicAlert",
            fields=[
                ("id", models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("direction", models.CharField(choices=[("out", "Ours"), ("in", "From a service")], max_length=3)),
                ("sender", models.CharField(max_length=200)),
                ("identifier", models.CharField(max_length=200)),
                ("sent", models.DateTimeField()),
                ("status", models.CharField(max_length=12)),
                ("msg_type", models.CharField(max_length=12)),
                ("scope", models.CharField(max_length=12)),
                ("category", models.CharField(blank=True, max_length=12)),
                ("urgency", models.CharField(blank=True, max_length=12)),
                ("severity", models.CharField(blank=True, max_length=12)),
                ("certainty", models.CharField(blank=True, max_length=12)),
                ("headline", models.CharField(blank=True, max_length=200)),
                ("headline_en", models.CharField(blank=True, max_length=200)),
                ("description", models.TextField(blank=True)),
                ("description_en", models.TextField(blank=True)),
                ("instruction", models.TextField(blank=True)),
                ("instruction_en", models.TextField(blank=True)),
                ("units", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ("effective", models.DateTimeField()),
                ("expires", models.DateTimeField()),
                ("references", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ("xml", models.TextField()),
                ("created_at", models.DateTimeField(default=linli.foundation.clock.now)),
                ("created_by", models.UUIDField(null=True)),
                ("declaration", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.declaration")),
                ("ended_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="gateway.publicalert")),
                ("key", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="gateway.apikey")),
            ],
            options={
                "indexes": [
                    models.Index(condition=Q(("ended_by", None)), fields=["expires"], name="gateway_alert_holds"),
                    models.Index(fields=["declaration", "-id"], name="gateway_alert_of_declaration"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("sender", "identifier", "sent"), name="gateway_alert_once"),
                    models.CheckConstraint(
                        condition=Q(Q(("declaration__isnull", False), ("direction", "out")), Q(("direction", "in"), ("key__isnull", False)), _connector="OR"),
                        name="gateway_alert_comes_from_somewhere",
                    ),
                ],
            },
        ),
        migrations.AddField(
            "announcement",
            "alert",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="announcements", to="gateway.publicalert"),
        ),
        scoped("gateway_publicalert", read=f"scope = 'Public' OR {OWN_DECLARATIONS}", write=OWN_DECLARATIONS),
    ]
