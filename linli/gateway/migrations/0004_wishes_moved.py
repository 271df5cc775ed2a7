"""Who may read and write wishes; and what people chose until now, from their accounts (`people.0003` then drops it there)."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

# One way for all became the same way for each kind; “in the app only” stays that, also where the default is a text.
MOVE = """
INSERT INTO gateway_wishes (person_id, ways, quiet_from, quiet_to)
SELECT id,
       CASE WHEN notify_by = 'in_app' THEN '{"asked": "app"}'::jsonb
            ELSE jsonb_build_object('progress', notify_by, 'asked', notify_by, 'work', notify_by, 'late', notify_by) END,
       '22:00', '07:00'
FROM people_person WHERE erased_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("gateway", "0003_wishes")]
    operations = [
        scoped("gateway_wishes", read="person_id = linli_person()"),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
    ]
