"""What stays of the figures when the data go: sums of communities with enough doors, so that none of them is a household's."""

from uuid import UUID

from django.db import connection
from django.db.models import F

from linli.campaigns.models import CommunityTally, HourTally
from linli.campaigns.models.visits import Counts
from linli.campaigns.rules import FEWEST_KEPT

_OF = "campaign_id IN (SELECT id FROM campaigns_campaign WHERE declaration_id = %s)"
_SUMS = ("buildings", "doors", "buildings_left", *(field.name for field in Counts._meta.fields))


def coarsen(declaration: UUID) -> dict[str, int]:
    """Counts of buildings and the shares of teams go, as do sums of fewer than `FEWEST_KEPT` doors. For the system.

    Returns how many rows of what went. The sums of communities follow from their buildings by themselves; these have to outlive them.
    """
    sums = CommunityTally.objects.filter(campaign__declaration=declaration)
    kept = list(sums.filter(doors__gte=FEWEST_KEPT - F("found")))
    tallies = _delete("campaigns_tally", declaration)
    if tallies:
        for row in kept:
            row.most_left = 0
        CommunityTally.objects.bulk_update(kept, [*_SUMS, "most_left"], batch_size=1000)
    sums.exclude(pk__in=[row.pk for row in kept]).delete()
    hours = HourTally.objects.filter(campaign__declaration=declaration)
    hours.exclude(community__in={row.community_id for row in kept}).delete()
    return {"tallies": tallies, "shares": _delete("campaigns_share", declaration)}


def _delete(table: str, declaration: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {_OF}", [declaration])
        return cursor.rowcount
