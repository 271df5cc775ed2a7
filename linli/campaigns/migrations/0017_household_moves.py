"""Where a household went, so that what arrives late follows it; kept beside the timeline, and destroyed with the declaration's data."""

import django.db.models.deletion
from django.db import migrations, models

import linli.foundation.clock
import linli.foundation.ids
from linli.foundation.rowsecurity import in_own_units, scoped

GUARDS = """
REVOKE UPDATE, TRUNCATE ON campaigns_householdmove FROM linli_app;
CREATE TRIGGER campaigns_householdmove_only_destroyed BEFORE UPDATE OR DELETE ON campaigns_householdmove
    FOR EACH ROW EXECUTE FUNCTION campaigns_only_destroyed();
CREATE TRIGGER campaigns_householdmove_no_truncate BEFORE TRUNCATE ON campaigns_householdmove
    FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change();
"""
NO_GUARDS = """
DROP TRIGGER campaigns_householdmove_only_destroyed ON campaigns_householdmove;
DROP TRIGGER campaigns_householdmove_no_truncate ON campaigns_householdmove;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0016_kept_reports'),
    ]

    operations = [
        migrations.CreateModel(
            name='HouseholdMove',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('door', models.UUIDField()),
                ('to', models.UUIDField()),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'door'], name='household_move_from')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        scoped("campaigns_householdmove", read=in_own_units("campaigns_householdmove.community_id"), write="false"),
    ]
