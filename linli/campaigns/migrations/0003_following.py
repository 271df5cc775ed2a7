"""Follow-ups: scoped like doors, and destroyed with what they follow from."""

import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

OWN_COMMUNITIES = "community_id IN (SELECT id FROM territory_unit WHERE level = 'community' AND path && linli_units())"
BUILDINGS_OF_TEAM = "building_id IN (SELECT building_id FROM campaigns_share WHERE team_id = ANY ((SELECT campaigns_teams())::uuid[]) AND taken_at IS NULL)"

DESTROY = """
CREATE OR REPLACE FUNCTION campaigns_destroy(declared uuid) RETURNS TABLE (what text, gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    kept uuid[] := ARRAY(SELECT id FROM campaigns_campaign WHERE declaration_id = declared);
BEGIN
    IF NOT linli_system() THEN
        RAISE EXCEPTION 'only the system destroys' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM campaigns_submission WHERE campaign_id = ANY (kept);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'submissions';
    RETURN NEXT;
    DELETE FROM campaigns_door WHERE campaign_id = ANY (kept);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'doors';
    RETURN NEXT;
    DELETE FROM campaigns_followup WHERE campaign_id = ANY (kept);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'follow_ups';
    RETURN NEXT;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0002_security'),
        ('territory', '0004_timeline'),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('submission', models.UUIDField()),
                ('door', models.UUIDField()),
                ('rule', models.CharField(max_length=32)),
                ('kind', models.CharField(choices=[('case', 'Case'), ('delivery', 'Delivery'), ('check_in', 'Check-in')], max_length=10)),
                ('opened_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('case', models.UUIDField(null=True)),
                ('every_hours', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(null=True)),
                ('times', models.PositiveSmallIntegerField(default=0)),
                ('released_at', models.DateTimeField(null=True)),
                ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('next_at__isnull', False), ('released_at', None)), fields=['community', 'next_at'], name='follow_up_due'), models.Index(condition=models.Q(('case', None), ('kind', 'case')), fields=['campaign'], name='follow_up_no_case')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('campaign', 'door', 'rule'), name='follow_up_once_a_door')],
            },
        ),
        scoped("campaigns_followup", read=f"{BUILDINGS_OF_TEAM} OR {OWN_COMMUNITIES}"),
        migrations.RunSQL(DESTROY, migrations.RunSQL.noop),
    ]
