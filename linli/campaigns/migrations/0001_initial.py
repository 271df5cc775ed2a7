"""Declarations, the roster, screening: the tables of joint control."""

import django.contrib.postgres.fields
import django.db.models.deletion
import linli.foundation.clock
import linli.foundation.ids
import linli.foundation.privacy
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('territory', '0004_timeline'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Declaration',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('epidemic', 'Epidemic'), ('flood', 'Flood'), ('gas_leak', 'Gas leak'), ('fire', 'Fire'), ('earthquake', 'Earthquake'), ('other', 'Other emergency'), ('exercise', 'Exercise')], max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('basis', models.CharField(max_length=300)),
                ('scope', models.CharField(max_length=600)),
                ('powers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('visit_households', 'Visit every household'), ('ask_health', 'Ask about health'), ('call_up', 'Call up helpers'), ('seal_buildings', 'Close a building'), ('close_premises', 'Close premises'), ('warn_everybody', 'Warn everybody in the area')], max_length=20), size=None)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('destroyed_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('declared_by', models.UUIDField(null=True)),
                ('declared_by_label', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('due_at', models.DateTimeField()),
                ('most_attempts', models.PositiveSmallIntegerField(default=3)),
                ('door_time', models.PositiveSmallIntegerField(default=40)),
                ('started_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='campaigns.declaration')),
            ],
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('wanted', models.PositiveIntegerField()),
                ('skill', models.CharField(blank=True, default='', max_length=32)),
                ('text', models.CharField(max_length=300)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='campaigns.declaration')),
            ],
        ),
        migrations.CreateModel(
            name='DestructionProof',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('counts', models.JSONField()),
                ('root', models.BinaryField(max_length=32)),
                ('key_digest', models.BinaryField(max_length=32)),
                ('by_id', models.UUIDField(null=True)),
                ('by_label', models.CharField(max_length=120)),
                ('declaration', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='proof', to='campaigns.declaration')),
            ],
        ),
        migrations.CreateModel(
            name='Door',
            fields=[
                ('pk', models.CompositePrimaryKey('campaign_id', 'door', blank=True, editable=False, primary_key=True, serialize=False)),
                ('door', models.UUIDField()),
                ('found', models.BooleanField(default=False)),
                ('label', models.CharField(blank=True, default='', max_length=60)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('moved', 'Moved away'), ('nobody_home', 'Nobody home'), ('other_language', 'Speaks another language'), ('unsafe', 'Not safe to visit')], max_length=20)),
                ('visits', models.PositiveSmallIntegerField()),
                ('visited_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('submission', models.UUIDField()),
                ('teams', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='FormVersion',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('form_id', models.CharField(max_length=64)),
                ('version', models.CharField(max_length=64)),
                ('title', models.CharField(max_length=200)),
                ('title_en', models.CharField(blank=True, default='', max_length=200)),
                ('xml', models.TextField()),
                ('schema', models.JSONField()),
                ('source', models.BinaryField(max_length=32)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.AddField(
            model_name='campaign',
            name='form',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.formversion'),
        ),
        migrations.CreateModel(
            name='Keeping',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('by_id', models.UUIDField(null=True)),
                ('by_label', models.CharField(max_length=120)),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keepings', to='campaigns.declaration')),
            ],
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('cadre', 'Cadre'), ('community_worker', 'Community worker'), ('volunteer', 'Volunteer'), ('property_staff', 'Property staff'), ('social_org', 'Social organisation')], max_length=20)),
                ('organisation', models.CharField(blank=True, default='', max_length=120)),
                ('name', linli.foundation.privacy.EncryptedTextField(editable=True)),
                ('phone', linli.foundation.privacy.EncryptedTextField(blank=True, editable=True)),
                ('skills', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, size=None)),
                ('joined_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('left_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='CallAnswer',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('coming', models.BooleanField()),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='campaigns.call')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.member')),
            ],
        ),
        migrations.CreateModel(
            name='PowerUse',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('power', models.CharField(choices=[('visit_households', 'Visit every household'), ('ask_health', 'Ask about health'), ('call_up', 'Call up helpers'), ('seal_buildings', 'Close a building'), ('close_premises', 'Close premises'), ('warn_everybody', 'Warn everybody in the area')], max_length=20)),
                ('subject', models.CharField(max_length=200)),
                ('subject_id', models.UUIDField(null=True)),
                ('at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('by_id', models.UUIDField(null=True)),
                ('by_label', models.CharField(max_length=120)),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='campaigns.declaration')),
            ],
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('doors', models.PositiveIntegerField()),
                ('found', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('moved', models.PositiveIntegerField(default=0)),
                ('nobody_home', models.PositiveIntegerField(default=0)),
                ('other_language', models.PositiveIntegerField(default=0)),
                ('unsafe', models.PositiveIntegerField(default=0)),
                ('visits', models.PositiveIntegerField(default=0)),
                ('aside', models.PositiveIntegerField(default=0)),
                ('sealed_at', models.DateTimeField(null=True)),
                ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tallies', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('district', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('subdistrict', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('formed_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('out_at', models.DateTimeField(null=True)),
                ('synced_at', models.DateTimeField(null=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='teams', to='campaigns.campaign')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
            ],
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('door', models.UUIDField()),
                ('found', models.BooleanField(default=False)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('moved', 'Moved away'), ('nobody_home', 'Nobody home'), ('other_language', 'Speaks another language'), ('unsafe', 'Not safe to visit')], max_length=20)),
                ('aside', models.CharField(blank=True, choices=[('', ''), ('not_yours', "The door is not among the team's doors"), ('answers', 'An answer is outside what the form allows'), ('unknown_door', 'No such door is in the area'), ('removed', 'The person had been taken out of the team before the visit'), ('changed', 'The same visit was sent again with other content'), ('after_end', 'The visit was made after the declaration had ended'), ('position', 'The phone was far from the door')], default='', max_length=20)),
                ('visited_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('next_at', models.DateTimeField(null=True)),
                ('device', models.UUIDField()),
                ('by_id', models.UUIDField(null=True)),
                ('answers', models.BinaryField(default=bytes)),
                ('digest', models.BinaryField(max_length=32)),
                ('building', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.team')),
            ],
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('entrance', models.PositiveSmallIntegerField()),
                ('floor_from', models.SmallIntegerField()),
                ('floor_to', models.SmallIntegerField()),
                ('place', models.PositiveIntegerField()),
                ('doors', models.PositiveIntegerField()),
                ('given_at', models.DateTimeField(default=linli.foundation.clock.now)),
                ('taken_at', models.DateTimeField(null=True)),
                ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='campaigns.campaign')),
                ('community', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.unit')),
                ('team', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='campaigns.team')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=linli.foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('leads', models.BooleanField(default=False)),
                ('since', models.DateTimeField(default=linli.foundation.clock.now)),
                ('until', models.DateTimeField(null=True)),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='campaigns.member')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='campaigns.team')),
            ],
        ),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(fields=['unit', '-starts_at'], name='declaration_of_unit'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='declaration_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis', ''), _negated=True), models.Q(('scope', ''), _negated=True)), name='declaration_has_a_basis'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(('powers__len__gte', 1)), name='declaration_has_a_power'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='call_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('wanted__gte', 1)), name='call_wants_somebody'),
        ),
        migrations.AddIndex(
            model_name='door',
            index=models.Index(fields=['campaign', 'building'], name='door_of_building'),
        ),
        migrations.AddConstraint(
            model_name='formversion',
            constraint=models.UniqueConstraint(fields=('form_id', 'version'), name='form_version_once'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('most_attempts__gte', 1)), name='campaign_tries_once'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('door_time__gte', 1)), name='campaign_door_takes_time'),
        ),
        migrations.AddConstraint(
            model_name='keeping',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='keeping_has_a_reason'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('left_at', None)), fields=['unit'], name='member_of_unit'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.UniqueConstraint(condition=models.Q(('left_at', None), ('person__isnull', False)), fields=('person',), name='member_one_per_person'),
        ),
        migrations.AddConstraint(
            model_name='callanswer',
            constraint=models.UniqueConstraint(fields=('call', 'member'), name='call_answered_once'),
        ),
        migrations.AddIndex(
            model_name='poweruse',
            index=models.Index(fields=['declaration', '-at'], name='power_use_of_declaration'),
        ),
        migrations.AddConstraint(
            model_name='tally',
            constraint=models.UniqueConstraint(fields=('campaign', 'building'), name='tally_one_per_building'),
        ),
        migrations.AddConstraint(
            model_name='team',
            constraint=models.UniqueConstraint(fields=('campaign', 'number'), name='team_number_once'),
        ),
        migrations.AddConstraint(
            model_name='team',
            constraint=models.CheckConstraint(condition=models.Q(('minutes__range', (1, 1440))), name='team_works_some_minutes'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['campaign', 'door'], name='submission_of_door'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('aside', ''), _negated=True), fields=['campaign', 'received_at'], name='submission_aside'),
        ),
        migrations.AddIndex(
            model_name='share',
            index=models.Index(condition=models.Q(('taken_at', None)), fields=['team', 'place'], name='share_of_team'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('floor_to__gte', models.F('floor_from'))), name='share_floors_in_order'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.UniqueConstraint(condition=models.Q(('taken_at', None)), fields=('campaign', 'building', 'entrance', 'floor_from'), name='share_given_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('member',), name='membership_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='membership_ends_after_it_begins'),
        ),
    ]
