"""The register of devices, their readings, and the alerts that come of them."""

import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0004_look'),
        ('territory', '0005_facility'),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('kind', models.CharField(choices=[('water_level', 'Water level'), ('gas', 'Combustible gas'), ('smoke', 'Smoke'), ('manhole', 'Manhole cover'), ('temperature', 'Temperature'), ('noise', 'Noise')], max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('lon', models.FloatField()),
                ('lat', models.FloatField()),
                ('low', models.FloatField(null=True)),
                ('high', models.FloatField(null=True)),
                ('silent_minutes', models.PositiveIntegerField()),
                ('last_at', models.DateTimeField(null=True)),
                ('last_value', models.FloatField(null=True)),
                ('beyond', models.CharField(blank=True, choices=[('', ''), ('low', 'Below its limit'), ('high', 'Above its limit')], default='', max_length=4)),
                ('times', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.body')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('low', 'Below its limit'), ('high', 'Above its limit'), ('silent', 'Silent')], max_length=6)),
                ('value', models.FloatField(null=True)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('verdict', models.CharField(blank=True, choices=[('', 'No answer yet'), ('acknowledged', 'Acknowledged'), ('case', 'Made a case'), ('dismissed', 'Dismissed')], default='', max_length=12)),
                ('made_case', models.UUIDField(null=True)),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='sensors.device')),
            ],
        ),
        migrations.CreateModel(
            name='OwnerToken',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('prefix', models.CharField(max_length=16)),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.body')),
            ],
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('value', models.FloatField()),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='sensors.device')),
            ],
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('closed_at', None)), fields=['lon', 'lat'], name='device_place'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('lat__range', (-90, 90)), ('lon__range', (-180, 180))), name='device_on_earth'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('low', None), ('high', None), ('low__lt', models.F('high')), _connector='OR'), name='device_limits_in_order'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('silent_minutes__gte', 1)), name='device_silent_after_a_while'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['device', '-opened_at'], name='alert_of_device'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('device', 'kind'), name='alert_one_of_a_kind_open'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('made_case__isnull', False), ('verdict', 'case')), models.Q(models.Q(('verdict', 'case'), _negated=True), ('made_case', None)), _connector='OR'), name='alert_case_made'),
        ),
        migrations.AddIndex(
            model_name='reading',
            index=models.Index(fields=['at'], name='reading_at'),
        ),
        migrations.AddConstraint(
            model_name='reading',
            constraint=models.UniqueConstraint(fields=('device', 'at'), name='reading_once'),
        ),
    ]
