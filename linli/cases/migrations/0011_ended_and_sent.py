"""Lists of what ended or was dispatched within some days, and the weeks counted of both, go by these."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_weeks")]
    operations = [
        migrations.AddIndex(
            "case", models.Index(fields=["closed_at"], name="case_ended", condition=Q(closed_at__isnull=False))
        ),
        migrations.AddIndex(
            "case", models.Index(fields=["dispatched_at"], name="case_sent", condition=Q(dispatched_at__isnull=False))
        ),
    ]
