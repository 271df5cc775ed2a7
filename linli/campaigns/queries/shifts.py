"""Who is on duty: by day in a unit, one's own, and what a team's members work in a day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from linli.campaigns import rules
from linli.campaigns.models import Member, Shift
from linli.campaigns.queries.control import lies_in, require
from linli.campaigns.queries.roster import roster
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.territory import queries as territory

# Rows of a page; and how many shifts are counted by kind while one waits.
SHOWN, COUNTED = 100, 20_000


def members_for(actor: Actor, unit_id: UUID, kind: str = "", skill: str = "") -> QuerySet[Member]:
    found = roster(actor, unit_id)
    found = found.filter(kind=kind) if kind else found
    return found.filter(skills__contains=[skill]) if skill else found


def bounds_of(day: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    begin = datetime.combine(day, datetime.min.time(), zone)
    # The calendar's last day has none after it.
    return begin, begin + timedelta(days=1) if day < date.max else datetime.max.replace(tzinfo=zone)


def _of_day(actor: Actor, unit_id: UUID, day: date) -> QuerySet[Shift]:
    require(actor, Act.RUN, unit_id)
    begin, end = bounds_of(day)
    found = Shift.objects.filter(lies_in(unit_id), starts_at__lt=end, ends_at__gt=begin)
    return found.filter(member__left_at=None)


def shifts_of_day(actor: Actor, unit_id: UUID, day: date, after: UUID | None = None) -> list[Shift]:
    """Those that touch a day, by when they were given, a page of them and one more."""
    found = _of_day(actor, unit_id, day).select_related("member")
    found = found.filter(pk__gt=after) if after else found
    return list(found.order_by("pk")[: SHOWN + 1])


def people_of_day(actor: Actor, unit_id: UUID, day: date) -> Mapping[str, int] | None:
    """How many people of each kind are on duty on a day; None where they are more than a page counts."""
    first = _of_day(actor, unit_id, day).order_by().values_list("pk", flat=True)[: COUNTED + 1]
    counted = Shift.objects.filter(pk__in=first).order_by("member__kind").values_list("member__kind")
    found = dict(counted.annotate(Count("member", distinct=True)))
    return found if sum(found.values()) <= COUNTED else None


def on_duty_now(actor: Actor, unit_id: UUID) -> int:
    """How many, up to one more than `COUNTED`."""
    require(actor, Act.RUN, unit_id)
    now = clock.now()
    found = Shift.objects.filter(lies_in(unit_id), starts_at__lte=now, ends_at__gt=now)
    return found[: COUNTED + 1].count()


def my_shifts(actor: Actor) -> list[Shift]:
    """The actor's, from the one that runs on."""
    if actor.id is None:
        return []
    found = Shift.objects.filter(member__person=actor.id, ends_at__gt=clock.now()).select_related("call")
    return list(found.order_by("starts_at")[:SHOWN])


def minutes_of(declaration_id: UUID) -> Mapping[UUID, int]:
    """What each member with shifts under a declaration works in a day on average. For the system."""
    spans: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    found = Shift.objects.filter(declaration=declaration_id).values_list("member", "starts_at", "ends_at")
    for member, starts_at, ends_at in found.iterator(chunk_size=10_000):
        spans[member].append((timezone.localtime(starts_at), timezone.localtime(ends_at)))
    return {member: rules.minutes_a_day(own) for member, own in spans.items()}


def elsewhere(unit_id: UUID, until: datetime) -> QuerySet[Shift]:
    """Duties from now up to a moment with which nobody can be in a team of this unit. For the system: nobody sees all units.

    A duty in the unit, in one above or in one below it is no other place.
    """
    return _holding(until).exclude(unit__in=territory.unit(unit_id).path).exclude(unit__path__contains=[unit_id])


def away(until: datetime) -> QuerySet[Shift]:
    """The same for teams of the unit from which each comes. For the system."""
    found = _holding(until).exclude(member__unit__path__contains=[F("unit")])
    return found.exclude(unit__path__contains=[F("member__unit")])


def _holding(until: datetime) -> QuerySet[Shift]:
    """Those that run, or begin before a moment, under a declaration that was not ended."""
    now = clock.now()
    begins = Q(starts_at__lte=now) | Q(starts_at__lt=until)
    return Shift.objects.filter(begins, ends_at__gt=now, declaration__ended_at=None)
