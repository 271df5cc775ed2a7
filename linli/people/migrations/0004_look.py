"""How pages look for an account: another device without a choice of its own begins with it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_wishes_moved'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='look',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
    ]
