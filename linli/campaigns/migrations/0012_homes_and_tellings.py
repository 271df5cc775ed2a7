"""Accounts bound to their doors, and notices told at the doors that no phone reaches; a proof says when a key had been lost."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import linli.foundation.clock
import linli.foundation.ids
from django.conf import settings
from django.db import migrations, models

from linli.foundation.rowsecurity import in_own_units, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0011_counted'),
        ('territory', '0005_facility'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='destructionproof',
            name='key_missed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='Telling',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('alert', 'Warning'), ('declaration', 'Declaration of joint control')], max_length=12)),
                ('notice', models.UUIDField(unique=True)),
                ('units', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('title', models.CharField(max_length=200)),
                ('title_en', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField()),
                ('text_en', models.TextField(blank=True)),
                ('looked_after', models.BooleanField(default=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.CharField(blank=True, choices=[('', ''), ('updated', 'Updated: another takes its place'), ('cancelled', 'Withdrawn'), ('stopped', 'Stopped by whoever leads')], max_length=12)),
                ('created_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('created_by_label', models.CharField(max_length=120)),
                ('declaration', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.declaration')),
            ],
        ),
        migrations.CreateModel(
            name='TellingPlace',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('doors', models.PositiveIntegerField()),
                ('only', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), null=True, size=None)),
                ('app', models.PositiveIntegerField(default=0)),
                ('sms', models.PositiveIntegerField(default=0)),
                ('told', models.PositiveIntegerField(default=0)),
                ('leaflet', models.PositiveIntegerField(default=0)),
                ('nobody', models.PositiveIntegerField(default=0)),
                ('closed', models.BooleanField(default=False)),
                ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('district', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('subdistrict', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('telling', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='places', to='campaigns.telling')),
            ],
        ),
        migrations.CreateModel(
            name='TellingMark',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('door', models.UUIDField()),
                ('how', models.CharField(choices=[('app', 'Told in the app'), ('sms', 'Told by text message'), ('told', 'Told at the door'), ('leaflet', 'Leaflet left'), ('nobody', 'Nobody home')], max_length=8)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('by_id', models.UUIDField(null=True)),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='campaigns.tellingplace')),
            ],
        ),
        migrations.CreateModel(
            name='Home',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('door', models.UUIDField(null=True)),
                ('bound_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('building', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('community', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('declaration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.declaration')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['door', 'declaration'], name='home_of_door')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('person',), name='home_one_per_account'), models.CheckConstraint(condition=models.Q(('ended_at', None), models.Q(('building', None), ('door', None)), _connector='OR'), name='home_forgotten')],
            },
        ),
        migrations.AddIndex(
            model_name='telling',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['ends_at'], name='telling_holds'),
        ),
        migrations.AddIndex(
            model_name='tellingplace',
            index=models.Index(fields=['community', 'telling'], name='telling_place_of_community'),
        ),
        migrations.AddConstraint(
            model_name='tellingplace',
            constraint=models.UniqueConstraint(fields=('telling', 'building'), name='telling_place_once'),
        ),
        migrations.AddConstraint(
            model_name='tellingplace',
            constraint=models.CheckConstraint(condition=models.Q(('doors__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('app'), '+', models.F('sms')), '+', models.F('told')), '+', models.F('leaflet')), '+', models.F('nobody')))), name='telling_place_no_more_than_doors'),
        ),
        # Whose home it is, nobody else reads; the system counts.
        scoped("campaigns_home", read="person_id = linli_person()"),
        # That a notice is told at doors is for everybody to read, as the notice is; how far it is, where one works.
        scoped("campaigns_telling", read="true", write="false"),
        scoped("campaigns_tellingplace", read=in_own_units("campaigns_tellingplace.community_id"), write="false"),
        scoped("campaigns_tellingmark", read=in_own_units("campaigns_tellingmark.community_id"), write="false"),
    ]
