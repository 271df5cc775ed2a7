"""How people are told is the gateway's to know: it has taken over what they chose."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0002_security"), ("gateway", "0004_wishes_moved")]
    operations = [migrations.RemoveField("person", "notify_by")]
