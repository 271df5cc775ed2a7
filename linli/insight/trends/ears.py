"""EARS C1, C2 and C3: a day against the mean and the spread of the week before it. For series without a long past.

Hutwagner et al. 2003 (J Urban Health 80, i89-i96); formulas as in Fricker, Hegler and Dunfee 2008 (Stat Med 27,
3407-3429) and Salmon, Schumacher and Höhle 2016 (J Stat Softw 70(10)).

- C1 compares with the `baseline` days just before.
- C2 leaves two days between, so that a rise over days does not hide itself.
- C3 is C2 with the excess of the two days before taken off the bound, so that a slow rise adds up.

With `factors` (`weekdays.factors`) counts are compared as if every day were an average one, and bounds come back in
counts of the day itself.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from linli.insight.trends.bounds import Bounds, Floats, table, unjudged


@dataclass(frozen=True, slots=True)
class Settings:
    baseline: int = 7
    alpha: float = 0.001
    least_spread: float = 0.5
    """A quiet week has hardly any spread, and one case after seven empty days is no event."""
    dispersion: float = 1.0
    """What all series together say (`bounds.dispersion`): how much wider than Poisson counts are. For the chance only."""

    def __post_init__(self) -> None:
        if self.baseline < 3 or self.least_spread <= 0 or self.dispersion < 1:
            raise ValueError("a baseline has three days or more, the least spread is above 0, the dispersion 1 or more")


USUAL = Settings()
# C3 is the most sensitive of the three, by design.
SENSITIVE = Settings(alpha=0.025)


def c1(counts: object, *, factors: Floats | None = None, settings: Settings = USUAL) -> Bounds:
    """Bounds for each day of `counts` (series × days) from the `baseline` days just before it."""
    return _judge(table(counts), factors, settings, gap=0, carried=0)


def c2(counts: object, *, factors: Floats | None = None, settings: Settings = USUAL) -> Bounds:
    """As C1, from the days before the last two."""
    return _judge(table(counts), factors, settings, gap=2, carried=0)


def c3(counts: object, *, factors: Floats | None = None, settings: Settings = SENSITIVE) -> Bounds:
    """As C2, with what the two days before had too much taken off the bound."""
    return _judge(table(counts), factors, settings, gap=2, carried=2)


def _judge(observed: Floats, factors: Floats | None, settings: Settings, *, gap: int, carried: int) -> Bounds:
    start = settings.baseline + gap
    first = start + carried
    if observed.shape[1] <= first:
        return unjudged(first, observed[:, first:])
    scale = np.ones_like(observed) if factors is None else factors
    values = observed / scale
    total, mean, spread = _before(values, settings.baseline, gap)
    spread = np.maximum(spread, settings.least_spread)
    excess = (values[:, start:] - mean) / spread
    past = _carried(excess, carried)
    # From here on the days that are judged; those before them were needed for what they carry over.
    total, mean, spread, excess = (part[:, carried:] for part in (total, mean, spread, excess))
    counted, size = observed[:, first:], scale[:, first:]
    upper = np.maximum(0, mean + spread * (scipy.stats.norm.ppf(1 - settings.alpha) - past)) * size
    high = counted > upper
    chance = np.ones_like(upper)
    chance[high] = _chance(counted[high], total[high], size[high], excess[high], settings)
    return Bounds(first, counted, mean * size, upper, excess + past, chance, np.ones(upper.shape, np.bool_))


def _before(values: Floats, baseline: int, gap: int) -> tuple[Floats, Floats, Floats]:
    """Sum, mean and spread (n-1) of the baseline of every day that has a whole one."""
    sums = _windows(values, baseline, gap)
    mean = sums / baseline
    # Sums of squares around each row's own mean lose no digits where counts are large and even.
    centre = values.mean(axis=1, keepdims=True)
    about = _windows((values - centre) ** 2, baseline, gap) - baseline * (mean - centre) ** 2
    return sums, mean, np.sqrt(np.maximum(about, 0) / (baseline - 1))


def _windows(values: Floats, baseline: int, gap: int) -> Floats:
    running = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    days = values.shape[1] - baseline - gap
    return running[:, baseline : baseline + days] - running[:, :days]


def _carried(excess: Floats, days: int) -> Floats:
    """What the days before had above one spread, added up."""
    over = np.maximum(0, excess - 1)
    kept = excess.shape[1] - days
    return sum((over[:, lag : lag + kept] for lag in range(days)), np.zeros((len(excess), kept)))


def _chance(observed: Floats, total: Floats, size: Floats, excess: Floats, settings: Settings) -> Floats:
    """The chance of such a day, today's count alone: the larger of two answers, each right where the other is too sure.

    Seven days tell little about the spread: Student's t with that many. And counts are never less spread than Poisson:
    given what came in baseline and day together, the day's part is binomial, whatever the rate is. The binomial tail is
    written as a beta integral, which also takes the fewer independent cases that overdispersed counts amount to.
    """
    by_spread = scipy.stats.t.sf(excess / np.sqrt(1 + 1 / settings.baseline), settings.baseline - 1)
    cases, before = observed / settings.dispersion, total / settings.dispersion
    by_counts = scipy.special.betainc(np.maximum(cases, 1e-9), before + 1, size / (size + settings.baseline))
    return np.maximum(by_spread, by_counts)
