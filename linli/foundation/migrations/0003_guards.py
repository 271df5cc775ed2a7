"""The timeline and its seals are append-only and scoped; the outbox wakes its listeners."""

from django.db import migrations

from linli.foundation.rowsecurity import append_only, scoped

NOTIFY = """
CREATE FUNCTION linli_outbox_notify() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('linli_outbox', ''); RETURN NULL; END $$;
CREATE TRIGGER foundation_outboxevent_notify AFTER INSERT ON foundation_outboxevent
    FOR EACH STATEMENT EXECUTE FUNCTION linli_outbox_notify();
"""
REVERSE = """
DROP TRIGGER foundation_outboxevent_notify ON foundation_outboxevent;
DROP FUNCTION linli_outbox_notify();
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_tables")]
    operations = [
        append_only("foundation_entry"),
        append_only("foundation_seal"),
        # A room whose subjects others may read adds a policy of its own (cases: whoever sees the case sees its timeline).
        scoped("foundation_entry", read="actor_id = linli_person()", write="true"),
        scoped("foundation_seal", read="true", write="false"),
        scoped("foundation_storedfile", read="uploaded_by = linli_person() OR uploaded_by IS NULL", write="true"),
        migrations.RunSQL(NOTIFY, REVERSE),
    ]
