"""A city's screening and its roster by skill in a page's time.

The counts of buildings are summed by community as they change, those of hours by district; and who has a skill is kept by unit.
"""

import django.db.models.deletion
from django.db import migrations, models

from linli.foundation.rowsecurity import in_own_units, rescoped, scoped

# As it was (0009).
SKILLED = """
CREATE FUNCTION campaigns_skilled(skill text, below uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT member.id FROM campaigns_member AS member JOIN territory_unit AS own ON own.id = member.unit_id
    WHERE member.left_at IS NULL AND member.skills @> ARRAY[skill]::varchar[] AND own.path @> ARRAY[below]
$$;
"""
# As they were (0002, 0006, 0008).
OF_MY_TEAM = "team_id = ANY ((SELECT campaigns_teams())::uuid[])"
TEAM_OF_MINE = "id = ANY ((SELECT campaigns_teams())::uuid[])"
MY_BUILDINGS = f"building_id IN (SELECT building_id FROM campaigns_share WHERE {OF_MY_TEAM} AND taken_at IS NULL)"
MYSELF = "person_id = linli_person()"
TEAM_IN_OWN_UNITS = in_own_units("(SELECT team.unit_id FROM campaigns_team AS team WHERE team.id = team_id)")
OWN_COMMUNITIES = "community_id IN (SELECT id FROM territory_unit WHERE level = 'community' AND path && linli_units())"
OWN_DISTRICTS = "district_id IN (SELECT id FROM territory_unit WHERE level = 'district' AND path && linli_units())"
MY_OWN = "member_id IN (SELECT id FROM campaigns_member WHERE person_id = linli_person())"
# Asked once for each statement; where it holds, no row is looked at for the unit in which it lies.
WHOLE_CITY = "(SELECT campaigns_whole_city())"
READ = {
    "campaigns_share": f"{OF_MY_TEAM} OR {OWN_COMMUNITIES}",
    "campaigns_door": f"{MY_BUILDINGS} OR {OWN_COMMUNITIES}",
    "campaigns_tally": f"{MY_BUILDINGS} OR {OWN_COMMUNITIES}",
    "campaigns_hourtally": OWN_COMMUNITIES,
    "campaigns_member": f"{MYSELF} OR {in_own_units('campaigns_member.unit_id')}",
    "campaigns_team": f"{TEAM_OF_MINE} OR {in_own_units('campaigns_team.unit_id')}",
    "campaigns_membership": f"{OF_MY_TEAM} OR {TEAM_IN_OWN_UNITS}",
    "campaigns_premises": in_own_units("campaigns_premises.unit_id"),
}
SEES_ALL = """
-- Whether every unit lies in those of the actor: those above all others are among them.
CREATE FUNCTION campaigns_whole_city() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT cardinality(linli_units()) > 0
        AND NOT EXISTS (SELECT FROM territory_unit WHERE parent_id IS NULL AND id <> ALL (linli_units()))
$$;
"""

SUMS = """
    count(*) AS buildings, coalesce(sum(building.doors), 0) AS doors, coalesce(sum(building.found), 0) AS found, coalesce(sum(building.done), 0) AS done,
    coalesce(sum(building.refused), 0) AS refused, coalesce(sum(building.moved), 0) AS moved, coalesce(sum(building.nobody_home), 0) AS nobody_home,
    coalesce(sum(building.other_language), 0) AS other_language, coalesce(sum(building.unsafe), 0) AS unsafe, coalesce(sum(building.visits), 0) AS visits,
    coalesce(sum(building.aside), 0) AS aside, count(*) FILTER (WHERE building.rest > 0) AS buildings_left,
    greatest(max(building.rest), 0) AS most_left
"""
COMMUNITIES = f"""
-- `changed` are the rows that a statement added, changed or removed, as they are or were. The rows of their communities are held first,
-- always in the same order; what is summed then is seen anew, with all that whoever held them before has written.
CREATE FUNCTION campaigns_count_communities() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    -- Of buildings as they were: counted already, with those as they are, unless one has left its community.
    IF TG_NARGS = 1 THEN
        IF NOT EXISTS (
            SELECT campaign_id, district_id, subdistrict_id, community_id FROM changed
            EXCEPT SELECT campaign_id, district_id, subdistrict_id, community_id FROM since
        ) THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO campaigns_communitytally (
        campaign_id, district_id, subdistrict_id, community_id, buildings, doors, found, done, refused, moved, nobody_home,
        other_language, unsafe, visits, aside, buildings_left, most_left
    )
    SELECT DISTINCT campaign_id, district_id, subdistrict_id, community_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM changed ORDER BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING;
    PERFORM FROM campaigns_communitytally
    WHERE (campaign_id, district_id, subdistrict_id, community_id) IN (
        SELECT campaign_id, district_id, subdistrict_id, community_id FROM changed
    )
    ORDER BY campaign_id, district_id, subdistrict_id, community_id FOR NO KEY UPDATE;
    UPDATE campaigns_communitytally AS kept SET
        buildings = summed.buildings, doors = summed.doors, found = summed.found, done = summed.done, refused = summed.refused,
        moved = summed.moved, nobody_home = summed.nobody_home, other_language = summed.other_language, unsafe = summed.unsafe,
        visits = summed.visits, aside = summed.aside, buildings_left = summed.buildings_left,
        most_left = summed.most_left
    FROM (SELECT DISTINCT campaign_id, district_id, subdistrict_id, community_id FROM changed) AS of,
    LATERAL (
        SELECT {SUMS}
        FROM (
            SELECT tally.*, tally.doors + tally.found - tally.done - tally.refused - tally.moved AS rest FROM campaigns_tally AS tally
            WHERE tally.campaign_id = of.campaign_id AND tally.community_id = of.community_id
                AND tally.subdistrict_id = of.subdistrict_id AND tally.district_id = of.district_id
        ) AS building
    ) AS summed
    WHERE kept.campaign_id = of.campaign_id AND kept.community_id = of.community_id
        AND kept.subdistrict_id = of.subdistrict_id AND kept.district_id = of.district_id;
    RETURN NULL;
END $$;
CREATE TRIGGER campaigns_tally_comes AFTER INSERT ON campaigns_tally REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_communities();
CREATE TRIGGER campaigns_tally_goes AFTER DELETE ON campaigns_tally REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_communities();
CREATE TRIGGER campaigns_tally_becomes AFTER UPDATE ON campaigns_tally REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_communities();
CREATE TRIGGER campaigns_tally_was AFTER UPDATE ON campaigns_tally REFERENCING OLD TABLE AS changed NEW TABLE AS since
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_communities('was');

INSERT INTO campaigns_communitytally (
    campaign_id, district_id, subdistrict_id, community_id, buildings, doors, found, done, refused, moved, nobody_home,
    other_language, unsafe, visits, aside, buildings_left, most_left
)
SELECT campaign_id, district_id, subdistrict_id, community_id, {SUMS}
FROM (SELECT *, doors + found - done - refused - moved AS rest FROM campaigns_tally) AS building
GROUP BY campaign_id, district_id, subdistrict_id, community_id;
"""

HOURS = """
-- As the roster is counted (0008): `times` is 1 for rows as they are, -1 for rows as they were.
CREATE FUNCTION campaigns_count_district_hours() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    times int := TG_ARGV[0];
BEGIN
    INSERT INTO campaigns_districthour AS known (campaign_id, district_id, hour, reached)
    SELECT changed.campaign_id, own.path[2], changed.hour, times * sum(changed.reached)
    FROM changed JOIN territory_unit AS own ON own.id = changed.community_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (campaign_id, district_id, hour) DO UPDATE SET reached = known.reached + excluded.reached;
    RETURN NULL;
END $$;
CREATE TRIGGER campaigns_hourtally_comes AFTER INSERT ON campaigns_hourtally REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_district_hours('1');
CREATE TRIGGER campaigns_hourtally_goes AFTER DELETE ON campaigns_hourtally REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_district_hours('-1');
CREATE TRIGGER campaigns_hourtally_becomes AFTER UPDATE ON campaigns_hourtally REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_district_hours('1');
CREATE TRIGGER campaigns_hourtally_was AFTER UPDATE ON campaigns_hourtally REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_district_hours('-1');

-- Before hours of communities are counted: those of their districts are held, all in one order. One statement on the communities adds
-- some rows and changes others, and is counted in several steps; two that came at once would each hold what the other waits for.
CREATE FUNCTION campaigns_hold_district_hours(campaign uuid, communities uuid[], hours timestamptz[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    INSERT INTO campaigns_districthour AS known (campaign_id, district_id, hour, reached)
    SELECT DISTINCT campaign, own.path[2], asked.hour, 0
    FROM unnest(communities, hours) AS asked (community, hour) JOIN territory_unit AS own ON own.id = asked.community
    ORDER BY 1, 2, 3
    ON CONFLICT (campaign_id, district_id, hour) DO UPDATE SET reached = known.reached WHERE false;
$$;

-- All counted anew: units lie elsewhere now.
CREATE FUNCTION campaigns_count_district_hours_anew() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    LOCK TABLE campaigns_hourtally IN SHARE MODE;
    DELETE FROM campaigns_districthour;
    INSERT INTO campaigns_districthour (campaign_id, district_id, hour, reached)
    SELECT kept.campaign_id, own.path[2], kept.hour, sum(kept.reached)
    FROM campaigns_hourtally AS kept JOIN territory_unit AS own ON own.id = kept.community_id
    GROUP BY 1, 2, 3;
$$;
SELECT campaigns_count_district_hours_anew();
"""
SKILLS = """
-- `changed` are the people whom a statement added to the roster or changed, as they are; `before` those whom it changed, as they were.
CREATE FUNCTION campaigns_keep_skills() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM campaigns_memberskill WHERE member_id IN (SELECT id FROM before WHERE skills <> '{}');
    END IF;
    INSERT INTO campaigns_memberskill (skill, unit_id, member_id, kind)
    SELECT DISTINCT held.skill, above.id, changed.id, changed.kind
    FROM changed JOIN territory_unit AS own ON own.id = changed.unit_id, unnest(own.path) AS above (id), unnest(changed.skills) AS held (skill)
    WHERE changed.left_at IS NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION campaigns_drop_skills() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    DELETE FROM campaigns_memberskill WHERE member_id IN (SELECT id FROM before WHERE skills <> '{}');
    RETURN NULL;
END $$;
CREATE TRIGGER campaigns_member_can AFTER INSERT ON campaigns_member REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_keep_skills();
CREATE TRIGGER campaigns_member_can_now AFTER UPDATE ON campaigns_member REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_keep_skills();
CREATE TRIGGER campaigns_member_can_no_more AFTER DELETE ON campaigns_member REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_drop_skills();

-- All kept anew: units lie elsewhere now.
CREATE FUNCTION campaigns_keep_skills_anew() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    LOCK TABLE campaigns_member IN SHARE MODE;
    DELETE FROM campaigns_memberskill;
    INSERT INTO campaigns_memberskill (skill, unit_id, member_id, kind)
    SELECT DISTINCT held.skill, above.id, member.id, member.kind
    FROM campaigns_member AS member JOIN territory_unit AS own ON own.id = member.unit_id,
        unnest(own.path) AS above (id), unnest(member.skills) AS held (skill)
    WHERE member.left_at IS NULL AND member.skills <> '{}';
$$;
SELECT campaigns_keep_skills_anew();
DROP FUNCTION campaigns_skilled(text, uuid);
"""

NOT_COMMUNITIES = "DROP FUNCTION campaigns_count_communities() CASCADE;"
NOT_HOURS = """
DROP FUNCTION campaigns_count_district_hours_anew();
DROP FUNCTION campaigns_count_district_hours() CASCADE;
DROP FUNCTION campaigns_hold_district_hours(uuid, uuid[], timestamptz[]);
"""
NOT_SKILLS = f"""
DROP FUNCTION campaigns_keep_skills_anew();
DROP FUNCTION campaigns_keep_skills() CASCADE;
DROP FUNCTION campaigns_drop_skills() CASCADE;
{SKILLED}
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0010_follow_up_notes'),
        ('territory', '0005_facility'),
    ]

    operations = [
        migrations.CreateModel(
            name='CommunityTally',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('buildings', models.PositiveIntegerField(default=0)),
                ('doors', models.PositiveIntegerField(default=0)),
                ('found', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('moved', models.PositiveIntegerField(default=0)),
                ('nobody_home', models.PositiveIntegerField(default=0)),
                ('other_language', models.PositiveIntegerField(default=0)),
                ('unsafe', models.PositiveIntegerField(default=0)),
                ('visits', models.PositiveIntegerField(default=0)),
                ('aside', models.PositiveIntegerField(default=0)),
                ('buildings_left', models.PositiveIntegerField(default=0)),
                ('most_left', models.PositiveIntegerField(default=0)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('district', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('subdistrict', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('campaign', 'district', 'subdistrict', 'community'), name='community_tally_once')],
            },
        ),
        migrations.CreateModel(
            name='DistrictHour',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('hour', models.DateTimeField()),
                ('reached', models.IntegerField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('district', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('campaign', 'district', 'hour'), name='district_hour_once')],
            },
        ),
        migrations.CreateModel(
            name='MemberSkill',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('skill', models.CharField(max_length=32)),
                ('kind', models.CharField(choices=[('cadre', 'Cadre'), ('community_worker', 'Community worker'), ('volunteer', 'Volunteer'), ('property_staff', 'Property staff'), ('social_org', 'Social organisation')], max_length=20)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.member')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('unit', 'skill', 'member'), name='member_skill_once')],
            },
        ),
        migrations.RunSQL(COMMUNITIES, NOT_COMMUNITIES),
        migrations.RunSQL(HOURS, NOT_HOURS),
        migrations.RunSQL(SKILLS, NOT_SKILLS),
        migrations.RunSQL(SEES_ALL, "DROP FUNCTION campaigns_whole_city();"),
        migrations.AddIndex(
            model_name='team',
            index=models.Index(fields=['campaign', 'unit'], name='team_of_unit'),
        ),
        migrations.RemoveIndex(model_name="member", name="member_skills"),
        scoped("campaigns_memberskill", read=f"{WHOLE_CITY} OR {in_own_units('campaigns_memberskill.unit_id')} OR {MY_OWN}", write="false"),
        scoped("campaigns_communitytally", read=f"{WHOLE_CITY} OR {OWN_COMMUNITIES}", write="false"),
        scoped("campaigns_districthour", read=f"{WHOLE_CITY} OR {OWN_DISTRICTS}", write="false"),
        *(rescoped(table, read=f"{WHOLE_CITY} OR {rule}", before=rule) for table, rule in READ.items()),
    ]
