import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import linli.foundation.clock

# Until now a phone could have one message by each channel for one event.
ONE_EACH = """
DELETE FROM gateway_outgoingmessage USING gateway_outgoingmessage AS earlier
WHERE earlier.event = gateway_outgoingmessage.event AND earlier.id < gateway_outgoingmessage.id
  AND (earlier.recipient_hash = gateway_outgoingmessage.recipient_hash OR earlier.person = gateway_outgoingmessage.person);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0002_security"),
        ("people", "0002_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Wishes",
            fields=[
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to=settings.AUTH_USER_MODEL)),
                ("ways", models.JSONField(default=dict)),
                ("quiet_from", models.TimeField(default=datetime.time(22, 0))),
                ("quiet_to", models.TimeField(default=datetime.time(7, 0))),
                ("digest_hour", models.PositiveSmallIntegerField(null=True)),
            ],
            options={"verbose_name_plural": "wishes"},
        ),
        migrations.AddConstraint(
            model_name="wishes",
            constraint=models.CheckConstraint(condition=models.Q(("digest_hour", None), ("digest_hour__lte", 23), _connector="OR"), name="gateway_digest_at_an_hour_of_the_day"),
        ),
        migrations.AddField("message", "happened_at", models.DateTimeField(default=linli.foundation.clock.now)),
        migrations.AddField("message", "replaced", models.BooleanField(default=False)),
        migrations.RemoveIndex("message", "gateway_message_unread"),
        migrations.AddIndex(
            "message",
            models.Index(condition=models.Q(("read_at", None), ("replaced", False)), fields=["person"], name="gateway_message_unread"),
        ),
        migrations.AddIndex("message", models.Index(fields=["case"], name="gateway_message_of_case")),
        migrations.AddField("outgoingmessage", "case", models.UUIDField(null=True)),
        migrations.AddField("outgoingmessage", "happened_at", models.DateTimeField(default=linli.foundation.clock.now)),
        migrations.AddField("outgoingmessage", "urgent", models.BooleanField(default=False)),
        migrations.AddField(
            "outgoingmessage", "held",
            models.CharField(choices=[("burst", "for what else happens in this minute"), ("quiet", "for the end of the quiet hours"), ("digest", "for the daily digest")], default="", max_length=8),
        ),
        migrations.AddField(
            "outgoingmessage", "digest",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="bundle", to="gateway.outgoingmessage"),
        ),
        migrations.AlterField(
            "outgoingmessage", "state",
            models.CharField(choices=[("waiting", "Waiting"), ("sent", "Sent"), ("recorded", "Recorded only"), ("failed", "Failed"), ("expired", "Expired"), ("replaced", "Replaced by a newer one"), ("bundled", "In the daily digest")], default="waiting", max_length=10),
        ),
        migrations.AddIndex("outgoingmessage", models.Index(fields=["case"], name="gateway_outgoing_of_case")),
        migrations.RunSQL(ONE_EACH, migrations.RunSQL.noop),
        migrations.RemoveConstraint("outgoingmessage", "gateway_outgoing_once"),
        migrations.AddConstraint(
            "outgoingmessage", models.UniqueConstraint(fields=("event", "recipient_hash"), name="gateway_outgoing_once"),
        ),
        migrations.AddConstraint(
            "outgoingmessage",
            models.UniqueConstraint(condition=models.Q(("person__isnull", False)), fields=("event", "person"), name="gateway_outgoing_once_a_person"),
        ),
    ]
