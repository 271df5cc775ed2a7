"""Calls for help: those of a unit with their answers, and those that concern somebody of the roster."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from linli.campaigns.models import Call, CallAnswer, CallAsked, Member, Shift
from linli.campaigns.queries.console import roster_counts
from linli.campaigns.queries.control import require, stage_of
from linli.campaigns.queries.roster import of_roster
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.privacy import keyed_hash
from linli.foundation.statement import Statement
from linli.territory import queries as territory

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Answers:
    coming: int
    not_coming: int
    # How many of the roster are called by it, and how many of them were sent a message.
    called: int
    asked: int


def call(call_id: UUID) -> Call:
    """That help is called for is public; who answered is not. Raises `NotFound`."""
    found = Call.objects.select_related("declaration").filter(pk=call_id).first()
    if found is None:
        raise NotFound
    return found


def calls_in(actor: Actor, unit_id: UUID) -> list[Call]:
    """Of a unit and of those below it, the newest first."""
    require(actor, Act.RUN, unit_id)
    return (_NEWEST if unit_id == territory.root().id else _NEWEST_BELOW).all(SHOWN, unit_id)


_CALLS = "SELECT {{}} FROM campaigns_call WHERE {inside} ORDER BY id DESC LIMIT $1::int"
# In the city lies all: there no row's unit is looked at.
_NEWEST = Statement(_CALLS.format(inside="$2::uuid IS NOT NULL"), Call)
_NEWEST_BELOW = Statement(
    _CALLS.format(inside="unit_id IN (SELECT id FROM territory_unit WHERE path @> ARRAY[$2::uuid])"), Call
)


def is_open(row: Call) -> bool:
    """Whether it can still be answered; with its declaration."""
    return row.ends_at > clock.now() and stage_of(row.declaration) is Stage.IN_FORCE


def not_asked(row: Call) -> QuerySet[Member]:
    """Whom it concerns, who has not answered of themselves and is not on duty then, from the last that was asked on. For the system.

    A city's roster is asked in a thousand steps: none of them may look again at those of the steps before.
    """
    busy = Shift.objects.filter(member=OuterRef("pk"), starts_at__lt=row.ends_at, ends_at__gt=row.starts_at)
    last = CallAsked.objects.filter(call=row).order_by("-member").values_list("member", flat=True).first()
    answered = CallAnswer.objects.filter(call=row, member=OuterRef("pk"))
    left = called(row).filter(pk__gt=last) if last else called(row)
    return left.filter(~Exists(answered), ~Exists(busy)).order_by("pk")


def secret_of(asked: UUID) -> str:
    """What a link has in it that was sent to a phone: 120 bits that follow from what it is about and a key outside the database."""
    return urlsafe_b64encode(keyed_hash(str(asked), "campaigns.call_link")[:15]).decode()


def asked_by_link(asked: UUID, secret: str) -> CallAsked:
    """With its call, declaration and member. Raises `NotFound`."""
    with acting_as(SYSTEM):
        found = CallAsked.objects.select_related("call__declaration", "member").filter(pk=asked).first()
    if found is None or not compare_digest(secret.encode(), secret_of(asked).encode()):
        raise NotFound
    return found


def answer_of(row: CallAsked) -> CallAnswer | None:
    with acting_as(SYSTEM):
        return CallAnswer.objects.filter(call=row.call_id, member=row.member_id).first()


def called(row: Call) -> QuerySet[Member]:
    """Whom it calls, of those whom row security shows: of the roster of its unit, with its skill."""
    return of_roster(row.unit_id, row.skill)


def answers_of(actor: Actor, row: Call) -> Answers:
    require(actor, Act.RUN, row.unit_id)
    answers = CallAnswer.objects.filter(call=row, member__left_at=None)
    said = dict(answers.values_list("coming").annotate(Count("pk")))
    many = called(row).count() if row.skill else sum(roster_counts(actor, row.unit_id).values())
    return Answers(said.get(True, 0), said.get(False, 0), many, row.asked.count())


def who_comes(actor: Actor, row: Call) -> list[CallAnswer]:
    """Those who said that they come, in the order in which they said it."""
    require(actor, Act.RUN, row.unit_id)
    return list(coming_to(row).select_related("member").order_by("at", "pk"))


def coming_to(row: Call) -> QuerySet[CallAnswer]:
    """Who said that they come and is still on the roster, of those whom row security shows."""
    return CallAnswer.objects.filter(call=row, coming=True, member__left_at=None)


def called_as(actor: Actor, row: Call) -> Member | None:
    """The actor in the roster, where this call concerns them and can still be answered."""
    if actor.id is None or not is_open(row):
        return None
    return called(row).filter(person=actor.id).first()


def my_calls(actor: Actor) -> list[Call]:
    """What the actor is called to now, what begins first before the rest."""
    mine = Member.objects.filter(person=actor.id, left_at=None).first() if actor.id else None
    if mine is None:
        return []
    path = territory.unit(mine.unit_id).path
    found = Call.objects.filter(unit__in=path, ends_at__gt=clock.now()).select_related("declaration")
    open_ = found.filter(Q(skill="") | Q(skill__in=mine.skills)).order_by("starts_at", "pk")
    return [row for row in open_ if stage_of(row.declaration) is Stage.IN_FORCE]


def promised(**of: Any) -> list[UUID]:
    """The calls that can still be answered to which a member (`of`) said that they come. For the system."""
    found = CallAnswer.objects.filter(coming=True, call__ends_at__gt=clock.now(), **of)
    return list(found.values_list("call", flat=True).distinct())


def answered_by(call_id: UUID) -> list[UUID]:
    """The persons with an account who have said whether they come. For the system."""
    found = CallAnswer.objects.filter(call=call_id, member__person__isnull=False)
    return list(found.values_list("member__person", flat=True))


def my_answer(actor: Actor, row: Call) -> CallAnswer | None:
    return CallAnswer.objects.filter(call=row, member__person=actor.id).first() if actor.id else None
