"""What happened week by week in a unit, and the three rates of its bodies over some weeks.

The city, its districts and subdistricts hold too many cases to be counted for a page: theirs were counted within the hour (`Week`,
`ClassWeek`). Those of smaller units are counted when they are asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Case, Count, DateTimeField, F, Func, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from linli.cases import rules
from linli.cases.models import Week
from linli.cases.queries.figures import rates_counted
from linli.cases.queries.narrowing import Filters, column_below, narrowed, require_unit
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.statement import prepared
from linli.territory import queries as territory

COUNTED_AHEAD = ("city", "district", "subdistrict")
ByBody = dict[UUID, rules.Rates]
# As `rules.Rates` has them.
_RATES = ("dispatched", "responded", "evaluated", "solved", "satisfied")
NONE_SENT = rules.Rates(0, 0, 0, 0, 0)


@dataclass(slots=True)
class OneWeek:
    """From a Monday on: cases reported, cases that ended, and the rates of what was dispatched."""

    start: date
    opened: int = 0
    closed: int = 0
    rates: rules.Rates = NONE_SENT


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


def weeks_are_counted() -> bool:
    """Whether anything stands there of weeks that change no more. Of subdistricts: what is counted for them was added last, and after
    an upgrade their older weeks would be empty until the night."""
    older = Week.objects.filter(start__lt=first_week(rules.WEEKS_IN_MOTION), unit__level="subdistrict")
    return older.exists()


class _WeekNumber(Func):
    """In which of some weeks a moment lies, from 1; 0 before the first of them, one more than there are after the last.

    It is looked for among the moments at which the weeks begin: to cut it to its Monday in the city's time took PostgreSQL longer than to
    read the cases.
    """

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, moment: Any, starts: Sequence[date]) -> None:
        begin = [_midnight(start) for start in (*starts, starts[-1] + timedelta(weeks=1))]
        super().__init__(moment, Value(begin, output_field=ArrayField(DateTimeField())))


def _numbered(weeks: Sequence[OneWeek], number: int | None) -> OneWeek | None:
    """The week of such a number."""
    return weeks[number - 1] if number and number <= len(weeks) else None


def _mondays(start: date, weeks: int) -> list[date]:
    return [start + timedelta(weeks=number) for number in range(weeks)]


def _empty(starts: Sequence[date]) -> list[OneWeek]:
    return [OneWeek(start) for start in starts]


def by_week(actor: Actor, unit_id: UUID, weeks: int, body_id: UUID | None = None) -> Weeks:
    """The last weeks of a unit, or of what a body leads in it. Raises NotFound."""
    require_unit(actor, unit_id)
    found = _empty(_mondays(first_week(weeks), weeks))
    if not _were_counted(unit_id):
        _count(actor, Filters(unit_id=unit_id, body_id=body_id), found)
        return Weeks(found)
    number_of, counted_at = {week.start: number for number, week in enumerate(found)}, None
    asked = _OF_UNIT if body_id is None else _OF_BODY
    for start, at, opened, closed, *numbers in _rows(asked, unit_id, found[0].start, body_id):
        counted_at = at
        if start in number_of:
            found[number_of[start]] = OneWeek(start, opened, closed, rules.Rates(*numbers))
    return Weeks(found, counted_at)


_WEEKS = f"SELECT start, counted_at, opened, closed, {', '.join(_RATES)} FROM cases_week WHERE unit_id = $1::uuid AND start >= $2::date"
_OF_UNIT = f"{_WEEKS} AND body_id IS NULL AND $3::uuid IS NULL"
_OF_BODY = f"{_WEEKS} AND body_id = $3::uuid"


def _rows(asked: str, *values: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = prepared(asked, values)
    return rows


def _count(actor: Actor, filters: Filters, weeks: Sequence[OneWeek]) -> None:
    """Each case stands in three weeks: in which it was reported, ended, and last dispatched. One statement that reads it once."""
    rows = _in_weeks(actor, filters, [week.start for week in weeks]).values_list("reported", "ended", "sent")
    for row in rows.order_by().annotate(cases=Count("pk"), **rates_counted()):
        reported, ended, sent = (_numbered(weeks, number) for number in row[:3])
        cases, *numbers = row[3:]
        if reported:
            reported.opened += cases
        if ended:
            ended.closed += cases
        if sent:
            sent.rates = rules.together((sent.rates, rules.Rates(*numbers)))


def _in_weeks(actor: Actor, filters: Filters, starts: Sequence[date]) -> QuerySet[Any, Any]:
    """What was reported, ended or last dispatched from the first of these Mondays on, with the numbers of the three weeks of each case."""
    since = _midnight(starts[0])
    found = narrowed(actor, filters).filter(
        Q(reported_at__gte=since) | Q(closed_at__gte=since) | Q(dispatched_at__gte=since)
    )
    return found.annotate(
        reported=_WeekNumber("reported_at", starts),
        ended=_WeekNumber("closed_at", starts),
        sent=_WeekNumber(Case(When(lead_body__isnull=False, then=F("dispatched_at"))), starts),
    )


@dataclass(frozen=True, slots=True)
class Below:
    """Weeks of each unit directly below one that had any, and under None of what lay in none of them, oldest first and without rates;
    when they were counted, where that was not now."""

    weeks: Mapping[UUID | None, list[OneWeek]]
    counted_at: datetime | None = None


def by_week_below(actor: Actor, unit_id: UUID, start: date, weeks: int, class_id: UUID | None = None) -> Below:
    """What was reported and what ended in some weeks from a Monday on. One statement. Raises NotFound."""
    require_unit(actor, unit_id)
    starts = _mondays(start, weeks)
    if _below_were_counted(unit_id) and _as_far_back_as(start):
        return _below_ahead(unit_id, starts, class_id)
    found: defaultdict[UUID | None, list[OneWeek]] = defaultdict(lambda: _empty(starts))
    for unit, reported, ended, cases in _counted_below(actor, Filters(unit_id=unit_id, class_id=class_id), starts):
        of_unit = found[unit]
        if counted := _numbered(of_unit, reported):
            counted.opened += cases
        if counted := _numbered(of_unit, ended):
            counted.closed += cases
    return Below(found)


def _were_counted(unit_id: UUID) -> bool:
    return territory.unit(unit_id).level in COUNTED_AHEAD


def _below_were_counted(unit_id: UUID) -> bool:
    return territory.unit(unit_id).level in COUNTED_AHEAD[:-1]


def _as_far_back_as(start: date) -> bool:
    """Whether weeks were counted ahead from that Monday on."""
    return start >= first_week(rules.WEEKS_COUNTED)


def _below_ahead(unit_id: UUID, starts: Sequence[date], class_id: UUID | None) -> Below:
    asked = _BELOW if class_id is None else _BELOW_OF_CLASS
    found: defaultdict[UUID | None, list[OneWeek]] = defaultdict(lambda: _empty(starts))
    number_of = {start: number for number, start in enumerate(starts)}
    counted_at = None
    for unit, start, opened, closed, at in _rows(asked, unit_id, starts[0], starts[-1], class_id):
        counted_at = at
        found[unit][number_of[start]] = OneWeek(start, opened, closed)
    # The unit's own weeks hold all of it: what the units below leave of them lay in none of these.
    left = found.pop(unit_id, None) or _empty(starts)
    for of_unit in found.values():
        for rest, week in zip(left, of_unit, strict=True):
            rest.opened -= week.opened
            rest.closed -= week.closed
    if any(week.opened or week.closed for week in left):
        found[None] = left
    return Below(found, counted_at)


# Two halves, so that PostgreSQL finds each by its index: asked with “or”, it reads every unit there is.
_EACH = """
SELECT unit_id, start, opened, closed, counted_at FROM {table} WHERE unit_id = $1::uuid AND {which}
UNION ALL
SELECT unit_id, start, opened, closed, counted_at FROM {table} JOIN territory_unit own ON own.id = unit_id
WHERE own.parent_id = $1::uuid AND {which}
"""
_SPAN = "start BETWEEN $2::date AND $3::date"
_BELOW = _EACH.format(table="cases_week", which=f"{_SPAN} AND body_id IS NULL AND $4::uuid IS NULL")
_BELOW_OF_CLASS = _EACH.format(table="cases_classweek", which=f"{_SPAN} AND case_class_id = $4::uuid")


def reported_by_class(actor: Actor, unit_id: UUID, start: date, weeks: int) -> dict[UUID | None, list[int]]:
    """Cases of each class reported in some weeks from a Monday on, oldest first; under None those without a class yet. One statement.
    Raises NotFound."""
    require_unit(actor, unit_id)
    starts = _mondays(start, weeks)
    rows: Iterable[tuple[Any, ...]]
    if _were_counted(unit_id) and _as_far_back_as(start):
        number_of = {start: number for number, start in enumerate(starts, start=1)}
        ahead = _rows(_BY_CLASS, unit_id, starts[0], starts[-1])
        rows = ((key, number_of[start], cases) for key, start, cases in ahead)
    else:
        since, until = _midnight(start), _midnight(start + timedelta(weeks=weeks))
        told = narrowed(actor, Filters(unit_id=unit_id)).filter(reported_at__gte=since, reported_at__lt=until)
        by_class = told.annotate(reported=_WeekNumber("reported_at", starts)).values_list("case_class", "reported")
        rows = by_class.order_by().annotate(cases=Count("pk"))
    found: dict[UUID | None, list[int]] = {}
    for key, number, cases in rows:
        found.setdefault(key, [0] * weeks)[number - 1] += cases
    return {key: counts for key, counts in found.items() if any(counts)}


_BY_CLASS = f"SELECT case_class_id, start, opened FROM cases_classweek WHERE unit_id = $1::uuid AND {_SPAN}"


@dataclass(frozen=True, slots=True)
class InReport:
    """A week and some before it, by week; what was reported in them by class; the rates of the bodies over what was dispatched to them in
    the week."""

    weeks: Weeks
    by_class: dict[UUID | None, list[int]]
    bodies: ByBody


def in_report(actor: Actor, unit_id: UUID, monday: date, before: int) -> InReport:
    """Of a unit whose weeks are not counted ahead, in one statement that reads its cases once. Raises NotFound."""
    require_unit(actor, unit_id)
    start = monday - timedelta(weeks=before)
    if _were_counted(unit_id):
        weeks = by_week(actor, unit_id, (first_week(1) - start) // timedelta(weeks=1) + 1)
        by_class = reported_by_class(actor, unit_id, start, before + 1)
        _before, bodies = rates_by_body(actor, unit_id, monday, monday, monday + timedelta(weeks=1))
        return InReport(Weeks(weeks.rows[: before + 1], weeks.counted_at), by_class, bodies)
    found = _empty(_mondays(start, before + 1))
    by_class, bodies = {}, {}
    rows = _at_once(actor, unit_id, [week.start for week in found])
    for part, reported, ended, sent, key, body, cases, *numbers in rows:
        in_reported, in_ended, in_sent = (_numbered(found, number) for number in (reported, ended, sent))
        if part == "class" and in_reported:
            by_class.setdefault(key, [0] * (before + 1))[reported - 1] = cases
        elif part == "body" and in_sent and in_sent.start == monday and any(numbers):
            bodies[body] = rules.Rates(*numbers)
        elif part == "week":
            if in_reported:
                in_reported.opened += cases
            if in_ended:
                in_ended.closed += cases
            if in_sent:
                in_sent.rates = rules.together((in_sent.rates, rules.Rates(*numbers)))
    return InReport(Weeks(found), by_class, bodies)


# The rates are counted as `rates_counted` does.
_AT_ONCE = """
WITH found AS MATERIALIZED ({found})
SELECT CASE WHEN GROUPING(ended) = 0 THEN 'week' WHEN GROUPING(lead_body) = 0 THEN 'body' ELSE 'class' END,
    reported, ended, sent, case_class, lead_body, count(*),
    count(*) FILTER (WHERE responded IS NOT NULL OR response_due_at < %s), count(*) FILTER (WHERE responded),
    count(stars), count(*) FILTER (WHERE solved), count(*) FILTER (WHERE stars >= 3)
FROM found GROUP BY GROUPING SETS ((reported, ended, sent), (reported, case_class), (sent, lead_body))
"""


def _at_once(actor: Actor, unit_id: UUID, starts: Sequence[date]) -> list[tuple[Any, ...]]:
    of_each = (
        "reported",
        "ended",
        "sent",
        "case_class",
        "lead_body",
        "responded",
        "response_due_at",
        "stars",
        "solved",
    )
    found = _in_weeks(actor, Filters(unit_id=unit_id), starts).order_by().values_list(*of_each)
    sql, values = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_AT_ONCE.format(found=sql), [*values, clock.now()])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _counted_below(actor: Actor, filters: Filters, starts: Sequence[date]) -> Iterable[tuple[Any, ...]]:
    """Unit below, number of the week of the report, of the end, cases."""
    assert filters.unit_id is not None
    span = _midnight(starts[0]), _midnight(starts[-1] + timedelta(weeks=1))
    within = Q(reported_at__gte=span[0], reported_at__lt=span[1]) | Q(closed_at__gte=span[0], closed_at__lt=span[1])
    weeks = (
        narrowed(actor, filters)
        .filter(within)
        .annotate(reported=_WeekNumber("reported_at", starts), ended=_WeekNumber("closed_at", starts))
    )
    rows = weeks.values_list(column_below(filters.unit_id), "reported", "ended")
    return rows.order_by().annotate(cases=Count("pk"))


def rates_by_body(actor: Actor, unit_id: UUID, start: date, middle: date, end: date) -> tuple[ByBody, ByBody]:
    """The three rates of each body over what was dispatched to it from one Monday until before the middle one, and from that until
    before the last. One statement. Raises NotFound."""
    require_unit(actor, unit_id)
    # A year of the city is too much to be counted for a page, and that of a subdistrict is not.
    if not (_below_were_counted(unit_id) or (_were_counted(unit_id) and _as_far_back_as(start))):
        sent = narrowed(actor, Filters(unit_id=unit_id)).filter(
            dispatched_at__gte=_midnight(start), dispatched_at__lt=_midnight(end), lead_body__isnull=False
        )
        later = Q(dispatched_at__gte=_midnight(middle))
        rows: Iterable[tuple[Any, ...]] = (
            sent.annotate(later=later).values_list("later", "lead_body").annotate(**rates_counted()).order_by()
        )
    else:
        rows = _rows(_BY_BODY, unit_id, start, end, middle)
    found: tuple[ByBody, ByBody] = ({}, {})
    for is_later, body, *numbers in rows:
        if any(numbers):
            found[is_later][body] = rules.Rates(*numbers)
    return found


_BY_BODY = f"""
SELECT start >= $4::date, body_id, {", ".join(f"sum({name})::bigint" for name in _RATES)} FROM cases_week
WHERE unit_id = $1::uuid AND start >= $2::date AND start < $3::date AND body_id IS NOT NULL GROUP BY 1, 2
"""


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))
