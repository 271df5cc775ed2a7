"""What a method answers: for each series and period how much was expected, from where on it is too much, and how surprising."""

from dataclasses import dataclass
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Beyond this nobody should believe a number: the tail of a model is not known so far out.
RAREST = 100_000


@dataclass(frozen=True, slots=True)
class Surprise:
    """What a sentence needs: "three times what is usual; by chance about once in 400 days"."""

    times: float | None
    """Observed by expected, to one decimal; None where less than one in twenty periods was expected."""
    once_in: int
    """By chance alone about once in so many periods, to two digits, at most RAREST."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A count above its bound. `series` and `period` are the row and the column in the counts that were given."""

    series: int
    period: int
    observed: int
    expected: float
    upper: float
    score: float
    chance: float

    @property
    def surprise(self) -> Surprise:
        times = round(self.observed / self.expected, 1) if self.expected >= 0.05 else None
        return Surprise(times, _two_digits(1 / max(self.chance, 1 / RAREST)))


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Arrays of one shape: a row per series, a column per judged period from `first` on. No NaN anywhere.

    A cell that could not be judged (too little history, too few cases) has no bound: `upper` is infinite, `chance` 1.
    `chance` is worked out for alarms only; elsewhere it is 1.
    """

    first: int
    observed: Floats
    expected: Floats
    upper: Floats
    score: Floats
    chance: Floats
    judged: Flags

    @property
    def alarming(self) -> Flags:
        return self.judged & (self.observed > self.upper)

    def alarms(self) -> list[Alarm]:
        """The most surprising first."""
        found = [
            Alarm(
                int(row),
                self.first + int(column),
                int(self.observed[row, column]),
                *(float(values[row, column]) for values in (self.expected, self.upper, self.score, self.chance)),
            )
            for row, column in np.argwhere(self.alarming)
        ]
        return sorted(found, key=lambda alarm: (alarm.chance, -alarm.score))


def table(counts: object) -> Floats:
    """The counts as a table, a row per series; one series may come as a plain list.

    Raises `ValueError` for what is no count: a caller's slip, not somebody's input.
    """
    values = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    if values.ndim != 2 or not np.isfinite(values).all() or (values < 0).any() or (values % 1).any():
        raise ValueError("counts are whole numbers from 0 on, a row per series")
    return values


def unjudged(first: int, observed: Floats) -> Bounds:
    """No bound anywhere: there is not enough history."""
    zeros, shape = np.zeros_like(observed), observed.shape
    return Bounds(
        first, observed, zeros, np.full(shape, np.inf), zeros.copy(), np.ones(shape), np.zeros(shape, np.bool_)
    )


def dispersion(counts: object, factors: Floats | None = None) -> float:
    """How much wider than Poisson the series are, all together: 1 for pure chance, never below.

    Rare series cannot tell it of themselves, yet their cases come in bunches as others' do; it is what `ears` and
    `farrington.Settings.least_dispersion` are told, so that a rare series' small bunch is no alarm.
    """
    observed = table(counts)
    used = observed.any(axis=1)
    values = observed[used]
    sizes = np.ones_like(values) if factors is None else factors[used]
    if not used.any() or values.shape[1] < 2:
        return 1.0
    mean = sizes * (values.sum(axis=1) / sizes.sum(axis=1))[:, None]
    return max(1.0, float(((values - mean) ** 2 / mean).mean()) * values.shape[1] / (values.shape[1] - 1))


def level_for(series: int, periods: int = 30, false_alarms: float = 1.0) -> float:
    """The chance below which an alarm is worth telling, so that noise brings no more than so many in these periods.

    Bonferroni's bound: it holds however the series hang together.
    """
    return min(1.0, false_alarms / max(1, series * periods))


def _two_digits(value: float) -> int:
    step = 10 ** max(0, floor(log10(value)) - 1)
    return round(value / step) * step
