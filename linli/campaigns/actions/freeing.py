"""Who is in a team is free when its screening is over: set in one statement, however many they are."""

from datetime import datetime

from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from linli.campaigns import rules
from linli.campaigns.models import Membership
from linli.campaigns.queries.roster import over
from linli.foundation.access import SYSTEM, acting_as


def free(of: Q, since: datetime) -> None:
    """These memberships end at a moment, where they have not ended before. Whoever ends a screening may not see all of its teams."""
    with acting_as(SYSTEM):
        Membership.objects.filter(of, until=None).update(until=Greatest(F("since"), Value(since)))


def free_of_what_is_over(of: Q) -> None:
    """Of these memberships, those of screenings that are over: nothing had to run when a declaration expired.

    The screenings are locked, in one order: two who call up the same people free them one after the other.
    """
    with acting_as(SYSTEM):
        kept = Membership.objects.filter(of, until=None)
        ended = over().filter(pk__in=kept.values("team__campaign")).select_for_update(of=("self",), no_key=True)
        for campaign in ended.order_by("pk"):
            declared = campaign.declaration
            end = rules.end_of(declared.ends_at, declared.ended_at)
            free(of & Q(team__campaign=campaign), min(end, campaign.closed_at or end))
