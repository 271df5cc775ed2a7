"""Counts by community and hour, scoped like the tallies of buildings; and who has a follow-up in hand."""

import django.db.models.deletion
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

OWN_COMMUNITIES = "community_id IN (SELECT id FROM territory_unit WHERE level = 'community' AND path && linli_units())"

FILL = """
INSERT INTO campaigns_hourtally (campaign_id, community_id, hour, reached)
SELECT campaign_id, community_id, date_trunc('hour', visited_at), count(*) FROM campaigns_door
WHERE outcome IN ('done', 'refused', 'moved') GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0005_visits'),
        ('territory', '0004_timeline'),
    ]

    operations = [
        migrations.CreateModel(
            name='HourTally',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('hour', models.DateTimeField()),
                ('reached', models.IntegerField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'hour'], name='hour_tally_by_hour')],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'community', 'hour'), name='hour_tally_once')],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        scoped("campaigns_hourtally", read=OWN_COMMUNITIES),
        migrations.AddField(model_name='followup', name='holder', field=models.UUIDField(null=True)),
    ]
