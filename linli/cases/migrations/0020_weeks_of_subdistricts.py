"""The weeks of subdistricts are counted by their bodies too: what stands there without them is counted anew within the hour."""

from django.db import migrations

UNCOUNTED = "DELETE FROM cases_week USING territory_unit own WHERE own.id = unit_id AND own.level = 'subdistrict';"


class Migration(migrations.Migration):
    dependencies = [("cases", "0019_open_work_by_class")]
    operations = [migrations.RunSQL(UNCOUNTED, migrations.RunSQL.noop)]
