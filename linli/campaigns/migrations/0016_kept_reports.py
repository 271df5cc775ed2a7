"""Situation reports on the hour are kept: added, never changed, and destroyed with the declaration's data."""

import django.db.models.deletion
from django.db import migrations, models

import linli.foundation.clock
import linli.foundation.ids
from linli.foundation.rowsecurity import in_own_units, scoped

GUARDS = """
REVOKE UPDATE, TRUNCATE ON campaigns_keptreport FROM linli_app;
CREATE TRIGGER campaigns_keptreport_only_destroyed BEFORE UPDATE OR DELETE ON campaigns_keptreport
    FOR EACH ROW EXECUTE FUNCTION campaigns_only_destroyed();
CREATE TRIGGER campaigns_keptreport_no_truncate BEFORE TRUNCATE ON campaigns_keptreport
    FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change();
"""
NO_GUARDS = """
DROP TRIGGER campaigns_keptreport_only_destroyed ON campaigns_keptreport;
DROP TRIGGER campaigns_keptreport_no_truncate ON campaigns_keptreport;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0015_heard_at'),
        ('territory', '0005_facility'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptReport',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('hour', models.DateTimeField()),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('figures', models.JSONField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('campaign', 'unit', 'hour'), name='kept_report_once')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        scoped("campaigns_keptreport", read=in_own_units("campaigns_keptreport.unit_id"), write="false"),
    ]
