"""A state's English name: “Received”, where “Collected” told a resident little. Nothing changes in the database."""

from django.db import migrations, models

STATES = [
    ("collected", "Received"),
    ("declined", "Declined"),
    ("filed", "Filed"),
    ("dispatched", "Dispatched"),
    ("accepted", "Being handled"),
    ("handled", "Reported back"),
    ("verified", "Verified"),
    ("closed", "Closed"),
    ("evaluated", "Evaluated"),
    ("merged", "Merged into another case"),
]


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_tally")]
    operations = [
        migrations.AlterField(
            model_name="case",
            name="state",
            field=models.CharField(choices=STATES, default="collected", max_length=10),
        ),
        migrations.AlterField(
            model_name="case",
            name="merged_from",
            field=models.CharField(choices=STATES, default="", max_length=10),
        ),
    ]
