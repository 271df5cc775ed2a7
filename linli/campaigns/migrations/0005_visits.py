"""Of a visit: who handed the door over, a note, how far the phone was, photos. Photos are scoped and destroyed like their visits."""

import django.db.models.deletion
import linli.foundation.clock
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

# The policy of the other table applies inside.
SEEN_VISIT = "EXISTS (SELECT FROM campaigns_submission AS visit WHERE visit.id = visit_id)"

DESTROY = """
CREATE OR REPLACE FUNCTION campaigns_destroy(declared uuid) RETURNS TABLE (what text, gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    kept uuid[] := ARRAY(SELECT id FROM campaigns_campaign WHERE declaration_id = declared);
BEGIN
    IF NOT linli_system() THEN
        RAISE EXCEPTION 'only the system destroys' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM campaigns_visitphoto WHERE campaign_id = ANY (kept);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'photos';
    RETURN NEXT;
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
GUARDS = """
REVOKE UPDATE, DELETE, TRUNCATE ON campaigns_visitphoto FROM linli_app;
CREATE TRIGGER campaigns_visitphoto_only_destroyed BEFORE UPDATE OR DELETE ON campaigns_visitphoto
    FOR EACH ROW EXECUTE FUNCTION campaigns_only_destroyed();
CREATE TRIGGER campaigns_visitphoto_no_truncate BEFORE TRUNCATE ON campaigns_visitphoto
    FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0004_premises'),
    ]

    operations = [
        migrations.AlterField(
            model_name='submission',
            name='aside',
            field=models.CharField(blank=True, choices=[('', ''), ('not_yours', "The door is not among the team's doors"), ('answers', 'An answer is outside what the form allows'), ('unknown_door', 'No such door is in the area'), ('removed', 'The person had been taken out of the team before the visit'), ('changed', 'The same visit was sent again with other content'), ('after_end', 'The visit was made after the declaration had ended')], default='', max_length=20),
        ),
        migrations.AddField(
            model_name='submission',
            name='note',
            field=models.BinaryField(default=bytes),
        ),
        migrations.AddField(
            model_name='submission',
            name='handed_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='submission',
            name='metres_off',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('handed_by__isnull', False), ('metres_off__isnull', False), _connector='OR'), fields=['team'], name='submission_to_look_at'),
        ),
        migrations.CreateModel(
            name='VisitPhoto',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(max_length=32)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('received_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('by_id', models.UUIDField(null=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='campaigns.submission')),
            ],
        ),
        # Nobody sends in somebody else's name.
        scoped("campaigns_visitphoto", read=SEEN_VISIT, write="false", insert="by_id = linli_person()"),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(DESTROY, migrations.RunSQL.noop),
    ]
