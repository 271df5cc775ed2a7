"""Callers who are to be asked whether it was settled: closed cases of the hotline, by the day they were closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_field")]
    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("channel", "hotline"), ("state", "closed")),
                fields=["closed_at"],
                name="case_call_back",
            ),
        ),
    ]
