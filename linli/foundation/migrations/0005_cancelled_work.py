"""Long work can be cancelled: who asked for it, and when."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0004_work'),
    ]

    operations = [
        migrations.AddField(
            model_name='work',
            name='cancel_asked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='work',
            name='cancelled_by',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name='work',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting for its turn'), ('running', 'at work'), ('done', 'done'), ('failed', 'not done'), ('stopped', 'stopped'), ('cancelled', 'cancelled')], default='waiting', max_length=10),
        ),
    ]
