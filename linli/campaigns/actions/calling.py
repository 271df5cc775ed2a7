"""Calls for help: made for a unit under a declaration, answered by each member for themselves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from linli.campaigns import events, queries, rules
from linli.campaigns.actions.declaring import use
from linli.campaigns.models import Call, CallAnswer, Power
from linli.campaigns.queries import calls
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import InvalidInput, NotFound
from linli.territory import queries as territory

MOST_WANTED = 100_000


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
    return row


def answer(*, call: UUID, coming: bool, by: Actor) -> CallAnswer:
    """Whether one comes; the last answer counts. Raises `NotFound` for who is not called, or when it is over."""
    member = calls.called_as(by, calls.call(call))
    if member is None:
        raise NotFound
    with transaction.atomic():
        row, _made = CallAnswer.objects.update_or_create(
            call_id=call, member=member, defaults={"coming": coming, "at": clock.now()}
        )
        events.answered(call)
    return row
