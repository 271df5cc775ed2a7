"""When the phone of each member was last heard of: until now that was known of their team alone."""

from django.db import migrations, models

FILL = """
UPDATE campaigns_membership AS member SET heard_at = team.synced_at
FROM campaigns_team AS team WHERE team.id = member.team_id AND member.until IS NULL AND team.synced_at >= member.since
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', "0014_closing_and_health"),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='heard_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
