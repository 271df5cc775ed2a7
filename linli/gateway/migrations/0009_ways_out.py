"""What the page of the ways out counts: the last day of each, and what went wrong."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [('gateway', '0008_alerts')]

    operations = [
        migrations.AddIndex(
            model_name='outgoingmessage',
            index=models.Index(fields=['channel', '-created_at'], name='gateway_outgoing_lately'),
        ),
        migrations.AddIndex(
            model_name='outgoingmessage',
            index=models.Index(
                condition=~Q(error=''), fields=['channel', '-created_at'], name='gateway_outgoing_wrong'
            ),
        ),
    ]
