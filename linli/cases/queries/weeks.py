"""What happened week by week in a unit, and the three rates of its bodies over some weeks.

The city and its districts hold too many cases to be counted for a page: theirs were counted within the hour (`Week`). Those of
smaller units are counted when they are asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from linli.cases import rules
from linli.cases.models import Week
from linli.cases.queries.figures import rates, rates_counted
from linli.cases.queries.narrowing import Filters, narrowed
from linli.foundation import clock
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import NotFound
from linli.territory import queries as territory

COUNTED_AHEAD = ("city", "district")


@dataclass(slots=True)
class OneWeek:
    """From a Monday on: cases reported, cases that ended, and the rates of what was dispatched."""

    start: date
    opened: int = 0
    closed: int = 0
    rates: rules.Rates = field(default_factory=lambda: rules.Rates(0, 0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Weeks:
    """Weeks, oldest first, the present one last; when they were counted, where that was not now."""

    rows: list[OneWeek]
    counted_at: datetime | None = None

    @property
    def rates(self) -> rules.Rates:
        """The three rates of all of them together."""
        return rules.together(row.rates for row in self.rows)


def first_week(weeks: int) -> date:
    """The Monday with which the last so many weeks begin."""
    return rules.monday(timezone.localdate(clock.now())) - timedelta(weeks=weeks - 1)


def require_unit(actor: Actor, unit_id: UUID) -> None:
    """Raises NotFound outside the units whose cases the actor may see."""
    if not actor.may(Permission.SEE_CASES, territory.unit(unit_id).path):
        raise NotFound


def by_week(actor: Actor, unit_id: UUID, weeks: int, body_id: UUID | None = None) -> Weeks:
    """The last weeks of a unit, or of what a body leads in it. Raises NotFound."""
    require_unit(actor, unit_id)
    start = first_week(weeks)
    found = {start + timedelta(weeks=number): OneWeek(start + timedelta(weeks=number)) for number in range(weeks)}
    if territory.unit(unit_id).level not in COUNTED_AHEAD:
        for name, week, counted in _counted(actor, Filters(unit_id=unit_id, body_id=body_id), start):
            if week in found:
                setattr(found[week], name, counted)
        return Weeks(list(found.values()))
    counted_at = None
    for row in Week.objects.filter(unit=unit_id, start__gte=start, body=body_id):
        counted_at = row.counted_at
        if row.start in found:
            of_row = rules.Rates(row.dispatched, row.responded, row.evaluated, row.solved, row.satisfied)
            found[row.start] = OneWeek(row.start, row.opened, row.closed, of_row)
    return Weeks(list(found.values()), counted_at)


def _counted(actor: Actor, filters: Filters, start: date) -> Iterator[tuple[str, date, Any]]:
    """Which figure, of which week, and what it is. Three statements."""
    since = _midnight(start)
    for name, moment in (("opened", "reported_at"), ("closed", "closed_at")):
        rows = narrowed(actor, filters).filter(**{f"{moment}__gte": since}).annotate(week=TruncWeek(moment))
        for week, cases in rows.order_by().values_list("week").annotate(cases=Count("pk")):
            yield name, timezone.localdate(week), cases
    sent = narrowed(actor, filters).filter(dispatched_at__gte=since, lead_body__isnull=False)
    weeks = sent.annotate(week=TruncWeek("dispatched_at")).order_by().values_list("week")
    for week, *numbers in weeks.annotate(**rates_counted()):
        yield "rates", timezone.localdate(week), rules.Rates(*numbers)


def rates_by_body(actor: Actor, unit_id: UUID, start: date, end: date) -> dict[UUID, rules.Rates]:
    """The three rates of each body over what was dispatched to it from one Monday until before another. Raises NotFound."""
    require_unit(actor, unit_id)
    if territory.unit(unit_id).level not in COUNTED_AHEAD:
        return rates(actor, since=_midnight(start), until=_midnight(end), unit_id=unit_id)
    rows = Week.objects.filter(unit=unit_id, start__gte=start, start__lt=end, body__isnull=False)
    names = ("dispatched", "responded", "evaluated", "solved", "satisfied")
    summed = rows.values_list("body").annotate(*(Sum(name) for name in names)).order_by()
    return {body: rules.Rates(*counts) for body, *counts in summed if any(counts)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))
