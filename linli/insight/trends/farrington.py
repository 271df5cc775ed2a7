"""Farrington's method in its flexible form: a count against a regression on comparable past periods.

Farrington et al. 1996 (J R Stat Soc A 159, 547-563); Noufaily et al. 2013 (Stat Med 32, 1206-1222). A quasi-Poisson
regression with season and trend; past outbreaks are weighted down by their Anscombe residuals; the bound is a quantile
of what the regression predicts.

`yearly` is the published method, for weeks (or months) with years behind them. `recent` is the same calculation for days
with some months behind them: instead of seasons, how much of a usual day each day brings (`weekdays.factors`) is taken as known,
because weekdays of a rare series cannot be learnt from the series alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from linli.insight.trends import quasipoisson
from linli.insight.trends.bounds import Bounds, Flags, Floats, table, unjudged
from linli.insight.trends.quasipoisson import Fit

Rows = NDArray[np.int64]

# So many series are fitted at once: small enough to stay in the processor's cache, large enough to be worth a call.
TOGETHER = 2000
LEAST_DAYS = 28


class Quantile(StrEnum):
    """Whose quantile the bound is."""

    NEGATIVE_BINOMIAL = "negative_binomial"
    """Of a new count around the predicted mean (Noufaily et al.)."""
    UNCERTAIN_MEAN = "uncertain_mean"
    """The same around the upper quantile of the predicted mean (Salmon et al. 2016: "muan")."""
    POWER = "power"
    """Normal after the power 2/3 (Farrington et al.)."""
    ROOT = "root"
    """Normal after the square root."""


_POWERS = {Quantile.POWER: 2 / 3, Quantile.ROOT: 1 / 2}


@dataclass(frozen=True, slots=True)
class Settings:
    """The defaults are those that Noufaily et al. recommend."""

    alpha: float = 0.005
    quantile: Quantile = Quantile.NEGATIVE_BINOMIAL
    reweight: bool = True
    outlier: float = 2.58
    """Past counts whose residual is above this are weighted down."""
    trend_p: float = 1.0
    """The trend is kept where its p is below this: 1 keeps it unless it would extrapolate above all that was seen."""
    least_cases: int = 5
    """Nothing is said of a series with fewer cases in the last `least_periods`, the judged one included."""
    least_periods: int = 4
    least_dispersion: float = 1.0
    """What all series together say (`bounds.dispersion`), for those too rare to say it themselves."""
    errors_as_in_r: bool = False
    """Standard errors as `surveillance` 1.20.3 has them, for comparisons with it: after reweighting it takes the
    dispersion from working residuals with the outlier weights in place of the working weights, and below one too."""


WEEKLY = Settings()
DAILY = Settings(alpha=0.001, quantile=Quantile.UNCERTAIN_MEAN, trend_p=0.05, least_periods=7)


@dataclass(frozen=True, slots=True, eq=False)
class _Baseline:
    """The past periods that are compared, their seasons as columns, and the row of now."""

    times: Rows
    groups: Floats
    row: Floats


_Past = Callable[[int], _Baseline | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Expected:
    """Per series: the predicted mean, the error of its logarithm, the dispersion, the trend's p, whether it was found."""

    mean: Floats
    error: Floats
    dispersion: Floats
    trend_p: Floats
    converged: Flags

    @property
    def parts(self) -> tuple[Any, ...]:
        return self.mean, self.error, self.dispersion, self.trend_p, self.converged

    def taken(self, which: Flags) -> "_Expected":
        return _Expected(*(part[which] for part in self.parts))


def yearly(
    counts: object,
    *,
    periods: int = 1,
    settings: Settings = WEEKLY,
    per_year: int = 52,
    years: int = 5,
    half_window: int = 3,
    seasons: int = 10,
    left_out: int = 26,
) -> Bounds:
    """Judge the last `periods`. The year is cut into `seasons`, the first of them the window around the judged period;
    with one season only those windows are compared. The last `left_out` periods are no part of the past.
    """
    observed = table(counts)
    level = _levels(per_year, half_window, seasons)

    def past(now: int) -> _Baseline | None:
        start = now - years * per_year - half_window
        if start < 0:
            return None
        times = np.arange(start, now - left_out)
        groups = level[(times - start) % per_year]
        used = groups >= 0
        return _Baseline(times[used], np.eye(seasons)[groups[used]], np.eye(seasons)[0])

    return _judge(observed, np.ones_like(observed), periods, past, settings, trend=years >= 3)


def recent(
    counts: object,
    *,
    factors: Floats | None = None,
    periods: int = 1,
    settings: Settings = DAILY,
    length: int = 84,
    left_out: int = 7,
) -> Bounds:
    """Judge the last `periods` days against up to `length` days that end `left_out` days before; at least four weeks."""
    observed = table(counts)

    def past(now: int) -> _Baseline | None:
        times = np.arange(max(0, now - left_out - length), max(0, now - left_out))
        return _Baseline(times, np.ones((len(times), 1)), np.ones(1)) if len(times) >= LEAST_DAYS else None

    sizes = np.ones_like(observed) if factors is None else factors
    return _judge(observed, sizes, periods, past, settings, trend=True)


def _levels(per_year: int, half_window: int, seasons: int) -> Rows:
    """The season of each period of a year that starts with the window: 0 in the window, -1 where it is not compared."""
    window, rest = 2 * half_window + 1, per_year - 2 * half_window - 1
    if seasons == 1:
        return np.repeat([0, -1], [window, rest])
    if rest < seasons - 1:
        raise ValueError("more seasons than the year has periods outside the window")
    each, longer = divmod(rest, seasons - 1)
    lengths = [window, *(each + (place < longer) for place in range(seasons - 1))]
    return np.repeat(np.arange(seasons), lengths)


def _judge(observed: Floats, sizes: Floats, periods: int, past: _Past, settings: Settings, *, trend: bool) -> Bounds:
    first = max(0, observed.shape[1] - periods)
    bounds = unjudged(first, observed[:, first:].copy())
    for now in range(first, observed.shape[1]):
        given = past(now)
        if given is None:
            continue
        newest = observed[:, max(0, now - settings.least_periods + 1) : now + 1].sum(axis=1)
        rows = np.flatnonzero(newest >= settings.least_cases)
        for start in range(0, len(rows), TOGETHER):
            part = rows[start : start + TOGETHER]
            expected = _expect(observed[part], sizes[part], now, given, settings, trend=trend)
            _write(bounds, part[expected.converged], now - first, expected.taken(expected.converged), settings)
    return bounds


def _expect(
    observed: Floats, sizes: Floats, now: int, past: _Baseline, settings: Settings, *, trend: bool
) -> _Expected:
    """What the past says of now: with the trend where it is found and allowed, else without."""
    counts, compared, size = observed[:, past.times], sizes[:, past.times], sizes[:, now]
    # Time in units of the past's length from its middle: the same regression, better conditioned.
    steps = (np.append(past.times, now) - past.times.mean()) / np.ptp(past.times)
    design, row = np.column_stack([past.groups, steps[:-1]]), np.append(past.row, steps[-1])
    if not trend:
        return _predicted(counts, compared, size, past.groups, past.row, settings)
    found = _predicted(counts, compared, size, design, row, settings)
    kept = found.converged & (found.trend_p < settings.trend_p) & (found.mean <= counts.max(axis=1))
    other = ~kept
    without = _predicted(counts[other], compared[other], size[other], past.groups, past.row, settings)
    for part, instead in zip(found.parts, without.parts, strict=True):
        part[other] = instead
    return found


def _predicted(
    counts: Floats, compared: Floats, size: Floats, design: Floats, row: Floats, settings: Settings
) -> _Expected:
    """The mean at `row`, its error, the dispersion, and the p of the last column (the trend, where there is one)."""
    fitted = quasipoisson.fit(counts, design, compared)
    converged = fitted.converged
    if settings.reweight:
        fitted = quasipoisson.fit(counts, design, compared, _weights(fitted, settings.outlier))
        converged = converged & fitted.converged
    dispersion = np.maximum(settings.least_dispersion, fitted.dispersion)
    scale = _dispersion_in_r(fitted, settings) if settings.errors_as_in_r else dispersion
    level, variance = fitted.at(row)
    slope = np.abs(fitted.coefficients[:, -1]) / np.sqrt(np.maximum(scale * fitted.covariance[:, -1, -1], 1e-300))
    return _Expected(
        mean=size * np.exp(np.clip(level, -30, 30)),
        error=np.sqrt(scale * variance),
        dispersion=dispersion,
        trend_p=2 * scipy.stats.t.sf(slope, fitted.degrees),
        converged=converged,
    )


def _weights(fitted: Fit, outlier: float) -> Floats:
    """Weights that add up to the number of counts; past outbreaks count by the inverse square of their residual."""
    dispersion = np.maximum(1, fitted.dispersion)[:, None]
    mean = fitted.mean
    residual = 1.5 * (fitted.counts ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean))
    residual /= np.sqrt(dispersion * (1 - fitted.leverage()))
    weights = np.where(residual > outlier, 1 / np.maximum(residual, outlier) ** 2, 1.0)
    return weights * (weights.shape[1] / weights.sum(axis=1, keepdims=True))


def _dispersion_in_r(fitted: Fit, settings: Settings) -> Floats:
    if not settings.reweight:
        return fitted.dispersion
    return (fitted.weights * ((fitted.counts - fitted.mean) / fitted.mean) ** 2).sum(axis=1) / fitted.degrees


def _write(bounds: Bounds, rows: Rows, column: int, expected: _Expected, settings: Settings) -> None:
    observed = bounds.observed[rows, column]
    upper = _upper(expected, settings)
    alarming = observed > upper
    chance = np.ones_like(upper)
    chance[alarming] = _chance(observed[alarming], expected.taken(alarming), settings)
    bounds.expected[rows, column] = expected.mean
    bounds.upper[rows, column] = upper
    bounds.score[rows, column] = (observed - expected.mean) / np.maximum(upper - expected.mean, 1e-9)
    bounds.chance[rows, column] = chance
    bounds.judged[rows, column] = True


def _upper(expected: _Expected, settings: Settings) -> Floats:
    if settings.quantile in _POWERS:
        power, spread = _transformed(expected, settings)
        return (expected.mean**power + scipy.stats.norm.ppf(1 - settings.alpha) * spread) ** (1 / power)
    return _counts_around(expected, settings).ppf(1 - settings.alpha)


def _chance(observed: Floats, expected: _Expected, settings: Settings) -> Floats:
    """Of a count as high as this or higher, where nothing has changed."""
    if settings.quantile in _POWERS:
        power, spread = _transformed(expected, settings)
        return scipy.stats.norm.sf(observed**power, expected.mean**power, spread)
    return _counts_around(expected, settings).sf(observed - 1)


def _transformed(expected: _Expected, settings: Settings) -> tuple[float, Floats]:
    """The power that makes a count nearly normal, and the spread of a new count after it (delta rule)."""
    power = _POWERS[settings.quantile]
    variance = expected.dispersion * expected.mean + (expected.error * expected.mean) ** 2
    return power, power * expected.mean ** (power - 1) * np.sqrt(variance)


def _counts_around(expected: _Expected, settings: Settings) -> Any:
    """The distribution of a new count: negative binomial with the dispersion found; a dispersion of 1 is Poisson's."""
    mean = expected.mean
    if settings.quantile is Quantile.UNCERTAIN_MEAN:
        mean = mean * np.exp(np.minimum(scipy.stats.norm.ppf(1 - settings.alpha) * expected.error, 30))
    over = np.maximum(expected.dispersion - 1, 1e-9)
    return scipy.stats.nbinom(mean / over, 1 / (1 + over))
