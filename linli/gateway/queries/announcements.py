"""What staff announce: whom it is for, and who may read it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from linli.cases import concerned
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import NotFound
from linli.gateway.models import Announcement, Kind, Way, Wishes
from linli.gateway.rules import Reach
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

ANNOUNCEMENTS_A_PAGE = 50
# Whoever reported something in an area within this time is told its news.
LIVES_THERE = timedelta(days=365)
# What holds for no stated time is news this long.
FRESH = timedelta(days=14)
# More units than these are no list to choose from: it then ends one level higher.
MOST_UNITS = 400
LEVELS = ("quarter", "community", "subdistrict", "district", "city")
OUT = (Announcement.State.SENDING, Announcement.State.SENT)
# News of Linli itself concern the whole city: its administrators send them.
NEEDS = {Kind.AREA: Permission.ANNOUNCE, Kind.PRODUCT: Permission.MANAGE_GATEWAY}


def kinds(actor: Actor) -> list[Kind]:
    """What the actor may announce."""
    may_product = actor.may(NEEDS[Kind.PRODUCT], territory.root().path)
    return [kind for kind in NEEDS if (may_product if kind == Kind.PRODUCT else actor.may(NEEDS[kind]))]


def announces(actor: Actor, kind: str, unit_id: UUID) -> bool:
    """Whether the actor may announce something of this kind in this unit."""
    return actor.may(NEEDS[Kind(kind)], territory.unit(unit_id).path)


def areas(actor: Actor) -> list[UnitInfo]:
    """The units that the actor may announce something in, down to where a list can still be read, the largest first."""
    own = [unit for unit in territory.index().units if actor.may(Permission.ANNOUNCE, unit.path)]
    for finest in range(len(LEVELS)):
        found = [unit for unit in own if unit.level in LEVELS[finest:]]
        if len(found) <= MOST_UNITS:
            break
    return sorted(found, key=lambda unit: (len(unit.path), unit.code))


def audience(kind: str, unit_id: UUID) -> QuerySet[Any]:
    """The persons whom it is for: everybody, or who reported in the area lately and who works there. For the system."""
    everybody = people.everybody()
    if kind == Kind.PRODUCT:
        return everybody
    residents = concerned.reporters_in(unit_id, clock.now() - LIVES_THERE)
    return everybody.filter(Q(pk__in=residents) | Q(pk__in=people.posted_in(unit_id)))


def reach(kind: str, unit_id: UUID) -> Reach:
    """How many it is for, and by which ways. Numbers alone: who they are is nobody's business."""
    with acting_as(SYSTEM):
        persons = audience(kind, unit_id)
        chosen = Wishes.objects.filter(person__in=people.with_phone(persons).values("pk"))
        sms, wechat = (Q(**{f"ways__{kind}": way}) for way in (Way.SMS, Way.WECHAT))
        numbers = chosen.aggregate(
            sms=Count("pk", filter=sms),
            wechat=Count("pk", filter=wechat),
            digest=Count("pk", filter=(sms | wechat) & Q(digest_hour__isnull=False)),
        )
        return Reach(persons=persons.count(), **numbers)


def announcements(actor: Actor, *, before: UUID | None = None, size: int = ANNOUNCEMENTS_A_PAGE) -> list[Announcement]:
    """What was announced in the actor's units, newest first."""
    found = Announcement.objects.filter(unit__path__overlap=actor.units(Permission.ANNOUNCE))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:size])


def announcement(actor: Actor, announcement_id: UUID) -> Announcement:
    """One in the actor's units. Raises `NotFound`."""
    found = Announcement.objects.filter(
        unit__path__overlap=actor.units(Permission.ANNOUNCE), pk=announcement_id
    ).first()
    if found is None:
        raise NotFound
    return found


def news(announcement_id: UUID) -> Announcement:
    """One that went out, for everybody. Raises `NotFound`."""
    found = Announcement.objects.filter(state__in=OUT, pk=announcement_id).first()
    if found is None:
        raise NotFound
    return found


def news_of(unit_id: UUID, most: int = 3) -> Sequence[Announcement]:
    """What holds now or soon in a unit, said of it or of a unit around it; newest first."""
    now = clock.now()
    holds = Q(ends_at__gt=now) | Q(ends_at=None, goes_at__gt=now - FRESH)
    found = Announcement.objects.filter(holds, state__in=OUT, kind=Kind.AREA, unit__in=territory.unit(unit_id).path)
    return list(found.order_by("-pk")[:most])
