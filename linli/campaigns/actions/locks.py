"""What nobody may take away, or do a second time, while a transaction adds to what a declaration has collected.

Whoever destroys, ends or extends holds the declaration's row for themselves alone (`FOR UPDATE`). Whoever adds holds it together with all
others who add (`FOR KEY SHARE`): so nothing comes after the data are gone, and one batch does not wait for another team's.
"""

from uuid import UUID

from django.db import connection

from linli.campaigns import errors

_DECLARATION = "SELECT destroyed_at FROM campaigns_declaration WHERE id = %s FOR KEY SHARE"
_TEAM = """
SELECT declared.destroyed_at
FROM campaigns_team AS team
JOIN campaigns_campaign AS running ON running.id = team.campaign_id
JOIN campaigns_declaration AS declared ON declared.id = running.declaration_id
WHERE team.id = %s
FOR KEY SHARE OF declared FOR NO KEY UPDATE OF team
"""


def hold_declaration(declaration: UUID) -> None:
    """Up to the transaction's end its data are not destroyed. Raises `Destroyed`."""
    _hold(_DECLARATION, declaration)


def hold_team(team: UUID) -> None:
    """The same of a team's declaration; and no other batch of this team is received meanwhile. Raises `Destroyed`."""
    _hold(_TEAM, team)


def _hold(statement: str, which: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [which])
        row = cursor.fetchone()
    if row is not None and row[0] is not None:
        raise errors.Destroyed
