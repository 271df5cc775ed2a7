"""The WeChat account that a person has connected."""

from django.db import migrations, models
from django.db.models import Q

import linli.foundation.privacy


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0004_look'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='openid',
            field=linli.foundation.privacy.EncryptedTextField(blank=True, editable=True),
        ),
        migrations.AddField(
            model_name='person',
            name='openid_hash',
            field=models.BinaryField(blank=True, max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(
                fields=['openid_hash'], condition=Q(username__isnull=True), name='people_person_one_resident_per_openid'
            ),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(
                fields=['openid_hash'], condition=Q(username__isnull=False), name='people_person_one_staff_per_openid'
            ),
        ),
    ]
