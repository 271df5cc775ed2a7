"""The members of a unit are found in the order of the roster: a page of a subdistrict looks at those of its units, and no others."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [('campaigns', '0012_homes_and_tellings')]

    operations = [
        migrations.RemoveIndex(model_name='member', name='member_of_unit'),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['unit', 'id'], name='member_of_unit', condition=Q(left_at=None)),
        ),
    ]
