"""Who may read and write joint control's rows; logs stay as they are, and data go only by the one function that destroys them."""

from django.db import migrations

from linli.foundation.rowsecurity import append_only, scoped

OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"
# Of the 300,000 units of a city 3,000 are communities: by level first.
OWN_COMMUNITIES = "community_id IN (SELECT id FROM territory_unit WHERE level = 'community' AND path && linli_units())"
MINE = "(SELECT campaigns_teams())"
OF_MY_TEAM = f"team_id = ANY ({MINE}::uuid[])"
MY_BUILDINGS = f"building_id IN (SELECT building_id FROM campaigns_share WHERE {OF_MY_TEAM} AND taken_at IS NULL)"
# The policy of the other table applies inside.
SEEN_DECLARATION = f"declaration_id IN (SELECT id FROM campaigns_declaration WHERE {OWN_UNITS})"
OWN_CAMPAIGN = f"campaign_id IN (SELECT id FROM campaigns_campaign WHERE {OWN_UNITS})"
MYSELF = "person_id = linli_person()"

FUNCTIONS = """
-- The teams in which the acting person is now. Asked once per statement; it reads past the policies that are built on it.
CREATE FUNCTION campaigns_teams() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(membership.team_id), '{}')
    FROM campaigns_membership AS membership JOIN campaigns_member AS member ON member.id = membership.member_id
    WHERE member.person_id = linli_person() AND membership.until IS NULL
$$;

-- A submission may go when its declaration is over and no exception keeps it; nothing else ever changes or removes one.
CREATE FUNCTION campaigns_only_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM campaigns_campaign AS campaign JOIN campaigns_declaration AS declared ON declared.id = campaign.declaration_id
        WHERE campaign.id = OLD.campaign_id AND least(declared.ends_at, declared.ended_at) <= clock_timestamp()
            AND NOT EXISTS (SELECT 1 FROM campaigns_keeping WHERE declaration_id = declared.id AND until > clock_timestamp())
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE UPDATE, DELETE, TRUNCATE ON campaigns_submission FROM linli_app;
CREATE TRIGGER campaigns_submission_only_destroyed BEFORE UPDATE OR DELETE ON campaigns_submission
    FOR EACH ROW EXECUTE FUNCTION campaigns_only_destroyed();
CREATE TRIGGER campaigns_submission_no_truncate BEFORE TRUNCATE ON campaigns_submission
    FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change();

-- Removes what was collected under a declaration: submissions and what doors are by them. Counts without names stay. The trigger above holds.
-- The system alone calls it, after it has checked who orders it (actions/ending.py).
CREATE FUNCTION campaigns_destroy(declared uuid) RETURNS TABLE (what text, gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT linli_system() THEN
        RAISE EXCEPTION 'only the system destroys' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM campaigns_submission WHERE campaign_id IN (SELECT id FROM campaigns_campaign WHERE declaration_id = declared);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'submissions';
    RETURN NEXT;
    DELETE FROM campaigns_door WHERE campaign_id IN (SELECT id FROM campaigns_campaign WHERE declaration_id = declared);
    GET DIAGNOSTICS gone = ROW_COUNT;
    what := 'doors';
    RETURN NEXT;
END $$;
"""
REVERSE = """
DROP FUNCTION campaigns_destroy(uuid);
DROP TRIGGER campaigns_submission_only_destroyed ON campaigns_submission;
DROP TRIGGER campaigns_submission_no_truncate ON campaigns_submission;
GRANT UPDATE, DELETE ON campaigns_submission TO linli_app;
DROP FUNCTION campaigns_only_destroyed();
DROP FUNCTION campaigns_teams();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("foundation", "0003_guards"), ("people", "0002_security")]
    operations = [
        migrations.RunSQL(FUNCTIONS, REVERSE),
        # That joint control holds somewhere, on which basis and how it ended is for everybody to read.
        scoped("campaigns_declaration", read="true", write=OWN_UNITS),
        scoped("campaigns_keeping", read="true", write="false", insert=SEEN_DECLARATION),
        scoped("campaigns_destructionproof", read="true", write="false", insert=SEEN_DECLARATION),
        scoped("campaigns_poweruse", read=f"by_id = linli_person() OR {SEEN_DECLARATION}", write="false", insert=SEEN_DECLARATION),
        append_only("campaigns_keeping"),
        append_only("campaigns_destructionproof"),
        append_only("campaigns_poweruse"),
        scoped("campaigns_member", read=f"{MYSELF} OR {OWN_UNITS}"),
        scoped("campaigns_call", read="true", write=OWN_UNITS),
        scoped(
            "campaigns_callanswer",
            read="member_id IN (SELECT id FROM campaigns_member)",
            write=f"member_id IN (SELECT id FROM campaigns_member WHERE {MYSELF} OR {OWN_UNITS})",
        ),
        scoped("campaigns_team", read=f"id = ANY ({MINE}::uuid[]) OR {OWN_UNITS}"),
        scoped(
            "campaigns_membership",
            read=f"{OF_MY_TEAM} OR team_id IN (SELECT id FROM campaigns_team WHERE {OWN_UNITS})",
            write=f"team_id IN (SELECT id FROM campaigns_team WHERE {OWN_UNITS})",
        ),
        scoped("campaigns_formversion", read="true", write=OWN_UNITS),
        scoped("campaigns_campaign", read="true", write=OWN_UNITS),
        scoped("campaigns_share", read=f"{OF_MY_TEAM} OR {OWN_COMMUNITIES}", write=OWN_COMMUNITIES),
        # Nobody sends in somebody else's name.
        scoped(
            "campaigns_submission",
            read=f"by_id = linli_person() OR {OF_MY_TEAM} OR {OWN_COMMUNITIES} OR (community_id IS NULL AND {OWN_CAMPAIGN})",
            write="false",
            insert="by_id = linli_person()",
        ),
        scoped("campaigns_door", read=f"{MY_BUILDINGS} OR {OWN_COMMUNITIES}"),
        scoped("campaigns_tally", read=f"{MY_BUILDINGS} OR {OWN_COMMUNITIES}"),
    ]
