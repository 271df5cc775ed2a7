"""Trends of units and classes: more than the own past explains, by whole days and by the last hours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np

from linli.insight.trends import ears, farrington, weekdays
from linli.insight.trends.bounds import Alarm, dispersion
from linli.insight.watch.findings import SURGE, TREND, Curve, Finding, once_in
from linli.insight.watch.reports import Calendar, Floats, Ints, Reports

DAYS = 91
HOURS = 6
DAYS_OF_HOURS = 42
LEAST_CASES = 5
CURVE_DAYS = 42
METHODS = ("farrington", "c1", "c2", "c3")
# EARS needs the day, a week before it, and the days between; C3 two more.
_EARS_DAYS = 12
# Communities are judged in all their reports together: by class they are too rare to say anything.
_BY_CLASS = 2


@dataclass(frozen=True, eq=False)
class _Series:
    """`counts`: a row for each unit and class, a column for each period. `unit`, `case_class`: of each row; -1 is every class."""

    counts: Floats
    unit: Ints
    case_class: Ints


def trends(reports: Reports, last: date, calendar: Calendar) -> Iterator[Finding]:
    """The day `last` against the days before it."""
    column = (reports.day - np.datetime64(last)).astype(np.int64) + DAYS - 1
    days = [last - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    since = datetime.combine(last, time())
    yield from _found(reports, column, days, calendar, TREND, since, since + timedelta(days=1), looks_a_day=1)


def surges(reports: Reports, until: datetime, calendar: Calendar) -> Iterator[Finding]:
    """The last hours against the same hours of the days before."""
    back = (np.datetime64(until, "s") - reports.at).astype(np.int64)
    days_back, seconds = np.divmod(back - 1, 24 * 3600)
    column = np.where(seconds < HOURS * 3600, DAYS_OF_HOURS - 1 - days_back, -1)
    days = [(until - timedelta(days=DAYS_OF_HOURS - 1 - number)).date() for number in range(DAYS_OF_HOURS)]
    since = until - timedelta(hours=HOURS)
    yield from _found(reports, column, days, calendar, SURGE, since, until, looks_a_day=24)


def _found(
    reports: Reports,
    column: Ints,
    days: list[date],
    calendar: Calendar,
    kind: str,
    since: datetime,
    until: datetime,
    *,
    looks_a_day: int,
) -> Iterator[Finding]:
    series = _series(reports, column, len(days))
    if not len(series.counts):
        return
    day_kinds = weekdays.kinds(days, calendar.holidays, calendar.make_up_days)
    # The judged day is no part of what it is compared with.
    factors = weekdays.factors(series.counts, day_kinds, learn=len(days) - 1)
    looks = len(series.counts) * len(METHODS) * looks_a_day
    for row, (alarm, method) in _alarms(series.counts, factors).items():
        unit, case_class = int(series.unit[row]), int(series.case_class[row])
        own = (column == len(days) - 1) & (reports.unit == unit).any(axis=1)
        if case_class >= 0:
            own &= reports.case_class == case_class
        yield Finding(
            kind=kind,
            method=method,
            since=since,
            until=until,
            observed=alarm.observed,
            expected=alarm.expected,
            once_in_days=once_in(alarm.chance, looks),
            cases=list(reports.case[own]),
            curve=_curve(series.counts[row], factors[row], days),
            unit=reports.units[unit],
            case_class=reports.classes[case_class] if case_class >= 0 else None,
        )


def _series(reports: Reports, column: Ints, columns: int) -> _Series:
    inside = (column >= 0) & (column < columns)
    counts, units, classes = [], [], []
    for level in range(reports.unit.shape[1]):
        every = np.full(len(column), -1)
        for of_class in (every, reports.case_class) if level < _BY_CLASS else (every,):
            unit = reports.unit[:, level]
            rows = np.flatnonzero(inside & (unit >= 0) & ((of_class >= 0) | (of_class is every)))
            keys = unit[rows] * (len(reports.classes) + 1) + of_class[rows] + 1
            known, row = np.unique(keys, return_inverse=True)
            table = np.zeros((len(known), columns))
            np.add.at(table, (row, column[rows]), 1)
            counts.append(table)
            units.append(known // (len(reports.classes) + 1))
            classes.append(known % (len(reports.classes) + 1) - 1)
    return _Series(np.concatenate(counts), np.concatenate(units), np.concatenate(classes))


def _alarms(counts: Floats, factors: Floats) -> dict[int, tuple[Alarm, str]]:
    """Of each series whose last period is too high: the most surprising answer of the methods, and whose it is."""
    wider = dispersion(counts[:, :-1], factors[:, :-1])
    newest, sizes = counts[:, -_EARS_DAYS:], factors[:, -_EARS_DAYS:]
    usual, sensitive = (replace(one, dispersion=wider) for one in (ears.USUAL, ears.SENSITIVE))
    answers = (
        farrington.recent(counts, factors=factors, settings=replace(farrington.DAILY, least_dispersion=wider)),
        ears.c1(newest, factors=sizes, settings=usual),
        ears.c2(newest, factors=sizes, settings=usual),
        ears.c3(newest, factors=sizes, settings=sensitive),
    )
    found: dict[int, tuple[Alarm, str]] = {}
    for method, bounds in zip(METHODS, answers, strict=True):
        last = bounds.first + bounds.observed.shape[1] - 1
        for alarm in bounds.alarms():
            known = found.get(alarm.series)
            if alarm.period == last and alarm.observed >= LEAST_CASES and (not known or alarm.chance < known[0].chance):
                found[alarm.series] = alarm, method
    return found


def _curve(counts: Floats, factors: Floats, days: list[date]) -> Curve:
    past = counts[:-1].sum() / factors[:-1].sum()
    shown = slice(-CURVE_DAYS, None)
    return Curve([str(day) for day in days[shown]], counts[shown].tolist(), np.round(factors[shown] * past, 2).tolist())
