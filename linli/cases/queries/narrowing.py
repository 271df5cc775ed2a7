"""What an actor may see of all cases, and what a list of them can be narrowed to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from linli.cases.models import OPEN_STATES, Case
from linli.cases.rows import Listed
from linli.foundation import clock
from linli.foundation.access import Actor, ActorKind, Permission
from linli.foundation.errors import NotFound
from linli.people import queries as people
from linli.people import rules as people_rules
from linli.territory import queries as territory

PAGE = 50
# So many stars are a satisfied reporter.
SATISFIED = 3
UNIT_COLUMNS = {"district": "district", "subdistrict": "subdistrict", "community": "community", "quarter": "quarter"}
_COLUMNS_BELOW = {"city": "district", "district": "subdistrict", "subdistrict": "community"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of cases can be narrowed to; everything left out does not narrow. Moments are inclusive."""

    states: tuple[str, ...] = ()
    open_only: bool = False
    class_id: UUID | None = None
    unit_id: UUID | None = None
    body_id: UUID | None = None
    channel: str = ""
    priority: str = ""
    overdue: bool = False
    escalated: bool = False
    text: str = ""
    reported_from: datetime | None = None
    reported_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None
    # When it was last dispatched.
    sent_from: datetime | None = None
    sent_to: datetime | None = None
    reporter_phone: str = ""
    # Days since the report: not less than the first, less than the second.
    aged: tuple[int, int | None] | None = None
    # Not filed under any class yet, and: under none of these.
    unclassed: bool = False
    other_than: tuple[UUID, ...] = ()
    # With no place finer than the unit.
    unplaced: bool = False
    # Behind a rate.
    counted: str = ""
    # What the actor has reported or handles.
    mine: bool = False


class Counted(StrEnum):
    """What one of the three rates was counted over, or what of that missed it (docs/cases.md, "The three rates")."""

    RESPONSE = "response"
    RESPONSE_MISSED = "response-missed"
    SOLUTION = "solution"
    SOLUTION_MISSED = "solution-missed"
    SATISFACTION = "satisfaction"
    SATISFACTION_MISSED = "satisfaction-missed"


class Order(StrEnum):
    NEWEST = "newest"
    # By the moment by which somebody is to act; among the open ones only.
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page begins: after this case. Newest first needs the id alone."""

    id: UUID
    urgent_at: datetime | None = None


C = TypeVar("C", bound=Case | Listed)


@dataclass(frozen=True, slots=True)
class Page(Generic[C]):
    """`after` is the key of the next page, None on the last."""

    cases: list[C]
    after: Key | None

    @property
    def before(self) -> UUID | None:
        """The same for lists that are always newest first."""
        return self.after.id if self.after else None


def page_of(found: QuerySet[Case], size: int) -> Page[Case]:
    return page(list(found.select_related("text")[: size + 1]), size)


def listed_of(found: QuerySet[Case], size: int) -> Page[Listed]:
    return page([Listed(*row) for row in found.values_list(*LISTED)[: size + 1]], size)


# In the order of `Listed`; its title stands with the text.
LISTED = (*Listed._fields[:-1], "text__title")


def page(cases: list[C], size: int) -> Page[C]:
    """Of so many cases and one more, which tells of a next page."""
    last = cases[size - 1] if len(cases) > size else None
    return Page(cases[:size], Key(last.id, last.urgent_at) if last else None)


def visible_to(actor: Actor) -> QuerySet[Case]:
    """The cases that this actor may see: of their units, of their bodies, their own."""
    if actor.is_system:
        return Case.objects.all()
    reach = Q()
    units, bodies = actor.units(Permission.SEE_CASES), actor.bodies()
    if units:
        reach |= Q(units__overlap=units)
    if bodies:
        reach |= Q(bodies__overlap=bodies)
    if actor.kind is ActorKind.PERSON and actor.id is not None:
        reach |= Q(reporter=actor.id)
    return Case.objects.filter(reach) if reach else Case.objects.none()


# The same of a statement, whose first value is its own.
VISIBLE = "($2::boolean OR units && $3::uuid[] OR bodies && $4::uuid[] OR reporter_id = $5::uuid)"


def visibility(actor: Actor) -> tuple[Any, ...]:
    """The values of `VISIBLE`."""
    reporter = actor.id if actor.kind is ActorKind.PERSON else None
    return actor.is_system, list(actor.units(Permission.SEE_CASES)), list(actor.bodies()), reporter


def require_unit(actor: Actor, unit_id: UUID) -> None:
    """Raises NotFound outside the units whose cases the actor may see."""
    if not actor.may(Permission.SEE_CASES, territory.unit(unit_id).path):
        raise NotFound


def narrowed(actor: Actor, filters: Filters) -> QuerySet[Case]:
    """The cases that the actor may see and these filters let through, but for the words."""
    found = _in_unit(actor, reach_of(actor, filters))
    simple = {
        "state__in": filters.states,
        "case_class": filters.class_id,
        "channel": filters.channel,
        "priority": filters.priority,
        "reported_at__gte": filters.reported_from,
        "reported_at__lte": filters.reported_to,
        "closed_at__gte": filters.ended_from,
        "closed_at__lte": filters.ended_to,
        "dispatched_at__gte": filters.sent_from,
        "dispatched_at__lte": filters.sent_to,
        "lead_body": filters.body_id,
    }
    found = found.filter(**{name: value for name, value in simple.items() if value})
    if still_open(filters):
        found = found.filter(closed_at=None)
    if filters.overdue:
        found = found.filter(overdue_now())
    if filters.mine and actor.id is not None:
        found = found.filter(Q(reporter=actor.id) | Q(handler=actor.id))
    if filters.escalated:
        found = found.filter(escalation__gt=0)
    if filters.aged:
        found = found.filter(reported_days_ago(*filters.aged))
    if filters.unclassed:
        found = found.filter(case_class=None)
    if filters.other_than:
        found = found.filter(case_class__isnull=False).exclude(case_class__in=filters.other_than)
    if filters.unplaced:
        found = found.filter(**{column_below(filters.unit_id or territory.root().id): None})
    if filters.counted:
        found = found.filter(behind_rate(Counted(filters.counted)))
    if filters.reporter_phone.strip():
        found = found.filter(_told_by(filters.reporter_phone), with_contacts(actor))
    return found


def _in_unit(actor: Actor, reach: "Reach") -> QuerySet[Case]:
    """What the actor may see of a unit: by its own column, whose index gives the newest at once.

    Where the unit is the actor's, its column says all: asking for the scope once more would let PostgreSQL expect far too few
    rows, and sort all of them instead of walking the index.
    """
    if reach.unit_id is None or reach.unit_id == territory.root().id:
        return visible_to(actor)
    if reach.column is None:
        return visible_to(actor).filter(units__contains=[reach.unit_id])
    path = territory.unit(reach.unit_id).path
    own = actor.is_system or not set(path).isdisjoint(actor.units(Permission.SEE_CASES))
    return (Case.objects.all() if own else visible_to(actor)).filter(**{reach.column: reach.unit_id})


def column_below(unit_id: UUID) -> str:
    """The column of what lies directly below a unit; below a community, and in it, that of the quarter."""
    return _COLUMNS_BELOW.get(territory.unit(unit_id).level, "quarter")


def reported_days_ago(least: int, less_than: int | None) -> Q:
    """Figures count by this and lists narrow by it, so that they agree."""
    now = clock.now()
    found = Q(reported_at__lte=now - timedelta(days=least)) if least else Q(reported_at__isnull=False)
    return found if less_than is None else found & Q(reported_at__gt=now - timedelta(days=less_than))


def behind_rate(counted: Counted) -> Q:
    """Lists narrow by these, and rates count by them (`figures.rates_counted`), so that they agree. Of what was sent to a body."""
    unanswered, rated = Q(responded=None, response_due_at__lt=clock.now()), Q(stars__isnull=False)
    found = {
        Counted.RESPONSE: Q(responded__isnull=False) | unanswered,
        Counted.RESPONSE_MISSED: Q(responded=False) | unanswered,
        Counted.SOLUTION: rated,
        Counted.SOLUTION_MISSED: rated & (Q(solved=False) | Q(solved=None)),
        Counted.SATISFACTION: rated,
        Counted.SATISFACTION_MISSED: Q(stars__lt=SATISFIED),
    }
    return Q(lead_body__isnull=False) & found[counted]


def still_open(filters: Filters) -> bool:
    """Whether these filters let nothing through that has ended."""
    only_open_states = bool(filters.states) and set(filters.states) <= set(OPEN_STATES)
    return filters.open_only or filters.overdue or filters.escalated or only_open_states


@dataclass(frozen=True, slots=True)
class Reach:
    """The unit that a list is of, and its column, where it has one."""

    unit_id: UUID | None
    column: str | None


def reach_of(actor: Actor, filters: Filters) -> Reach:
    """Which column of a case narrows to the unit that is asked, or else to the actor's only one."""
    unit_id = filters.unit_id or one_unit(actor)
    return Reach(unit_id, UNIT_COLUMNS.get(territory.unit(unit_id).level) if unit_id else None)


def one_unit(actor: Actor) -> UUID | None:
    """The unit of an actor who has just one and nothing else: their list can go by that unit's index."""
    units = set(actor.units(Permission.SEE_CASES))
    return units.pop() if len(units) == 1 and not actor.bodies() else None


def overdue_now() -> Q:
    """Not reported back in time; a paused clock stands where it was paused (as `limits.is_overdue`)."""
    return Q(due_at__lt=Coalesce(F("paused_at"), Value(clock.now())), handled_at=None)


def with_contacts(actor: Actor) -> Q:
    """Where the actor may see contacts: elsewhere a search by phone would tell whose number it is."""
    if actor.is_system:
        return Q()
    return Q(units__overlap=actor.units(Permission.SEE_CONTACTS)) | Q(bodies__overlap=actor.bodies())


def _told_by(phone: str) -> Q:
    """What was reported with this phone or by its owner's account; whoever reported anonymously is not found by it."""
    number = people_rules.normalise_caller(phone)
    told = Q(contact__phone_hash=people_rules.phone_hash(number))
    if not people_rules.is_landline(number):
        told |= Q(reporter__in=people.resident_ids(number))
    return told & Q(anonymous=False)
