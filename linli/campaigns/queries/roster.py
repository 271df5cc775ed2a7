"""The roster and the teams."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.campaigns.models import Campaign, Member, Membership, MemberSkill, Team
from linli.campaigns.queries.control import lies_in, require
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.statement import prepared


def roster(actor: Actor, unit_id: UUID, skill: str = "") -> QuerySet[Member]:
    """Who can be sent in a unit and what lies below it, all or those with a skill, by when they joined."""
    require(actor, Act.RUN, unit_id)
    return of_roster(unit_id, skill).order_by("pk")


def of_roster(unit_id: UUID, skill: str = "") -> QuerySet[Member]:
    """Those of a unit and what lies below it whom row security shows, all or those with a skill."""
    known = Member.objects.filter(left_at=None)
    if skill:
        return known.filter(pk__in=MemberSkill.objects.filter(unit=unit_id, skill=skill).values("member"))
    return known.filter(lies_in(unit_id))


def with_phones(hashes: Collection[bytes]) -> dict[bytes, UUID]:
    """Those of these phones (`rules.phone_key`) that are on the roster, whoever may see their entries: in which unit."""
    with acting_as(SYSTEM):
        held = Member.objects.filter(left_at=None, phone_hash__in=list(hashes))
        return {bytes(one): unit for one, unit in held.values_list("phone_hash", "unit") if one}


def in_teams() -> QuerySet[Membership]:
    """Who is in a team now: a screening that is closed, or whose joint control is over by the clock, keeps nobody."""
    return Membership.objects.filter(
        until=None,
        team__campaign__closed_at=None,
        team__campaign__declaration__ended_at=None,
        team__campaign__declaration__ends_at__gt=clock.now(),
    )


def over() -> QuerySet[Campaign]:
    """The screenings that keep nobody, with their declarations."""
    ended = Q(declaration__ended_at__isnull=False) | Q(declaration__ends_at__lte=clock.now())
    return Campaign.objects.filter(ended | Q(closed_at__isnull=False)).select_related("declaration")


def team(team_id: UUID) -> Team:
    """With its campaign, in a unit of the actor's or their own. Raises NotFound."""
    found = Team.objects.select_related("campaign").filter(pk=team_id).first()
    if found is None:
        raise NotFound
    return found


def teams(actor: Actor, campaign: Campaign) -> QuerySet[Team]:
    """The teams of a campaign that are not out of it, by number."""
    require(actor, Act.SEE, campaign.unit_id)
    return Team.objects.filter(campaign=campaign, out_at=None).order_by("number")


def count_teams(actor: Actor, campaign: Campaign) -> int:
    """How many those are. Teams are numbered without a gap: of a city's thousands only those that are out are counted."""
    require(actor, Act.SEE, campaign.unit_id)
    ((count,),) = prepared(_IN_IT, [campaign.pk])
    return int(count)


_IN_IT = """
SELECT coalesce(max(number), 0) - (SELECT count(*) FROM campaigns_team WHERE campaign_id = $1 AND out_at IS NOT NULL)
FROM campaigns_team WHERE campaign_id = $1::uuid
"""


def my_teams(actor: Actor) -> list[Team]:
    """The teams in which the actor is now, with their campaigns."""
    if actor.id is None:
        return []
    found = Team.objects.filter(memberships__member__person=actor.id, memberships__until=None, out_at=None)
    return list(found.select_related("campaign__declaration").order_by("pk"))
