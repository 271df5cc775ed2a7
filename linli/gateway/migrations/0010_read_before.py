"""A message that was read in the app before it went is told as that. Nothing changes in the database."""

from django.db import migrations, models

STATES = [
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("recorded", "Recorded only"),
    ("failed", "Failed"),
    ("expired", "Expired"),
    ("replaced", "Replaced by a newer one"),
    ("bundled", "In the daily digest"),
    ("read", "Read in the app before"),
]


class Migration(migrations.Migration):
    dependencies = [("gateway", "0009_ways_out")]
    operations = [
        migrations.AlterField(
            model_name="outgoingmessage",
            name="state",
            field=models.CharField(choices=STATES, default="waiting", max_length=10),
        )
    ]
