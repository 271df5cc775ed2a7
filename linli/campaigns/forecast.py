"""When the doors will be done, at today's pace; which teams are behind. Pure.

A team that has been at work for some hours and reached so many doors has that pace, give or take what visits vary.
Variances are added on the scale of logarithms: of the pace that was seen, and of the work that is still to come. Hours
vary more than chance alone (a long stairwell, a meeting); by how much is learnt from all teams together.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from linli.campaigns.division import Floats, Integers

# The interval holds nine times in ten: the quantile of the normal distribution at 95 %.
NINE_IN_TEN = 1.645


class Pace(IntEnum):
    """How a team, or an area, stands against the time at which all shall be done."""

    FINISHED = 0
    NOT_STARTED = 1
    IN_TIME = 2
    # In time at today's pace, but one time in twenty or more it will not be.
    IN_DOUBT = 3
    BEHIND = 4


@dataclass(frozen=True, slots=True)
class Day:
    """The hours in which doors are knocked at, every day the same."""

    opens: time = time(8, 30)
    closes: time = time(21, 0)

    def __post_init__(self) -> None:
        if self.closes <= self.opens:
            raise ValueError("A day closes after it opens.")

    @property
    def hours(self) -> float:
        return _hours(self.closes) - _hours(self.opens)


@dataclass(frozen=True, slots=True)
class Forecast:
    """One row for each team or area: doors an hour, working hours still needed with the early and the late end of the
    interval, doors that will be left when the time is over. Without a pace hours are infinite.
    """

    pace: Floats
    hours: Floats
    early: Floats
    late: Floats
    missing: Floats
    state: NDArray[np.int8]

    @property
    def behind(self) -> Integers:
        """Those that are behind or have not begun, most missing doors first."""
        rows = np.flatnonzero((self.state == Pace.BEHIND) | (self.state == Pace.NOT_STARTED))
        return rows[np.argsort(-self.missing[rows], kind="stable")]


def forecast(counts: Integers, hours: Floats, left: Integers, hours_until_end: float) -> Forecast:
    """At today's pace. `counts`: doors done for good, by team and hour of today; `hours`: how much of each of these hours
    has passed (all but the last wholly); `left`: doors not yet done; then the working hours until all shall be done.

    A team's clock starts with the hour of its first door.
    """
    if counts.shape != (len(left), len(hours)) or (hours <= 0).any():
        raise ValueError("Counts have a row for each team and a column for each hour, and no hour is empty.")
    if (counts < 0).any() or (left < 0).any():
        raise ValueError("There are no fewer than no doors.")
    begun = np.maximum.accumulate(counts > 0, axis=1)
    worked = (begun * hours).sum(axis=1)
    done = counts.sum(axis=1)
    pace = np.divide(done, worked, out=np.zeros(len(left)), where=done > 0)
    needed = np.divide(left, pace, out=np.where(left > 0, np.inf, 0.0), where=(pace > 0) & (left > 0))
    varies = _varies(counts, hours, begun, pace)
    wide = np.sqrt(varies / np.maximum(done, 1) + varies / np.maximum(left, 1))
    early, late = needed * np.exp(-NINE_IN_TEN * wide), needed * np.exp(NINE_IN_TEN * wide)

    state = np.full(len(left), Pace.IN_TIME, dtype=np.int8)
    state[late > hours_until_end] = Pace.IN_DOUBT
    state[needed > hours_until_end] = Pace.BEHIND
    state[done == 0] = Pace.NOT_STARTED
    state[left == 0] = Pace.FINISHED
    return Forecast(pace, needed, early, late, np.maximum(left - pace * max(hours_until_end, 0.0), 0.0), state)


def _varies(counts: Integers, hours: Floats, begun: NDArray[np.bool_], pace: Floats) -> float:
    """How much more than by chance the hours vary (Pearson's statistic by its degrees of freedom), 1 at least."""
    expected = pace[:, None] * hours
    seen = begun & (expected > 0)
    freedom = int(seen.sum() - (seen.any(axis=1)).sum())
    if freedom <= 0:
        return 1.0
    return max(1.0, float(((counts - expected)[seen] ** 2 / expected[seen]).sum()) / freedom)


def hours_between(start: datetime, end: datetime, day: Day) -> float:
    """Working hours from one moment to another."""
    if end <= start:
        return 0.0
    whole = (end.date() - start.date()).days * day.hours
    return whole + _worked_by(end, day) - _worked_by(start, day)


def moment_after(start: datetime, hours: float, day: Day) -> datetime | None:
    """When so many working hours will have passed; None where that is never, or in more than ten years."""
    total = _worked_by(start, day) + hours
    if not total < 3_650 * day.hours:
        return None
    days, rest = divmod(total, day.hours)
    # What ends with the day ends that evening, not the next morning.
    if rest == 0 and days > 0:
        days, rest = days - 1, day.hours
    midnight = datetime.combine(start.date(), time(), tzinfo=start.tzinfo)
    return max(start, midnight + timedelta(days=days, hours=_hours(day.opens) + rest))


def _worked_by(moment: datetime, day: Day) -> float:
    """Working hours of its day that have passed."""
    return min(max(_hours(moment.time()) - _hours(day.opens), 0.0), day.hours)


def _hours(clock: time) -> float:
    return clock.hour + clock.minute / 60 + clock.second / 3600
