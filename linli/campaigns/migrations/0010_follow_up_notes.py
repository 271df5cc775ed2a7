"""What was written about a household's follow-ups lies beside them, and goes with them: the timeline keeps the step alone."""

import django.db.models.deletion
import linli.foundation.ids
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

# The policy of the other table applies inside.
SEEN_FOLLOW_UP = "EXISTS (SELECT FROM campaigns_followup AS one WHERE one.id = follow_up_id)"

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
    DELETE FROM campaigns_followupnote WHERE campaign_id = ANY (kept);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'follow_up_notes';
    RETURN NEXT;
    DELETE FROM campaigns_followup WHERE campaign_id = ANY (kept);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'follow_ups';
    RETURN NEXT;
END $$;
"""
BEFORE = """
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
REVOKE UPDATE, DELETE, TRUNCATE ON campaigns_followupnote FROM linli_app;
CREATE TRIGGER campaigns_followupnote_only_destroyed BEFORE UPDATE OR DELETE ON campaigns_followupnote
    FOR EACH ROW EXECUTE FUNCTION campaigns_only_destroyed();
CREATE TRIGGER campaigns_followupnote_no_truncate BEFORE TRUNCATE ON campaigns_followupnote
    FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0009_skills'),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUpNote',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.BinaryField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='campaigns.followup')),
            ],
        ),
        scoped("campaigns_followupnote", read=SEEN_FOLLOW_UP, write="false", insert=SEEN_FOLLOW_UP),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(DESTROY, BEFORE),
    ]
