"""Whose phone was not heard of: told to who leads the team, with or without a post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Coalesce

from linli.campaigns.models import Membership
from linli.campaigns.queries.console import QUIET_AFTER, team_line
from linli.campaigns.queries.roster import in_teams
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as


@dataclass(frozen=True, slots=True)
class Silent:
    """A member of a team, and when their phone was last heard of, if it ever was."""

    name: str
    heard_at: datetime | None


def silent_members(actor: Actor) -> Sequence[Silent]:
    """Those of the team that the actor leads now, while doors are left to it; the longest silent first.

    Whoever has no account has no phone here. The leader sees the roster's names of their own team alone, and no phone numbers.
    """
    if actor.id is None:
        return []
    with acting_as(SYSTEM):
        led = in_teams().filter(member__person=actor.id, leads=True, team__out_at=None).first()
        if led is None:
            return []
        line = team_line(SYSTEM, led.team_id)
        if line.reached >= line.doors:
            return []
        others = Membership.objects.filter(team=led.team_id, until=None, member__person__isnull=False)
        last = others.exclude(pk=led.pk).alias(last=Coalesce("heard_at", "since"))
        silent = last.filter(last__lte=clock.now() - QUIET_AFTER).select_related("member").order_by("last", "pk")
        return [Silent(one.member.name, one.heard_at) for one in silent]
