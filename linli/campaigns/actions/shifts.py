"""Shifts: who is on duty when, under a declaration. Nobody is in two places at a time, and the database holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.campaigns import errors, events, queries, rules
from linli.campaigns.actions.declaring import use
from linli.campaigns.models import Call, CallAnswer, Declaration, Member, Power, Shift
from linli.campaigns.queries import shifts as reads
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.ids import uuid7
from linli.territory import queries as territory

MOST_AT_ONCE = 20_000
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Plan:
    """The same hours on each day from one to another; an end that is not after its beginning lies in the next morning."""

    first: date
    last: date
    begin: time
    end: time

    def spans(self) -> Iterator[Span]:
        zone, day = timezone.get_default_timezone(), self.first
        while day <= self.last:
            over = day if self.end > self.begin else day + timedelta(days=1)
            yield datetime.combine(day, self.begin, zone), datetime.combine(over, self.end, zone)
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Given:
    """How many shifts were given, and how many were left out: their member is on duty elsewhere then, or joint control is over."""

    given: int
    left_out: int
    too_late: int = 0


def give(*, declaration: UUID, member: Member, unit: UUID, span: Span, call: Call | None = None) -> Shift:
    """One shift. Call it as the system, under a lock on the member. Raises `TwoPlaces`."""
    row = Shift(declaration_id=declaration, member=member, unit_id=unit, call=call, starts_at=span[0], ends_at=span[1])
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        there = Shift.objects.filter(member=member, starts_at__lt=span[1], ends_at__gt=span[0]).first()
        if there is None:
            raise
        raise errors.TwoPlaces(shift=f"{timezone.localtime(there.starts_at):%m-%d %H:%M}") from None
    return row


def plan_shifts(*, declaration: UUID, unit: UUID, plan: Plan, by: Actor, kind: str = "", skill: str = "") -> Given:
    """Shifts for those of the roster of a unit, of a kind and with a skill where these are named.

    Raises `NotAllowed`, `NotFound`, `InvalidInput`, `NotInForce`, `PowerNotGiven`.
    """
    queries.require(by, Act.RUN, unit)
    declared = queries.declaration(declaration)
    if declared.unit_id not in territory.unit(unit).path:
        raise NotFound
    planned = list(_sensible(plan, declared.ends_at))
    spans = [span for span in planned if lasts(declared, span)]
    if planned and not spans:
        raise InvalidInput(field="last")
    members = list(reads.members_for(by, unit, kind, skill).values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if not 1 <= len(members) * len(spans) <= MOST_AT_ONCE:
        raise errors.TooManyShifts(most=MOST_AT_ONCE, count=len(members) * len(spans))
    with transaction.atomic():
        use(declaration=declaration, power=Power.CALL_UP, subject=territory.unit(unit).name, subject_id=unit, by=by)
        with acting_as(SYSTEM):
            made = store(declaration, unit, [(member, span) for member in members for span in spans])
    return replace(made, too_late=len(members) * (len(planned) - len(spans)))


def lasts(declared: Declaration, span: Span) -> bool:
    """Whether joint control still holds at the end of a shift."""
    return span[1] <= rules.end_of(declared.ends_at, declared.ended_at)


def store(declaration: UUID, unit: UUID, wanted: Sequence[tuple[UUID, Span]]) -> Given:
    """For the system. Who is on duty elsewhere at that time keeps that shift."""
    rows = [
        Shift(
            id=uuid7(), declaration_id=declaration, unit_id=unit, member_id=member, starts_at=span[0], ends_at=span[1]
        )
        for member, span in wanted
    ]
    Shift.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
    given = Shift.objects.filter(pk__in=[row.pk for row in rows]).count()
    return Given(given, len(rows) - given)


def _sensible(plan: Plan, until: datetime) -> Iterator[Span]:
    """The shifts of a plan that are not over; the last begins by the day on which the declaration ends. Raises `InvalidInput`."""
    if plan.last < plan.first:
        raise InvalidInput(field="last")
    if plan.last > timezone.localtime(until).date():
        raise InvalidInput(field="last")
    yield from (span for span in plan.spans() if span[1] > clock.now())


def end_shift(*, shift: UUID, by: Actor) -> UUID:
    """Somebody is free again: a shift that has begun ends now, one to come is taken away. Raises `NotFound`, `NotAllowed`."""
    with transaction.atomic():
        row = Shift.objects.select_for_update().filter(pk=shift).first()
        if row is None or row.ends_at <= clock.now():
            raise NotFound
        queries.require(by, Act.RUN, row.unit_id)
        if row.starts_at < clock.now():
            row.ends_at = clock.now()
            row.save(update_fields=["ends_at"])
        else:
            row.delete()
        if row.call_id:
            _comes_no_more(row.call_id, row.member_id)
    return shift


def _comes_no_more(call: UUID, member: UUID) -> None:
    """Who had said that they come to a call: another is asked in their place."""
    with acting_as(SYSTEM):
        CallAnswer.objects.filter(call=call, member=member).update(coming=False, at=clock.now())
        events.called(call)
        events.answered(call)
