"""How states and being open go together: without it PostgreSQL takes the open cases of a state for forty times fewer than they are.

Then it sorts them instead of walking the index of a body or unit in the order of urgency. Statistics are gathered by autovacuum.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_views")]

    operations = [
        migrations.RunSQL(
            "CREATE STATISTICS cases_open_states (mcv) ON state, closed_at FROM cases_case",
            "DROP STATISTICS cases_open_states",
        )
    ]
