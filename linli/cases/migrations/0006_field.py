"""What somebody has handled, by when: their own figures in the field app."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_near_to_100_metres")]
    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("handler__isnull", False)), fields=["handler", "-handled_at"], name="case_handler"
            ),
        ),
    ]
