"""What staff announce: whom it is for, and who may read it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from linli.campaigns.queries import homes
from linli.cases import concerned
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import NotFound
from linli.gateway import channels
from linli.gateway.models import Announcement, Followed, Kind, Message, OutgoingMessage, OutgoingState, Way, Wishes
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
    known = territory.index()
    if actor.may(Permission.ANNOUNCE, ()):
        return down_to_readable(known.below.get(None, ()))
    own = set(actor.units(Permission.ANNOUNCE))
    units = [known.units[known.position[unit_id]] for unit_id in own if unit_id in known.position]
    # What lies in another of them comes with that one.
    return down_to_readable([unit for unit in units if own.isdisjoint(unit.path[:-1])])


def down_to_readable(top: Sequence[UnitInfo]) -> list[UnitInfo]:
    """These units and what lies below them, layer by layer, as long as a list of them can be read; the largest first."""
    below = territory.index().below
    found: list[UnitInfo] = []
    layer = top
    while layer and len(found) + len(layer) <= MOST_UNITS:
        found += layer
        layer = [finer for unit in layer for finer in below.get(unit.id, ())]
    return sorted(found, key=lambda unit: (len(unit.path), unit.code))


def audience(kind: str, unit_id: UUID, *, warns: bool = False) -> QuerySet[Any]:
    """The persons whom it is for: everybody, or who asked for the area's news, works or reported there. For the system.

    A warning also finds those whose account is bound to a door there: for that alone they bound it.
    """
    everybody = people.everybody()
    if kind == Kind.PRODUCT:
        return everybody
    unwilling = Wishes.objects.filter(where_reported=False).values("person")
    reported = Q(pk__in=concerned.reporters_in(unit_id, clock.now() - LIVES_THERE)) & ~Q(pk__in=unwilling)
    works = Q(pk__in=people.posted_in(unit_id))
    there = Q(pk__in=_followers(unit_id).values("person")) | works | reported
    if warns:
        there |= Q(pk__in=homes.at_home_in([unit_id]).values("person"))
    return everybody.filter(there)


def _followers(unit_id: UUID) -> QuerySet[Followed]:
    """Who asked for the news of this unit, of one around it, or of one in it."""
    return Followed.objects.filter(Q(unit__in=territory.unit(unit_id).path) | Q(unit__path__contains=[unit_id]))


def reasons(kind: str, unit_id: UUID, persons: Sequence[UUID], *, warns: bool = False) -> Mapping[UUID, dict[str, str]]:
    """Why each of these persons of its audience hears of it, for those who can stop that or want to know. For the system."""
    if kind == Kind.PRODUCT:
        return {}
    asked = _followers(unit_id).filter(person__in=persons).order_by("-pk").values_list("person", "unit")
    works = people.posted_in(unit_id).filter(person__in=persons).values_list("person", flat=True)
    why: dict[UUID, dict[str, str]] = {person: {"why": "reported"} for person in persons}
    why |= {person: {"why": "works"} for person in works}
    if warns:
        lives = homes.at_home_in([unit_id]).filter(person__in=persons).values_list("person", flat=True)
        why |= {person: {"why": "lives"} for person in lives if person is not None}
    return why | {person: {"why": "asked", "asked_for": str(unit)} for person, unit in asked}


def reach(kind: str, unit_id: UUID, *, warns: bool = False) -> Reach:
    """How many it is for, and by which ways. Numbers alone: who they are is nobody's business."""
    with acting_as(SYSTEM):
        persons = audience(kind, unit_id, warns=warns)
        phones = Q(person__in=people.with_phone(persons).values("pk"))
        chosen = Wishes.objects.filter(person__in=people.reachable(persons).values("pk"))
        sms, wechat = (Q(**{f"ways__{kind}": way}) for way in (Way.SMS, Way.WECHAT))
        sms &= phones
        if channels.connected(Way.WECHAT):
            wechat &= Q(person__openid_hash__isnull=False)
        elif channels.connected(Way.SMS):
            # As `notices` does it: a way that the city has taken off is a text.
            sms, wechat = (sms | wechat) & phones, Q(pk__in=[])
        numbers = chosen.aggregate(
            sms=Count("pk", filter=sms),
            wechat=Count("pk", filter=wechat),
            digest=Count("pk", filter=(sms | wechat) & Q(digest_hour__isnull=False)),
        )
        return Reach(persons=persons.count(), **numbers)


def ways_told(event_id: UUID, persons: Sequence[UUID]) -> dict[UUID, str]:
    """How each of these persons was told of something by phone: `sms` where a text has gone out, else `app`. For the system.

    What is only recorded, waits or failed has told nobody; what goes later is marked then (`actions.messages`).
    """
    told = Message.objects.filter(event=event_id, person__in=persons).values_list("person", flat=True)
    texts = OutgoingMessage.objects.filter(channel=Way.SMS, state=OutgoingState.SENT)
    texted = texts.filter(event=event_id, person__in=persons).values_list("person", flat=True)
    return dict.fromkeys(told, "app") | {person: "sms" for person in texted if person is not None}


def announcements(
    actor: Actor,
    *,
    before: UUID | None = None,
    size: int = ANNOUNCEMENTS_A_PAGE,
    permission: Permission = Permission.ANNOUNCE,
) -> list[Announcement]:
    """What was announced in the units where the actor has this permission, newest first."""
    return _page(Announcement.objects.filter(unit__path__overlap=actor.units(permission)), before, size)


def announcement(actor: Actor, announcement_id: UUID, *, permission: Permission = Permission.ANNOUNCE) -> Announcement:
    """One in the units where the actor has this permission. Raises `NotFound`."""
    found = Announcement.objects.filter(unit__path__overlap=actor.units(permission), pk=announcement_id).first()
    if found is None:
        raise NotFound
    return found


def news(announcement_id: UUID) -> Announcement:
    """One that went out, for everybody. Raises `NotFound`."""
    found = Announcement.objects.filter(state__in=OUT, pk=announcement_id).first()
    if found is None:
        raise NotFound
    return found


def readable(actor: Actor, announcement_id: UUID) -> Announcement:
    """One that went out, or one in the actor's own units. Raises `NotFound`."""
    own = Q(unit__path__overlap=actor.units(Permission.ANNOUNCE))
    found = Announcement.objects.filter(Q(state__in=OUT) | own, pk=announcement_id).first()
    if found is None:
        raise NotFound
    return found


def published(
    *, unit_id: UUID | None = None, before: UUID | None = None, size: int = ANNOUNCEMENTS_A_PAGE
) -> list[Announcement]:
    """What went out, newest first: all of it, or what was said of a unit or of one around it. For everybody."""
    found = Announcement.objects.filter(state__in=OUT)
    if unit_id is not None:
        found = found.filter(unit__in=territory.unit(unit_id).path)
    return _page(found, before, size)


def _page(found: QuerySet[Announcement], before: UUID | None, size: int) -> list[Announcement]:
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:size])


def news_of(unit_id: UUID, most: int = 3) -> Sequence[Announcement]:
    """What holds now or soon in a unit, said of it or of a unit around it; newest first."""
    now = clock.now()
    holds = Q(ends_at__gt=now) | Q(ends_at=None, goes_at__gt=now - FRESH)
    # A warning is shown by itself, above these.
    told = Announcement.objects.filter(state__in=OUT, kind=Kind.AREA, alert=None)
    found = told.filter(holds, unit__in=territory.unit(unit_id).path)
    return list(found.order_by("-pk")[:most])
