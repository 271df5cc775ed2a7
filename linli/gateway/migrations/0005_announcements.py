"""What staff announce, and who may read it: everybody what went out, the staff of its units what is planned."""
import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
from django.db import migrations, models

from linli.foundation.rowsecurity import scoped

OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"


class Migration(migrations.Migration):

    dependencies = [
        ('gateway', '0004_wishes_moved'),
        ('territory', '0003_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('area', 'News of my area'), ('product', 'News of Linli itself')], max_length=8)),
                ('title', models.CharField(max_length=60)),
                ('title_en', models.CharField(blank=True, max_length=120)),
                ('text', models.TextField(max_length=1000)),
                ('text_en', models.TextField(blank=True, max_length=2000)),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('planned', 'Goes out in a moment'), ('called_back', 'Called back'), ('sending', 'Going out'), ('sent', 'Sent')], default='planned', max_length=12)),
                ('created_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('created_by', models.UUIDField(null=True)),
                ('goes_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('reached', models.UUIDField(null=True)),
                ('told', models.PositiveIntegerField(default=0)),
                ('written', models.PositiveIntegerField(default=0)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['unit', '-id'], name='gateway_announcement_of_unit'), models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='gateway_announcement_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at', None), ('ends_at', None), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='gateway_announcement_ends_after_it_starts')],
            },
        ),
        scoped("gateway_announcement", read=f"state IN ('sending', 'sent') OR {OWN_UNITS}", write=OWN_UNITS),
    ]
