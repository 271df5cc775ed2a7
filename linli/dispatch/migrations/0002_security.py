"""Who may read and write what dispatch keeps. Places are written by the system alone; what was proposed and decided never changes."""

from django.db import migrations

from linli.foundation.rowsecurity import append_only, scoped

IN_A_ROOT = "EXISTS (SELECT 1 FROM territory_unit u WHERE u.parent_id IS NULL AND u.id = ANY (linli_units()))"


def _in_unit(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM territory_unit u WHERE u.id = {table}.unit_id AND u.path && linli_units())"


# What was decided of a proposal is on its timeline, for whoever may see the proposal.
TIMELINE = """
CREATE POLICY dispatch_timeline ON foundation_entry FOR SELECT USING (
    subject_type = 'proposal' AND EXISTS (SELECT 1 FROM dispatch_proposal WHERE dispatch_proposal.id = subject_id)
);
"""
WITH_PROPOSAL = "EXISTS (SELECT 1 FROM dispatch_proposal WHERE dispatch_proposal.id = proposal_id)"
CALL = "person_id = linli_person() OR units && linli_units()"


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_initial"), ("foundation", "0003_guards"), ("territory", "0002_security")]
    operations = [
        scoped("dispatch_skill", read="true", write=IN_A_ROOT),
        scoped(
            "dispatch_personskill",
            read="person_id = linli_person() OR " + _in_unit("dispatch_personskill"),
            write=_in_unit("dispatch_personskill"),
        ),
        scoped(
            "dispatch_shift",
            read="person_id = linli_person() OR body_id = ANY (linli_bodies()) OR " + _in_unit("dispatch_shift"),
            write=_in_unit("dispatch_shift"),
        ),
        scoped(
            "dispatch_position",
            read="person_id = linli_person() OR " + _in_unit("dispatch_position"),
            write="false",
        ),
        scoped("dispatch_proposal", read=_in_unit("dispatch_proposal")),
        append_only("dispatch_proposal"),
        scoped("dispatch_decision", read=WITH_PROPOSAL),
        append_only("dispatch_decision"),
        scoped("dispatch_call", read=CALL, insert="units && linli_units()"),
        migrations.RunSQL(TIMELINE, "DROP POLICY dispatch_timeline ON foundation_entry;"),
    ]
