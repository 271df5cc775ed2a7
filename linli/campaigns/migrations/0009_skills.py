"""Who has a skill, found by an index."""

import django.contrib.postgres.indexes
from django.db import migrations, models

SKILLED = """
-- In a unit and below it. Row security keeps an index of arrays from use (their operators may tell of rows that are not shown), so this
-- reads past it; the rows of these ids are read under it.
CREATE FUNCTION campaigns_skilled(skill text, below uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT member.id FROM campaigns_member AS member JOIN territory_unit AS own ON own.id = member.unit_id
    WHERE member.left_at IS NULL AND member.skills @> ARRAY[skill]::varchar[] AND own.path @> ARRAY[below]
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0008_strength'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='member',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('left_at', None)), fields=['skills'], name='member_skills'),
        ),
        migrations.RunSQL(SKILLED, "DROP FUNCTION campaigns_skilled(text, uuid);"),
    ]
