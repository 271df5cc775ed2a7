"""What happened in each week in the city and its districts, counted by the hour."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

COUNTS = ("opened", "closed", "dispatched", "responded", "evaluated", "solved", "satisfied")


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_statistics"), ("people", "0001_initial"), ("territory", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Week",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "units",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                ("start", models.DateField()),
                *((name, models.PositiveIntegerField()) for name in COUNTS),
                ("counted_at", models.DateTimeField()),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="territory.unit",
                    ),
                ),
                (
                    "body",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.body"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "week",
            models.UniqueConstraint(fields=["unit", "start", "body"], name="week_once", nulls_distinct=False),
        ),
        scoped("cases_week", read="units && linli_units()", write="false"),
    ]
