"""Calls for help: made for a unit under a declaration, sent to those whom they concern, answered by each for themselves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from linli.campaigns import events, queries, rules
from linli.campaigns.actions import shifts
from linli.campaigns.actions.declaring import use
from linli.campaigns.models import Call, CallAnswer, CallAsked, Member, Power, Shift
from linli.campaigns.queries import calls
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.territory import queries as territory

MOST_WANTED = 100_000
# In one transaction; a city's roster is asked in many.
ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One who is asked: by their account where they have one, else by their phone (which may be empty)."""

    id: UUID
    person: UUID | None
    phone: str
    call: Call


@dataclass(frozen=True, slots=True)
class NewCall:
    """How many are wanted where, when, and for what; with a skill, or (empty) without."""

    declaration: UUID
    unit: UUID
    wanted: int
    text: str
    starts_at: datetime
    ends_at: datetime
    skill: str = ""


def call(*, new: NewCall, by: Actor) -> Call:
    """Raises `NotAllowed`, `NotFound`, `InvalidInput`, `EndNeeded`, `NotInForce`, `PowerNotGiven`."""
    queries.require(by, Act.RUN, new.unit)
    if queries.declaration(new.declaration).unit_id not in territory.unit(new.unit).path:
        raise NotFound
    if not 1 <= new.wanted <= MOST_WANTED:
        raise InvalidInput(field="wanted")
    rules.require_period(new.starts_at, new.ends_at)
    if new.ends_at <= clock.now():
        raise InvalidInput(field="ends_at")
    with transaction.atomic():
        row = Call(
            declaration_id=new.declaration,
            unit_id=new.unit,
            wanted=new.wanted,
            skill=new.skill.strip()[:32],
            text=rules.words_of(new.text, field="text"),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
        )
        use(declaration=new.declaration, power=Power.CALL_UP, subject=row.text, subject_id=row.id, by=by)
        row.save(force_insert=True)
        events.called(row.pk)
    return row


def ask_next(*, call: UUID) -> list[Asked]:
    """The next of those whom a call concerns, each once; none when enough come, when it is over, or when all were asked. For the system.

    Whoever is on duty at that time is not asked, and who stands on the roster twice is asked once: by their account, or their phone.
    """
    with transaction.atomic():
        # Two workers that ask at the same time would ask the same people.
        row = Call.objects.select_for_update(of=("self",)).select_related("declaration").get(pk=call)
        if not calls.is_open(row) or calls.coming_to(row).count() >= row.wanted:
            return []
        members = list(calls.not_asked(row)[:ASKED_AT_ONCE])
        asked = [CallAsked(call=row, member=member) for member in members]
        CallAsked.objects.bulk_create(asked)
        if len(asked) == ASKED_AT_ONCE:
            events.called(row.pk)
    return [Asked(one.pk, member.person_id, member.phone, row) for one, member in zip(asked, members, strict=True)]


def answer(*, call: UUID, coming: bool, by: Actor) -> CallAnswer:
    """Whether one comes; the last answer counts. Raises `NotFound` for who is not called, or when it is over, and `TwoPlaces`."""
    row = calls.call(call)
    member = calls.called_as(by, row)
    if member is None:
        raise NotFound
    return _answered(row, member, coming)


def answer_by_link(*, asked: UUID, secret: str, coming: bool) -> CallAnswer:
    """The same for who has no account and holds the link that was sent to their phone. Raises `NotFound`, `TwoPlaces`."""
    found = calls.asked_by_link(asked, secret)
    if not calls.is_open(found.call) or found.member.left_at is not None:
        raise NotFound
    return _answered(found.call, found.member, coming)


def _answered(row: Call, member: Member, coming: bool) -> CallAnswer:
    """Who comes is on duty then; who does not is free. A shift elsewhere at that time is in the way."""
    with acting_as(SYSTEM), transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)
        given, _made = CallAnswer.objects.update_or_create(
            call=row, member=member, defaults={"coming": coming, "at": clock.now()}
        )
        Shift.objects.filter(member=member, call=row).delete()
        if coming:
            shifts.give(
                declaration=row.declaration_id,
                member=member,
                unit=row.unit_id,
                span=(row.starts_at, row.ends_at),
                call=row,
            )
        else:
            # Of those who were not asked because enough came, the next is.
            events.called(row.pk)
        events.answered(row.pk)
    return given
