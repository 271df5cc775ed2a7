"""The register of cameras, and every look through one."""


import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
import linli.foundation.privacy
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0004_look'),
        ('territory', '0004_timeline'),
    ]

    operations = [
        migrations.CreateModel(
            name='Camera',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('lon', models.FloatField()),
                ('lat', models.FloatField()),
                ('direction', models.PositiveSmallIntegerField(null=True)),
                ('purpose', models.CharField(max_length=300)),
                ('sign', models.CharField(blank=True, default='', max_length=200)),
                ('retention_days', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('hls', 'HLS'), ('whep', 'WHEP (WebRTC)')], max_length=10)),
                ('address', linli.foundation.privacy.EncryptedTextField(editable=True)),
                ('created_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.body')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('by_id', models.UUIDField()),
                ('by_label', models.CharField(max_length=120)),
                ('reason', models.CharField(max_length=300)),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='cameras.camera')),
            ],
        ),
        migrations.AddIndex(
            model_name='camera',
            index=models.Index(condition=models.Q(('closed_at', None)), fields=['lon', 'lat'], name='camera_place'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('lat__range', (-90, 90)), ('lon__range', (-180, 180))), name='camera_on_earth'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('direction', None), ('direction__lt', 360), _connector='OR'), name='camera_direction'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('retention_days__gte', 1)), name='camera_retention'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('purpose', ''), _negated=True), name='camera_has_a_purpose'),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(fields=['camera', '-at'], name='look_of_camera'),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(fields=['by_id', '-at'], name='look_of_person'),
        ),
        migrations.AddConstraint(
            model_name='look',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='look_has_a_reason'),
        ),
    ]
