"""Long work and the fates of the rows of an import: seen by who began it, and by administrators of the units that it is about."""

import django.contrib.postgres.fields
import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0003_guards'),
        # linli_people_units() is made there.
        ('people', '0002_security'),
    ]

    operations = [
        migrations.CreateModel(
            name='Work',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200)),
                ('started_by', models.UUIDField()),
                ('started_by_label', models.CharField(max_length=120)),
                ('unit_path', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('language', models.CharField(max_length=10)),
                ('asked', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'waiting for its turn'), ('running', 'at work'), ('done', 'done'), ('failed', 'not done'), ('stopped', 'stopped')], default='waiting', max_length=10)),
                ('total', models.PositiveIntegerField(null=True)),
                ('done', models.PositiveIntegerField(default=0)),
                ('said', models.TextField(blank=True)),
                ('result', models.JSONField(default=dict)),
                ('asked_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('began_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.storedfile')),
                ('follows', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='followed_by', to='foundation.work')),
            ],
        ),
        migrations.CreateModel(
            name='WorkRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('fate', models.CharField(choices=[('wrong', 'wrong'), ('new', 'new'), ('changed', 'changed'), ('gone', 'ends'), ('same', 'unchanged')], max_length=8)),
                ('about', models.TextField()),
                ('changes', models.JSONField(default=list)),
                ('reason', models.TextField(blank=True)),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='foundation.work')),
            ],
        ),
        migrations.AddIndex(
            model_name='work',
            index=models.Index(fields=['started_by', '-id'], name='work_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='work',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['id'], name='work_running'),
        ),
        migrations.AddIndex(
            model_name='workrow',
            index=models.Index(fields=['work', 'fate', 'id'], name='work_rows_by_fate'),
        ),
        # How far it is, and what came of it, is the worker's to write.
        scoped(
            "foundation_work",
            read="started_by = linli_person() OR unit_path && linli_people_units()",
            write="false",
            insert="started_by = linli_person()",
        ),
        # The policy of its work applies inside.
        scoped(
            "foundation_workrow",
            read="EXISTS (SELECT 1 FROM foundation_work WHERE foundation_work.id = work_id)",
            write="false",
        ),
    ]
