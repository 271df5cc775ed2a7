"""Doors that were tried in vain more than once are found without looking at every visited door of an area."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0019_all_clear")]

    operations = [
        migrations.AddIndex(
            model_name="door",
            index=models.Index(
                fields=["campaign", "building"],
                name="door_tried_again",
                condition=Q(visits__gte=2, outcome__in=["nobody_home", "other_language", "unsafe"]),
            ),
        ),
    ]
