"""A telling that says at the doors that another is over."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0018_one_helper_per_phone'),
    ]

    operations = [
        migrations.AddField(
            model_name='telling',
            name='over_of',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='all_clear', to='campaigns.telling'),
        ),
    ]
