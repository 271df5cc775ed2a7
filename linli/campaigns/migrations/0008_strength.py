"""A city's roster in a page's time: its people are counted as they come and go, and row security looks up the units of the rows that
are read instead of listing every unit that one sees (300,000 for the city)."""

import django.db.models.deletion
from django.db import migrations, models

from linli.foundation.rowsecurity import in_own_units, rescoped, scoped

COUNTING = """
-- `changed` are the rows that a statement added to the roster or took from it, `times` is 1 or -1. Each counts for its unit and for those
-- above. Always in the same order, so that two statements wait for each other and never both.
CREATE FUNCTION campaigns_count_strength() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    times int := TG_ARGV[0];
BEGIN
    INSERT INTO campaigns_strength AS known (unit_id, kind, people)
    SELECT above.id, of_unit.kind, times * sum(of_unit.people) FROM (
        SELECT unit_id, kind, count(*) AS people FROM changed WHERE left_at IS NULL GROUP BY unit_id, kind
    ) AS of_unit
    JOIN territory_unit AS own ON own.id = of_unit.unit_id, unnest(own.path) AS above (id)
    GROUP BY above.id, of_unit.kind ORDER BY above.id, of_unit.kind
    ON CONFLICT (unit_id, kind) DO UPDATE SET people = known.people + excluded.people;
    RETURN NULL;
END $$;
CREATE TRIGGER campaigns_member_comes AFTER INSERT ON campaigns_member REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_strength('1');
CREATE TRIGGER campaigns_member_goes AFTER DELETE ON campaigns_member REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_strength('-1');
CREATE TRIGGER campaigns_member_becomes AFTER UPDATE ON campaigns_member REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_strength('1');
CREATE TRIGGER campaigns_member_was AFTER UPDATE ON campaigns_member REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_strength('-1');

-- Everybody counted anew: units lie elsewhere now.
CREATE FUNCTION campaigns_count_strength_anew() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    LOCK TABLE campaigns_member IN SHARE MODE;
    DELETE FROM campaigns_strength;
    INSERT INTO campaigns_strength (unit_id, kind, people)
    SELECT above.id, of_unit.kind, sum(of_unit.people) FROM (
        SELECT unit_id, kind, count(*) AS people FROM campaigns_member WHERE left_at IS NULL GROUP BY unit_id, kind
    ) AS of_unit
    JOIN territory_unit AS own ON own.id = of_unit.unit_id, unnest(own.path) AS above (id)
    GROUP BY above.id, of_unit.kind;
$$;
SELECT campaigns_count_strength_anew();
"""
NOT_COUNTING = """
DROP FUNCTION campaigns_count_strength_anew();
DROP FUNCTION campaigns_count_strength() CASCADE;
"""

OF_MY_TEAM = "team_id = ANY ((SELECT campaigns_teams())::uuid[])"
TEAM_OF_MINE = "id = ANY ((SELECT campaigns_teams())::uuid[])"
MYSELF = "person_id = linli_person()"
TEAM_IN_OWN_UNITS = in_own_units("(SELECT team.unit_id FROM campaigns_team AS team WHERE team.id = team_id)")
# As they were (0002, 0004).
OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_people'),
        ('territory', '0004_timeline'),
    ]

    operations = [
        migrations.CreateModel(
            name='Strength',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('cadre', 'Cadre'), ('community_worker', 'Community worker'), ('volunteer', 'Volunteer'), ('property_staff', 'Property staff'), ('social_org', 'Social organisation')], max_length=20)),
                ('people', models.IntegerField()),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('unit', 'kind'), name='strength_once')],
            },
        ),
        migrations.AddIndex(
            model_name='team',
            index=models.Index(condition=models.Q(('out_at__isnull', False)), fields=['campaign'], name='team_out'),
        ),
        *(
            migrations.AddIndex(
                model_name='tally', index=models.Index(fields=['campaign', level], name=f'tally_of_{level}')
            )
            for level in ('district', 'subdistrict', 'community')
        ),
        migrations.RunSQL(COUNTING, NOT_COUNTING),
        scoped("campaigns_strength", read=in_own_units("campaigns_strength.unit_id"), write="false"),
        rescoped(
            "campaigns_member",
            read=f"{MYSELF} OR {in_own_units('campaigns_member.unit_id')}",
            before=f"{MYSELF} OR {OWN_UNITS}",
        ),
        rescoped(
            "campaigns_team",
            read=f"{TEAM_OF_MINE} OR {in_own_units('campaigns_team.unit_id')}",
            before=f"{TEAM_OF_MINE} OR {OWN_UNITS}",
        ),
        rescoped(
            "campaigns_membership",
            read=f"{OF_MY_TEAM} OR {TEAM_IN_OWN_UNITS}",
            before=f"{OF_MY_TEAM} OR team_id IN (SELECT id FROM campaigns_team WHERE {OWN_UNITS})",
        ),
        rescoped("campaigns_premises", read=in_own_units("campaigns_premises.unit_id"), before=OWN_UNITS),
    ]
