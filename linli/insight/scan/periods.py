"""The study period in intervals: days, weeks (seven days, counted back from the last), calendar months or calendar years."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from linli.insight.scan.data import Dates, Ints, Settings, Unit, Unscannable

_NUMPY_UNIT = {"day": "D", "month": "M", "year": "Y"}
# Fewest days: a bound of 365 days allows one year, also a leap year.
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
# Mean days, for how often something recurs.
MEAN_DAYS = {"day": 1.0, "week": 7.0, "month": 365.2425 / 12, "year": 365.2425}


@dataclass(frozen=True)
class Intervals:
    """`bounds`: the first day of each interval, and the day after the last; the first and last are cut at the study period."""

    unit: Unit
    bounds: Dates

    @classmethod
    def of(cls, settings: Settings) -> "Intervals":
        if settings.last < settings.first:
            raise Unscannable(
                f"The period ends ({settings.last}) before it begins ({settings.first}). Exchange --from and --to."
            )
        first, end = np.datetime64(settings.first, "D"), np.datetime64(settings.last, "D") + 1
        if settings.unit == "week":
            starts = np.arange(end - 7, first - 7, -7)[::-1]
        else:
            unit = _NUMPY_UNIT[settings.unit]
            starts = np.arange(first.astype(f"M8[{unit}]"), (end - 1).astype(f"M8[{unit}]") + 1).astype("M8[D]")
        starts[0] = first
        return cls(settings.unit, np.append(starts, end))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def of_days(self, days: Dates) -> Ints:
        """The interval of each day; -1 for days outside."""
        found = np.searchsorted(self.bounds, days, side="right") - 1
        return np.where(found < len(self), found, -1)

    def longest(self, max_days: int | None) -> int:
        """The most intervals in a window. Half of them where no days are said, as SaTScan does."""
        most = len(self) // 2 if max_days is None else min(max_days // _DAYS[self.unit], len(self))
        if most < 1:
            raise Unscannable(
                f"No window fits: the period has {len(self)} interval(s) of one {self.unit}, and windows may have "
                f"{'half the period' if max_days is None else f'{max_days} day(s)'}. "
                "Choose a longer period (--from, --to) or longer windows (--max-days)."
            )
        return most

    def first_day(self, interval: int) -> date:
        return _as_date(self.bounds[interval])

    def last_day(self, interval: int) -> date:
        return _as_date(self.bounds[interval + 1] - 1)


def _as_date(day: np.datetime64) -> date:
    found: date = day.astype("M8[D]").item()
    return found
