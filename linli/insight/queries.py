"""Reads of warnings. Each starts from who asks; row-level security asks again."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from linli.cases import queries as cases
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.statement import Statement, prepared
from linli.insight.models import Answer, Run, Verdict, Warning, WarningKind, WarningState
from linli.insight.sources import wall
from linli.territory import queries as territory
from linli.territory.errors import NoTerritory
from linli.territory.index import UnitInfo

PAGE = 30
# A unit below a district belongs to its district; the city is looked at district by district.
DISTRICT = "district"


@dataclass(frozen=True)
class Told:
    """A warning as the rules compare it with a newer finding (`watch.goes_on`)."""

    warning: Warning

    @property
    def kind(self) -> str:
        return self.warning.kind

    @property
    def since(self) -> datetime:
        return wall(self.warning.since)

    @property
    def until(self) -> datetime:
        return wall(self.warning.until)

    @property
    def about(self) -> Sequence[Hashable]:
        if self.warning.places:
            return self.warning.places
        if self.warning.spot is not None:
            return (self.warning.spot,)
        # A pile is a body's, wherever it works.
        return (None,) if self.warning.body_id else (self.warning.unit_id,)

    @property
    def narrowed(self) -> tuple[Hashable, Hashable]:
        return self.warning.case_class_id, self.warning.body_id


def lately(district_id: UUID, since: datetime) -> QuerySet[Warning]:
    """A district's warnings whose window reaches into the time since, the newest first; locked. For the system."""
    return Warning.objects.select_for_update().filter(district=district_id, until__gte=since).order_by("-until", "-id")


def visible_to(actor: Actor) -> QuerySet[Warning]:
    """The warnings that touch a unit whose cases the actor sees."""
    if actor.is_system:
        return Warning.objects.all()
    units = actor.units(Permission.SEE_CASES)
    return Warning.objects.filter(units__overlap=units) if units else Warning.objects.none()


def warnings(
    actor: Actor,
    *,
    kind: str = "",
    states: Iterable[str] = (),
    unit_id: UUID | None = None,
    before: UUID | None = None,
    size: int = PAGE,
) -> list[Warning]:
    """The newest first."""
    found = visible_to(actor)
    narrowed = {"kind": kind, "state__in": tuple(states), "units__contains": [unit_id] if unit_id else None}
    found = found.filter(**{name: value for name, value in narrowed.items() if value})
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-id")[:size])


def of_unit(
    actor: Actor,
    unit_id: UUID,
    most: int,
    *,
    states: Sequence[str] = WarningState.values,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Warning]:
    """Those of a unit that were found from one moment until before another, the newest first."""
    units = list(actor.units(Permission.SEE_CASES))
    return _OF_UNIT.all(unit_id, actor.is_system, units, list(states), since, until, most)


def count_open(actor: Actor, unit_id: UUID) -> int:
    """How many open ones a unit has."""
    values = [unit_id, actor.is_system, list(actor.units(Permission.SEE_CASES)), list(open_states())]
    ((count,),) = prepared(_COUNT_OF_UNIT, values)
    return int(count)


# As `visible_to`.
_TOUCHES = "units @> ARRAY[$1::uuid] AND ($2::boolean OR units && $3::uuid[]) AND state = ANY ($4::text[])"
_COUNT_OF_UNIT = f"SELECT count(*) FROM insight_warning WHERE {_TOUCHES}"
_OF_UNIT = Statement(
    f"""
    SELECT {{}} FROM insight_warning WHERE {_TOUCHES}
        AND ($5::timestamptz IS NULL OR found_at >= $5) AND ($6::timestamptz IS NULL OR found_at < $6)
    ORDER BY id DESC LIMIT $7::int
    """,
    Warning,
)


def warning(actor: Actor, warning_id: UUID) -> Warning:
    """Raises NotFound outside the actor's scope too."""
    found = visible_to(actor).filter(pk=warning_id).first()
    if found is None:
        raise NotFound
    return found


def told_of(warning_id: UUID) -> Warning | None:
    """The warning of an event, if it is still there. For the system."""
    return Warning.objects.filter(pk=warning_id).first()


def answers(actor: Actor, of: Warning) -> bool:
    """Whether the actor may answer it: a desk, a dispatcher or a leader of a unit that it touches."""
    return actor.id is not None and actor.may(Permission.ANSWER_WARNINGS, tuple(of.units))


def cases_of(actor: Actor, of: Warning, most: int) -> list[Any]:
    """Those of its cases that the actor may see, the newest first."""
    return list(cases.visible_to(actor).filter(pk__in=of.cases).select_related("text").order_by("-id")[:most])


def cases_made(actor: Actor, of: Warning) -> list[Any]:
    """The case that it was turned into, where the actor sees it."""
    return list(cases.visible_to(actor).filter(pk=of.made_case)) if of.made_case else []


def counts(actor: Actor, unit_id: UUID | None = None) -> dict[str, int]:
    """How many warnings stand in each state."""
    found = visible_to(actor).filter(units__contains=[unit_id]) if unit_id else visible_to(actor)
    return dict(found.values_list("state").annotate(Count("pk")).order_by())


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the warnings of a kind: how many there were, how many were answered, and how many of these were worth it."""

    kind: str
    told: int
    answered: int
    right: int

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.right, self.answered) if self.answered else None


def precision(actor: Actor, since: datetime | None = None) -> list[Precision]:
    """By kind; the last answer to each warning counts. Acknowledged or made a case: it was worth telling."""
    last = Answer.objects.filter(warning=OuterRef("pk")).order_by("-at", "-id").values("verdict")[:1]
    found = visible_to(actor).annotate(verdict=Subquery(last)).order_by()
    if since is not None:
        found = found.filter(found_at__gte=since)
    right = Q(verdict__in=[Verdict.ACKNOWLEDGED, Verdict.CASE])
    rows = found.values_list("kind").annotate(
        told=Count("pk"), answered=Count("pk", filter=Q(verdict__isnull=False)), right=Count("pk", filter=right)
    )
    by_kind = {kind: Precision(kind, *numbers) for kind, *numbers in rows}
    return [by_kind.get(kind.value, Precision(kind.value, 0, 0, 0)) for kind in WarningKind]


def last_run(actor: Actor) -> Run | None:
    """The newest look at a district of the actor's."""
    found = Run.objects.filter(district__in=[unit.id for unit in districts_of(actor)]).order_by("-id")
    return found.first()


def districts() -> list[UnitInfo]:
    """Every district of today, by code. A city without districts is looked at as one; before a city is loaded there is nothing to see."""
    try:
        city = territory.root()
    except NoTerritory:
        return []
    below = territory.index().below.get(city.id, ())
    return [unit for unit in below if unit.level == DISTRICT] or [city]


def districts_of(actor: Actor, permission: Permission = Permission.SEE_CASES) -> list[UnitInfo]:
    """The districts in which the actor may do that, everywhere or in some unit."""
    paths = [territory.unit(unit).path for unit in actor.units(permission)]
    return [
        one for one in districts() if actor.is_system or any(one.id in path or path[-1] in one.path for path in paths)
    ]


def require_look(actor: Actor, unit_id: UUID) -> UnitInfo:
    """The district, if the actor answers warnings somewhere in it. Raises NotAllowed."""
    for district in districts_of(actor, Permission.ANSWER_WARNINGS):
        if district.id == unit_id:
            return district
    raise NotAllowed


def open_states() -> tuple[str, ...]:
    """Those that still wait for somebody."""
    return (WarningState.NEW, WarningState.ACKNOWLEDGED)
