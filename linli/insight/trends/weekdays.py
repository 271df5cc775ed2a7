"""Mondays, Sundays and holidays are not alike: what kind a day is, and how much of a usual day it brings.

Holidays come as an argument, because the rule is pure: whoever calls asks the working calendar
(`foundation.worktime.WorkCalendar.is_workday`), which knows the State Council's notices.
"""

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from linli.insight.trends.bounds import Floats, table

Kinds = NDArray[np.int64]

# Kinds 0 to 6 are Monday to Sunday.
HOLIDAY = 7
_MIDWEEK = 2
# A series' own weekday counts as much as what all series say once it has seen so many cases on it.
PRIOR_CASES = 20.0


def kinds(days: Sequence[date], holidays: Collection[date] = (), make_up_days: Collection[date] = ()) -> Kinds:
    """The kind of each day. A weekend day that is worked instead counts as an ordinary day in the middle of the week."""
    return np.array([_kind(day, holidays, make_up_days) for day in days], dtype=np.int64)


def factors(counts: object, day_kinds: Kinds, learn: int | None = None) -> Floats:
    """How much of an average day each day is expected to bring, per series and day; learnt from the first `learn` days.

    The ratio of what came on a kind of day to what an even week would have brought. Rare series lean on all series
    together, busy ones on themselves (a gamma prior of PRIOR_CASES, as in `comparison.shrunk`).
    """
    values = table(counts)
    seen = values[:, :learn]
    of_kind = np.eye(HOLIDAY + 1)[day_kinds[: seen.shape[1]]]
    cases = seen @ of_kind
    even = seen.mean(axis=1, keepdims=True) * of_kind.sum(axis=0) if seen.shape[1] else np.zeros_like(cases)
    together = (cases.sum(axis=0) + PRIOR_CASES) / (even.sum(axis=0) + PRIOR_CASES)
    own = (cases + PRIOR_CASES * together) / (even + PRIOR_CASES)
    return own[:, day_kinds]


def _kind(day: date, holidays: Collection[date], make_up_days: Collection[date]) -> int:
    if day in holidays:
        return HOLIDAY
    return _MIDWEEK if day in make_up_days else day.weekday()
