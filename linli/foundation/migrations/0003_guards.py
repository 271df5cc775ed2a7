"""The timeline and its seals are append-only and scoped."""

from django.db import migrations

from linli.foundation.rowsecurity import append_only, scoped


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_tables")]
    operations = [
        append_only("foundation_entry"),
        append_only("foundation_seal"),
        # A room whose subjects others may read adds a policy of its own (cases: whoever sees the case sees its timeline).
        scoped("foundation_entry", read="actor_id = linli_person()", write="true"),
        scoped("foundation_seal", read="true", write="false"),
        scoped("foundation_storedfile", read="uploaded_by = linli_person() OR uploaded_by IS NULL", write="true"),
    ]
