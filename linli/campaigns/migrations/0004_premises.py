"""The register of reopening: premises and their checks. Whoever works in the unit reads and writes them; checks stay."""

import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
import linli.foundation.privacy
from django.db import migrations, models

from linli.foundation.rowsecurity import append_only, scoped

OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"
# The premises' own policy applies inside.
OWN_PREMISES = "EXISTS (SELECT 1 FROM campaigns_premises WHERE campaigns_premises.id = premises_id)"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0003_following'),
        ('territory', '0004_timeline'),
    ]

    operations = [
        migrations.CreateModel(
            name='Premises',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('shop', 'Shop'), ('restaurant', 'Restaurant'), ('market', 'Market'), ('school', 'School or kindergarten'), ('factory', 'Factory'), ('office', 'Office'), ('site', 'Building site'), ('other', 'Other premises')], max_length=20)),
                ('address', linli.foundation.privacy.EncryptedTextField()),
                ('lon', models.FloatField(null=True)),
                ('lat', models.FloatField(null=True)),
                ('responsible', linli.foundation.privacy.EncryptedTextField(editable=True)),
                ('phone', linli.foundation.privacy.EncryptedTextField(blank=True, editable=True)),
                ('commitments', models.CharField(blank=True, default='', max_length=600)),
                ('standing', models.CharField(choices=[('closed', 'Closed'), ('applied', 'Applied'), ('conditional', 'Open on conditions'), ('opened', 'Open')], default='closed', max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('registered_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('result', models.CharField(choices=[('closed', 'Closed'), ('applied', 'Applied'), ('conditional', 'Open on conditions'), ('opened', 'Open')], max_length=20)),
                ('note', models.CharField(max_length=300)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('by_id', models.UUIDField(null=True)),
                ('by_label', models.CharField(max_length=120)),
                ('premises', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='campaigns.premises')),
            ],
        ),
        migrations.AddIndex(
            model_name='premises',
            index=models.Index(fields=['unit', 'standing'], name='premises_of_unit'),
        ),
        migrations.AddConstraint(
            model_name='premises',
            constraint=models.CheckConstraint(condition=models.Q(('standing', 'closed'), models.Q(('commitments', ''), _negated=True), _connector='OR'), name='premises_open_with_commitments'),
        ),
        migrations.AddIndex(
            model_name='check',
            index=models.Index(fields=['at'], name='check_by_day'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(('result', 'applied'), _negated=True), name='check_has_a_result'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='check_says_what_was_found'),
        ),
        scoped("campaigns_premises", read=OWN_UNITS),
        scoped("campaigns_check", read=OWN_PREMISES, write="false", insert=OWN_PREMISES),
        append_only("campaigns_check"),
    ]
