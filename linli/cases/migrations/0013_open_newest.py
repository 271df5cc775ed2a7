"""Open cases newest first: a search or a filter for late ones among them stops at a full page, instead of sorting 25,000."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_open_work")]
    operations = [
        migrations.AddIndex("case", models.Index(fields=["-id"], name="case_open_newest", condition=Q(closed_at=None)))
    ]
