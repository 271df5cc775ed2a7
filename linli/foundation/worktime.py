"""Working time: adding a limit to a moment, and measuring how much of a limit has passed.

Each kind of limit is a measure of time that only grows: hours around the clock, seconds inside the working hours, or
working days, where each working day counts 1 and is spread evenly over its own hours. `add` returns the earliest
moment at which the measure has grown by the limit, so that `elapsed(start, add(start, limit))` is the limit again.
A limit that starts outside working time starts with the next working minute; one that fills a day exactly is due when
that day's work ends.

Days come from the State Council's calendar (package `chinese-calendar`: holidays and make-up workdays), for years it
does not know from Monday to Friday, and from a city's own overrides above both. All moments carry a time zone; results
are in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar

Amount = int | Decimal | Fraction
Hours = tuple[tuple[time, time], ...]
"""The working hours of one day, in order and apart; an end of 00:00 means midnight. Empty: a day of rest."""

DAY_HOURS: Hours = ((time(9), time(12)), (time(13), time(17)))
# Far enough for one and a half times the longest limit, 9999 working days: sixty years.
FIRST_YEAR, LAST_YEAR = 1990, 2109
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
DAY = 24 * HOUR
# The years for which the installed package knows the State Council's notice; each autumn's release adds the next.
KNOWN_YEARS = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)


class LimitKind(StrEnum):
    """GB/T 30428's kinds (工作时, 工作日, 紧急工作时), and plain time for cities that count it."""

    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    EMERGENCY_HOUR = "emergency_hour"
    CALENDAR_HOUR = "calendar_hour"
    CALENDAR_DAY = "calendar_day"


_AROUND_THE_CLOCK = {LimitKind.EMERGENCY_HOUR: HOUR, LimitKind.CALENDAR_HOUR: HOUR, LimitKind.CALENDAR_DAY: DAY}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many hours or days of a kind, exactly (`Decimal("1.5")`, `Fraction(1, 3)`): never a float, never negative."""

    amount: Amount
    kind: LimitKind

    def __post_init__(self) -> None:
        if not isinstance(self.amount, int | Decimal | Fraction):
            raise TypeError("a limit's amount is an int, Decimal or Fraction")
        if self.amount < 0:
            raise ValueError("a limit is not negative")

    def times(self, factor: Fraction | float) -> "Limit":
        """The limit's share, such as `times(0.5)`: exact for every factor that a float holds exactly."""
        return Limit(Fraction(self.amount) * Fraction(factor), self.kind)


class OutsideCalendar(ValueError):
    """A moment before or after the years that working time is counted for (1990 to 2109)."""


class _Table(NamedTuple):
    """Working time of all years, in microseconds since 1970 (UTC) and microseconds of work since the first day."""

    starts: list[int]
    """Start of each stretch of work."""
    done_before: list[int]
    """Work done before each stretch."""
    done_after: list[int]
    """Work done by the end of each stretch."""
    day_before: list[int]
    """Work done before each working day."""
    day_length: list[int]
    """Work in each working day."""


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """When work is done in a city.

    `country` is "CN" (State Council) or "none" (Monday to Friday, for replays of other cities); `overrides` gives
    single days other hours, `()` for a day of rest. The table of all years is made on first use (a fraction of a
    second), after that each call is a binary search.
    """

    tz: ZoneInfo
    day_hours: Hours = DAY_HOURS
    overrides: Mapping[date, Hours] = field(default_factory=dict)
    country: str = "CN"

    def __post_init__(self) -> None:
        if self.country not in {"CN", "none"}:
            raise ValueError(f"no calendar for country {self.country!r}: use CN or none")
        for hours in (self.day_hours, *self.overrides.values()):
            check_hours(hours)
        if not self.day_hours:
            raise ValueError("a working day needs hours")

    def is_workday(self, day: date) -> bool:
        if day in self.overrides:
            return bool(self.overrides[day])
        if self.country == "CN" and day.year in KNOWN_YEARS:
            return day in chinese_calendar.workdays or (day.weekday() < 5 and day not in chinese_calendar.holidays)
        return day.weekday() < 5

    def hours_of(self, day: date) -> Hours:
        """The working hours of a day, empty when it is a day of rest."""
        if day in self.overrides:
            return self.overrides[day]
        return self.day_hours if self.is_workday(day) else ()

    def add(self, start: datetime, limit: Limit) -> datetime:
        """The earliest moment (UTC) at which the limit is used up."""
        numerator, denominator = limit.amount.as_integer_ratio()
        if not numerator:
            return start.astimezone(UTC)
        unit = _AROUND_THE_CLOCK.get(limit.kind)
        if unit:
            return _moment(_instant(start) + _round(numerator * unit, denominator))
        done = self._done(_instant(start))
        if limit.kind is LimitKind.WORKING_HOUR:
            return self._when(done + _round(numerator * HOUR, denominator))
        return self._when(self._after_days(done, numerator, denominator))

    def elapsed(self, start: datetime, end: datetime, kind: LimitKind) -> timedelta:
        """How much of this kind of time lies between two moments; a working day counts as `timedelta(days=1)`.

        Negative when `end` is before `start`.
        """
        if kind in _AROUND_THE_CLOCK:
            return end - start
        first, last = self._done(_instant(start)), self._done(_instant(end))
        if kind is LimitKind.WORKING_HOUR:
            return timedelta(microseconds=last - first)
        (days, part, length), (days2, part2, length2) = self._day_of(first), self._day_of(last)
        # The two parts are brought to one fraction, so that a difference of whole days is exact.
        parts = _round((part2 * length - part * length2) * DAY, length * length2)
        return timedelta(microseconds=(days2 - days) * DAY + parts)

    def share(self, start: datetime, end: datetime, limit: Limit) -> float:
        """How much of the limit is used: 0.5 is half, above 1 is overdue. A limit of nothing is used up at once."""
        if not limit.amount:
            return 1.0
        unit = DAY if limit.kind in {LimitKind.WORKING_DAY, LimitKind.CALENDAR_DAY} else HOUR
        return self.elapsed(start, end, limit.kind) / MICROSECOND / float(limit.amount * unit)

    @cached_property
    def _table(self) -> _Table:
        table = _Table([], [], [], [], [])
        done = end = 0
        for ordinal in range(date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            hours = self.hours_of(day)
            if not hours:
                continue
            before = done
            for opens, closes in hours:
                # A stretch in the hour that the beginning of summer time leaves out must not run backwards.
                start = max(_instant(datetime.combine(day, opens, self.tz)), end)
                # A close at 00:00 is the end of the day, and summer time may begin in between: both ends are converted.
                closing = _instant(datetime.combine(day if closes > opens else day + timedelta(1), closes, self.tz))
                end = max(closing, start)
                table.starts.append(start)
                table.done_before.append(done)
                done += end - start
                table.done_after.append(done)
            if done > before:
                table.day_before.append(before)
                table.day_length.append(done - before)
        return table

    def _done(self, instant: int) -> int:
        """Work done from the first day of the table to this instant."""
        table = self._table
        stretch = bisect_right(table.starts, instant) - 1
        if stretch < 0:
            raise OutsideCalendar(f"working time is counted from {FIRST_YEAR} to {LAST_YEAR}")
        return min(table.done_before[stretch] + instant - table.starts[stretch], table.done_after[stretch])

    def _when(self, done: int) -> datetime:
        """The earliest moment at which this much work was done."""
        table = self._table
        stretch = bisect_left(table.done_after, done)
        if stretch == len(table.starts):
            raise OutsideCalendar(f"working time is counted from {FIRST_YEAR} to {LAST_YEAR}")
        return _moment(table.starts[stretch] + done - table.done_before[stretch])

    def _day_of(self, done: int) -> tuple[int, int, int]:
        """The working day's number, the work done in it, and its length."""
        number = bisect_right(self._table.day_before, done) - 1
        return number, done - self._table.day_before[number], self._table.day_length[number]

    def _after_days(self, done: int, numerator: int, denominator: int) -> int:
        """Work done once `numerator / denominator` working days more have passed."""
        number, part, length = self._day_of(done)
        days, rest = divmod(part * denominator + numerator * length, denominator * length)
        target = number + days
        if target >= len(self._table.day_before):
            raise OutsideCalendar(f"working time is counted from {FIRST_YEAR} to {LAST_YEAR}")
        return self._table.day_before[target] + _round(rest * self._table.day_length[target], denominator * length)


def resume_due(
    due: datetime, paused_at: datetime, resumed_at: datetime, kind: LimitKind, calendar: WorkCalendar
) -> datetime:
    """The due date after a pause: later by exactly the time of this kind that was paused."""
    if resumed_at < paused_at:
        raise ValueError("a clock cannot resume before it was paused")
    paused = calendar.elapsed(paused_at, resumed_at, kind)
    unit = DAY if kind in {LimitKind.WORKING_DAY, LimitKind.CALENDAR_DAY} else HOUR
    return calendar.add(due, Limit(Fraction(paused // MICROSECOND, unit), kind))


def moments(
    start: datetime, limit: Limit, calendar: WorkCalendar, fractions: Iterable[float] = (0.5, 1, 1.5)
) -> list[datetime]:
    """When these shares of the limit are used up: the moments at which a case escalates."""
    return [calendar.add(start, limit.times(fraction)) for fraction in fractions]


def parse_hours(text: str) -> Hours:
    """`09:00-12:00,13:00-17:00` as hours; an empty text is a day of rest. Raises ValueError with what is wrong."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    hours = tuple(_stretch(part) for part in parts)
    check_hours(hours)
    return hours


def _stretch(text: str) -> tuple[time, time]:
    opens, dash, closes = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a stretch of time such as 09:00-12:00")
    return _time(opens.strip()), _time("00:00" if closes.strip() == "24:00" else closes.strip())


def _time(text: str) -> time:
    found = time.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError(f"{text!r} has a time zone: working hours are those of the city's")
    return found


def check_hours(hours: Hours) -> None:
    """Raises ValueError unless the stretches are in order, apart, and each longer than nothing."""
    last = time.min
    for number, (opens, closes) in enumerate(hours):
        if opens < last or (number and last == time.min):
            raise ValueError("working hours must be in order and must not overlap")
        if closes <= opens and closes != time.min:
            raise ValueError("working hours must end after they begin")
        last = closes


def _instant(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("working time needs moments with a time zone")
    return (moment - EPOCH) // MICROSECOND


def _moment(instant: int) -> datetime:
    return EPOCH + timedelta(microseconds=instant)


def _round(numerator: int, denominator: int) -> int:
    """Half up, in whole numbers: microseconds are never lost to floats."""
    return (2 * numerator + denominator) // (2 * denominator)
