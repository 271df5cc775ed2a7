"""A visit that was made after its screening had been closed is set aside for that; and a form says whether it asks about health."""

from django.db import migrations, models

# Of what was published before: by the names of its questions (`forms/form.py`).
MARK = """
UPDATE campaigns_formversion SET asks_health = true
WHERE schema::text ~ '"path": "[^"]*/(fever|temperature|symptoms|symptoms_since|chronic_medicine|medicine_days_left|needs_help_daily|injured|injury|cannot_walk)"';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0013_roster_in_order'),
    ]

    operations = [
        migrations.AlterField(
            model_name='submission',
            name='aside',
            field=models.CharField(blank=True, choices=[('', ''), ('not_yours', "The door is not among the team's doors"), ('answers', 'An answer is outside what the form allows'), ('unknown_door', 'No such door is in the area'), ('removed', 'The person had been taken out of the team before the visit'), ('changed', 'The same visit was sent again with other content'), ('after_end', 'The visit was made after the declaration had ended'), ('closed', 'The visit was made after the screening had been closed')], default='', max_length=20),
        ),
        migrations.AddField(
            model_name='formversion',
            name='asks_health',
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
