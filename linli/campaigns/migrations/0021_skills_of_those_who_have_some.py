"""Who has no skill is left out before the units above are looked up: of a city's half a million that is nearly everybody."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION campaigns_keep_skills() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM campaigns_memberskill WHERE member_id IN (SELECT id FROM before WHERE skills <> '{{}}');
    END IF;
    INSERT INTO campaigns_memberskill (skill, unit_id, member_id, kind)
    SELECT DISTINCT held.skill, above.id, changed.id, changed.kind
    FROM changed JOIN territory_unit AS own ON own.id = changed.unit_id, unnest(own.path) AS above (id), unnest(changed.skills) AS held (skill)
    WHERE changed.left_at IS NULL{skilled};
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0020_door_tried_again'),
    ]

    operations = [
        migrations.RunSQL(
            FUNCTION.format(skilled=" AND changed.skills <> '{}'"),
            FUNCTION.format(skilled=""),
        ),
    ]
