"""Facilities are published, as the territory is: everybody reads them; posts write those of their units."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import linli.foundation.ids
from linli.foundation.rowsecurity import scoped

KINDS = {
    "clinic": "Clinic", "hospital": "Hospital", "pharmacy": "Pharmacy", "market": "Market", "school": "School",
    "kindergarten": "Kindergarten", "elder_care": "Care for elders", "canteen": "Community canteen", "toilet": "Public toilet",
    "park": "Park", "police": "Police station", "fire_station": "Fire station", "service_centre": "Community service centre",
    "shelter": "Emergency shelter", "parking": "Car park", "bus_stop": "Bus stop", "metro": "Metro station", "library": "Library",
    "sports": "Sports ground",
}  # fmt: skip
IN_SCOPE = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"


class Migration(migrations.Migration):
    dependencies = [("territory", "0004_timeline")]
    operations = [
        migrations.CreateModel(
            name="Facility",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source", models.CharField(max_length=100)),
                ("source_id", models.CharField(max_length=200)),
                ("kind", models.CharField(choices=list(KINDS.items()), max_length=20)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("name_en", models.CharField(blank=True, max_length=120)),
                ("lon", models.FloatField()),
                ("lat", models.FloatField()),
                ("address", models.CharField(blank=True, max_length=200)),
                ("hours", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=60)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="territory.unit"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "facilities",
                "indexes": [
                    models.Index(condition=Q(("closed_at", None)), fields=["lon", "lat"], name="facility_place")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "source_id"), name="facility_once_of_a_source"),
                    models.CheckConstraint(
                        condition=Q(("lat__range", (-90, 90)), ("lon__range", (-180, 180))), name="facility_on_earth"
                    ),
                    models.CheckConstraint(condition=Q(("kind__in", list(KINDS))), name="facility_kind_known"),
                ],
            },
        ),
        scoped("territory_facility", read="true", write=IN_SCOPE),
    ]
