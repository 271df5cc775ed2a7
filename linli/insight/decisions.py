"""Reads for decisions: units compared, before and after of an intervention, where the next staff hour helps most.

Each starts from who asks; row-level security asks again. What it means is reckoned in `comparison.py` and `priorities.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import sqrt
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from linli.cases import queries as cases
from linli.cases import rules as cases_rules
from linli.cases.queries import OneWeek, Open
from linli.dispatch import queries as dispatch
from linli.foundation import clock
from linli.foundation.access import Actor, Permission
from linli.insight import comparison, priorities
from linli.insight.comparison import Compared, Counted, Effect, Spell
from linli.insight.errors import AreaStandsAlone, DayNotUsable
from linli.insight.priorities import Priority, Work
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

# The whole weeks by which arrivals, ends and staff hours are counted for the list of hours.
HOURS_WEEKS = 4
# An intervention longer ago is compared with a city that was another.
FARTHEST = timedelta(days=5 * 365)


def units_below(unit_id: UUID) -> list[UnitInfo]:
    """The units that a unit is compared by: those directly below it, by code."""
    return list(territory.index().below.get(unit_id, ()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The units below, the highest fair rate first, those without people last; and the cases that lie in none of them."""

    first: date
    last: date
    lines: list[tuple[UnitInfo, Compared]]
    unplaced: int
    # How much wider than by chance alone the limits are drawn, because the units differ by themselves.
    wider: float
    # When the cases were counted, where that was not now.
    counted_at: datetime | None

    @property
    def cases(self) -> int:
        return sum(found.cases for _unit, found in self.lines) + self.unplaced


def compared(actor: Actor, unit_id: UUID, weeks: int, class_id: UUID | None = None) -> Comparison:
    """Cases reported in the last weeks, the present one among them. Raises NotFound."""
    start = cases.first_week(weeks)
    below = cases.by_week_below(actor, unit_id, start, weeks, class_id)
    found = below.weeks
    units = units_below(unit_id)
    counted = [Counted(unit, _opened(found.get(unit.id, ())), unit.managed_population or 0) for unit in units]
    lines = [(one.key, one) for one in comparison.compare(counted)]
    lines.sort(key=lambda line: (line[1].shrunk is None, -(line[1].shrunk or 0), -line[1].cases))
    elsewhere = sum(_opened(found[unit]) for unit in found.keys() - {unit.id for unit in units})
    last = start + timedelta(days=7 * weeks - 1)
    return Comparison(start, last, lines, elsewhere, sqrt(comparison.overdispersion(counted)), below.counted_at)


@dataclass(frozen=True, slots=True)
class Intervention:
    """An area and its surroundings week by week around a day; `weeks` are the Mondays, `before` so many of them."""

    area: UnitInfo
    around: UnitInfo
    neighbours: int
    weeks: list[date]
    before: int
    in_area: list[int]
    in_around: list[int]
    effect: Effect
    counted_at: datetime | None

    @property
    def expected(self) -> list[float | None]:
        """What the area would have had, had it gone as its surroundings did; None where nothing came before."""
        area, around = sum(self.in_area[: self.before]), sum(self.in_around[: self.before])
        return [count * area / around if around else None for count in self.in_around]


def intervention(actor: Actor, unit_id: UUID, day: date, weeks: int, class_id: UUID | None = None) -> Intervention:
    """So many whole weeks before the day, and at most as many after it; the week that the day lies in counts to neither.

    Raises NotFound, DayNotUsable, AreaStandsAlone.
    """
    area = territory.unit(unit_id)
    around = _surroundings(actor, area)
    neighbours = [unit.id for unit in units_below(around.id) if unit.id != area.id]
    if not neighbours:
        raise AreaStandsAlone
    if not timezone.localdate(clock.now()) - FARTHEST <= day < cases.first_week(1):
        raise DayNotUsable
    monday = cases_rules.monday(day)
    after = day if day == monday else monday + timedelta(weeks=1)
    ended = (cases.first_week(1) - after) // timedelta(weeks=1)
    if ended < 1:
        raise DayNotUsable
    start = monday - timedelta(weeks=weeks)
    # The week of the day is read too, and left out.
    later = min(ended, weeks)
    below = cases.by_week_below(actor, around.id, start, (after - start) // timedelta(weeks=1) + later, class_id)
    shown = _mondays(start, after, weeks, later)
    in_area = _by_week(below.weeks, [area.id], shown)
    in_around = _by_week(below.weeks, neighbours, shown)
    effect = comparison.before_after(
        Spell(in_area[:weeks]), Spell(in_area[weeks:]), Spell(in_around[:weeks]), Spell(in_around[weeks:])
    )
    return Intervention(area, around, len(neighbours), shown, weeks, in_area, in_around, effect, below.counted_at)


def _surroundings(actor: Actor, area: UnitInfo) -> UnitInfo:
    """The unit above, where its cases may be seen. Raises AreaStandsAlone."""
    if area.parent_id is None:
        raise AreaStandsAlone
    above = territory.unit(area.parent_id)
    if area not in units_below(above.id) or not actor.may(Permission.SEE_CASES, above.path):
        raise AreaStandsAlone
    return above


def _mondays(start: date, after: date, before: int, later: int) -> list[date]:
    return [
        *(start + timedelta(weeks=number) for number in range(before)),
        *(after + timedelta(weeks=number) for number in range(later)),
    ]


def _by_week(rows: Mapping[UUID | None, Sequence[OneWeek]], units: Sequence[UUID], weeks: Sequence[date]) -> list[int]:
    """Cases reported in these units together, in each of the weeks."""
    counts = dict.fromkeys(weeks, 0)
    for unit in units:
        for week in rows.get(unit, ()):
            if week.start in counts:
                counts[week.start] += week.opened
    return list(counts.values())


@dataclass(frozen=True, slots=True)
class NextHour:
    """The units below, where an hour helps most first, with the work that was counted."""

    first: date
    last: date
    lines: list[tuple[UnitInfo, Work, Priority]]
    counted_at: datetime | None


def next_hour(actor: Actor, unit_id: UUID) -> NextHour:
    """What is open now; what came, ended and was worked in the last whole weeks. Raises NotFound, NotAllowed."""
    end = cases.first_week(1)
    start = end - timedelta(weeks=HOURS_WEEKS)
    below = cases.by_week_below(actor, unit_id, start, HOURS_WEEKS)
    rows = below.weeks
    now = cases.open_work(actor, unit_id).by_unit
    hours = _hours_below(actor, unit_id, start, end)
    works = {
        unit.id: Work(
            unit,
            open=now.get(unit.id, Open(0, 0)).cases,
            overdue=now.get(unit.id, Open(0, 0)).late,
            arrived=_opened(rows.get(unit.id, ())),
            closed=sum(week.closed for week in rows.get(unit.id, ())),
            days=7 * HOURS_WEEKS,
            staff_hours=hours.get(unit.id, Fraction(0)),
            people=unit.managed_population,
        )
        for unit in units_below(unit_id)
    }
    ranked = priorities.rank(list(works.values()))
    return NextHour(
        start, end - timedelta(days=1), [(one.key, works[one.key.id], one) for one in ranked], below.counted_at
    )


def _hours_below(actor: Actor, unit_id: UUID, start: date, end: date) -> dict[UUID, Fraction]:
    """Hours of shifts in each unit directly below, those deeper down counted to it."""
    depth = len(territory.unit(unit_id).path)
    found: dict[UUID, Fraction] = {}
    for unit, worked in dispatch.hours_by_unit(actor, unit_id, _midnight(start), _midnight(end)).items():
        path = territory.unit(unit).path
        if len(path) > depth:
            found[path[depth]] = found.get(path[depth], Fraction(0)) + worked
    return found


def _opened(weeks: Sequence[OneWeek]) -> int:
    return sum(week.opened for week in weeks)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))
