"""A view keeps its filters however long their address is: Chinese words take nine letters each there. Nothing is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0022_state_received")]
    operations = [migrations.AlterField(model_name="savedview", name="query", field=models.TextField())]
