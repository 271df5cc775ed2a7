"""Who may read and write teams. Whoever was sent, alone or with a team, reads what was decided of them: their inbox goes by it."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

WITH_PROPOSAL = "EXISTS (SELECT 1 FROM dispatch_proposal WHERE dispatch_proposal.id = proposal_id)"
IN_UNIT = "EXISTS (SELECT 1 FROM territory_unit u WHERE u.id = dispatch_team.unit_id AND u.path && linli_units())"
OF_TEAM_IN_UNIT = """EXISTS (
    SELECT 1 FROM dispatch_team t JOIN territory_unit u ON u.id = t.unit_id WHERE t.id = team_id AND u.path && linli_units()
)"""
DECISION = """
DROP POLICY dispatch_decision_read ON dispatch_decision;
CREATE POLICY dispatch_decision_read ON dispatch_decision FOR SELECT USING (
    (SELECT linli_system()) OR person_id = (SELECT linli_person())
    OR team_id IN (SELECT m.team_id FROM dispatch_teammember m WHERE m.person_id = (SELECT linli_person()))
    OR %s
);
"""
BACK = """
DROP POLICY dispatch_decision_read ON dispatch_decision;
CREATE POLICY dispatch_decision_read ON dispatch_decision FOR SELECT USING ((SELECT linli_system()) OR %s);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0004_teams_and_rounds")]
    operations = [
        scoped("dispatch_team", read=f"body_id = ANY (linli_bodies()) OR {IN_UNIT}", write=IN_UNIT),
        scoped(
            "dispatch_teammember",
            read="person_id = linli_person() OR EXISTS (SELECT 1 FROM dispatch_team t WHERE t.id = team_id)",
            write=OF_TEAM_IN_UNIT,
        ),
        migrations.RunSQL(DECISION % WITH_PROPOSAL, BACK % WITH_PROPOSAL),
    ]
