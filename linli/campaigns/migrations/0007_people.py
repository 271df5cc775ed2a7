"""People under a declaration: whom a call asked, who is on duty when, and the codes by which households read what is theirs."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped


OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"
# The members' own policy applies inside.
MYSELF = "member_id IN (SELECT id FROM campaigns_member WHERE person_id = linli_person())"
OWN_CALL = f"call_id IN (SELECT id FROM campaigns_call WHERE {OWN_UNITS})"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0006_hours_and_holders'),
        ('territory', '0005_facility'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallAsked',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asked', to='campaigns.call')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.member')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('call', 'member'), name='call_asks_once')],
            },
        ),
        migrations.CreateModel(
            name='DoorCode',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('door', models.UUIDField(null=True)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('made_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('made_by_label', models.CharField(max_length=120)),
                ('opened', models.PositiveIntegerField(default=0)),
                ('opened_at', models.DateTimeField(null=True)),
                ('building', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='door_codes', to='campaigns.declaration')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('declaration', 'door'), name='door_code_one_per_door')],
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('call', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='campaigns.call')),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='campaigns.declaration')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='campaigns.member')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', 'starts_at'], name='shift_of_unit')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='shift_ends_after_it_starts'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('member', '='), (models.Func(models.F('starts_at'), models.F('ends_at'), django.contrib.postgres.fields.ranges.RangeBoundary(), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='shift_one_place_at_a_time')],
            },
        ),
        scoped("campaigns_callasked", read=f"{MYSELF} OR {OWN_CALL}", write="false"),
        scoped("campaigns_shift", read=f"{MYSELF} OR {OWN_UNITS}", write=OWN_UNITS),
        # Whoever reads with a code is checked by it; no post opens one.
        scoped("campaigns_doorcode", read="false"),
    ]
