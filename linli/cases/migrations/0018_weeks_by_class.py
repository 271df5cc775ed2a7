"""What was reported of each class in each week in the city and its districts, counted by the hour."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_unassigned"), ("duties", "0001_initial"), ("territory", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "ClassWeek",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("units", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("start", models.DateField()),
                ("opened", models.PositiveIntegerField()),
                ("closed", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField()),
                (
                    "case_class",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="duties.caseclass",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="territory.unit",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "classweek",
            models.UniqueConstraint(
                fields=["unit", "start", "case_class"], name="class_week_once", nulls_distinct=False
            ),
        ),
        scoped("cases_classweek", read="units && linli_units()", write="false"),
    ]
