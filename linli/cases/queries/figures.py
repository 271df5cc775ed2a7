"""Counts over many cases."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Case, Count, Q, Value, When
from django.utils import timezone

from linli.cases import rules
from linli.cases.queries.narrowing import SATISFIED, Counted, Filters, behind_rate, narrowed, overdue_now, require_unit
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.territory import queries as territory

# Days since the report by which open cases are counted: not less than the first, less than the second.
AGES = ((0, 1), (1, 3), (3, 7), (7, 30), (30, None))

# How long the reports of past days count as counted.
REMEMBERED_SECONDS = 60


class Open(NamedTuple):
    """Open cases, and how many of them are late."""

    cases: int
    late: int


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What is open in a unit: by the unit directly below it in which the place lay, by class, and by age (of AGES, youngest first)."""

    by_unit: dict[UUID | None, Open]
    by_class: dict[UUID | None, Open]
    by_age: list[int]

    @property
    def whole(self) -> Open:
        return Open(sum(self.by_age), sum(counted.late for counted in self.by_unit.values()))


def open_work(actor: Actor, unit_id: UUID) -> OpenWork:
    """One statement over the open cases alone (migration 0019). Raises NotFound."""
    require_unit(actor, unit_id)
    now = clock.now()
    edges = [now - timedelta(days=until) for _since, until in reversed(AGES) if until]
    found = OpenWork({}, {}, [0] * len(AGES))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_open_work(%s, %s, %s)", [unit_id, now, edges])
        for part, key, cases, late, since in cursor.fetchall():
            if part == "whole":
                found.by_age[:] = [later - earlier for earlier, later in pairwise([0, *reversed(since), cases])]
            else:
                by = found.by_unit if part == "unit" else found.by_class
                by[key] = Open(cases, late)
    return found


def open_by_building(actor: Actor, quarter_id: UUID) -> dict[UUID, Open]:
    """What is open in a quarter, by the building that was named as the place. Raises NotFound."""
    require_unit(actor, quarter_id)
    late = Case(When(overdue_now(), then=Value(True)), default=Value(False))
    found = narrowed(actor, Filters(unit_id=quarter_id, open_only=True)).values_list("units", late)
    buildings = {one.id for one in territory.children(quarter_id, level="building")}
    cases: Counter[UUID] = Counter()
    overdue: Counter[UUID] = Counter()
    for units, is_late in found.order_by():
        for building in buildings.intersection(units):
            cases[building] += 1
            overdue[building] += is_late
    return {building: Open(count, overdue[building]) for building, count in cases.items()}


@dataclass(frozen=True, slots=True)
class Lately:
    """Cases reported on a day, and on that day and the six before it."""

    day: date
    today: int
    week: int

    @property
    def first(self) -> date:
        return self.day - timedelta(days=6)


def reported_today(actor: Actor, unit_id: UUID) -> int:
    """One statement. Raises NotFound."""
    require_unit(actor, unit_id)
    return _reported_since(unit_id, _last_midnight())


def lately(actor: Actor, unit_id: UUID) -> Lately:
    """One statement over today alone, and once a minute one over the days before it. Raises NotFound."""
    require_unit(actor, unit_id)
    midnight = _last_midnight()
    today = _reported_since(unit_id, midnight)
    # A city's week is some 80,000 reports, and of its past days hardly one comes later.
    key = f"lately:{unit_id}:{midnight.date()}"
    past = cache.get(key)
    if past is None:
        past = _reported_since(unit_id, midnight - timedelta(days=6)) - today
        cache.set(key, past, REMEMBERED_SECONDS)
    return Lately(midnight.date(), today, today + past)


def _reported_since(unit_id: UUID, moment: datetime) -> int:
    """From an index alone (migration 0016)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT week FROM cases_lately(%s, %s, %s)", [unit_id, moment, moment])
        (count,) = cursor.fetchone()
    return count


def _last_midnight() -> datetime:
    return datetime.combine(timezone.localdate(clock.now()), time(), ZoneInfo(settings.TIME_ZONE))


def rates(actor: Actor, *, since: datetime, until: datetime, unit_id: UUID | None = None) -> dict[UUID, rules.Rates]:
    """The three rates of each body over the cases dispatched to it in a period, within the actor's scope. One statement."""
    found = narrowed(actor, Filters(unit_id=unit_id)).filter(
        dispatched_at__gte=since, dispatched_at__lt=until, lead_body__isnull=False
    )
    rows = found.values_list("lead_body").annotate(**rates_counted()).order_by()
    return {body: rules.Rates(*numbers) for body, *numbers in rows}


def rates_counted() -> dict[str, Count]:
    """What the three rates are made of, in the order of `rules.Rates`, over whatever cases are counted."""
    return {
        "dispatched": Count("pk", filter=behind_rate(Counted.RESPONSE)),
        "responded": Count("pk", filter=Q(responded=True)),
        "evaluated": Count("pk", filter=Q(stars__isnull=False)),
        "solved": Count("pk", filter=Q(solved=True)),
        "satisfied": Count("pk", filter=Q(stars__gte=SATISFIED)),
    }
