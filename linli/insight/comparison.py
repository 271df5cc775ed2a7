"""Units compared so that a small one is not shamed by chance, and an intervention against its surroundings.

Rates are exact fractions until they are shown; limits are estimates and therefore floats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, exp, floor, log, sqrt
from statistics import quantiles
from typing import Any

import scipy

CONFIDENCE = 0.95
# Funnel limits as Spiegelhalter 2005 draws them: beyond the inner one look again, beyond the outer one act.
INNER, OUTER = 0.95, 0.998
# The shrunk rates need some units to learn from how different units are.
LEAST_UNITS = 3


class Standing(StrEnum):
    """Where a unit stands among the units, chance considered."""

    USUAL = "usual"
    HIGH = "high"
    LOW = "low"
    VERY_HIGH = "very_high"
    VERY_LOW = "very_low"
    NO_PEOPLE = "no_people"
    """Nobody is registered there: a rate has no meaning, the count stands alone."""
    ALONE = "alone"
    """No other unit to compare with."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What happened in a unit and how many people it has."""

    key: Any
    cases: int
    people: int

    def __post_init__(self) -> None:
        if self.cases < 0 or self.people < 0:
            raise ValueError("cases and people are never below zero")


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Compared:
    """One unit among the others. Rates are cases per 1,000 people."""

    key: Any
    cases: int
    people: int
    rate: Fraction | None
    interval: Interval | None
    shrunk: float | None
    """The rate that is fair to rank by: small units are drawn to the mean of all, large ones hardly."""
    funnel: Interval | None
    """Where the rate of a unit of this size would lie 95 times of 100 if it were like the others."""
    usual: tuple[int, int] | None
    """The fewest and the most cases that lie within it: one fewer, or one more, would be looked at again."""
    standing: Standing


def compare(units: Sequence[Counted]) -> list[Compared]:
    """All units in the given order; those without people take no part in the mean."""
    peopled = [unit for unit in units if unit.people]
    mean = _mean(peopled)
    spread = _spread(peopled, mean)
    over = overdispersion(units)
    return [_compared(unit, mean, spread, over, alone=len(peopled) < 2) for unit in units]


def rate_per_thousand(cases: int, people: int) -> Fraction | None:
    """Exactly; None where nobody lives."""
    return Fraction(1000 * cases, people) if people else None


def exact_limits(cases: int, confidence: float = CONFIDENCE) -> Interval:
    """Limits of a Poisson count (Garwood 1936, by chi-square), as England's public health guidance asks for small counts.

    It allows Byar's approximation from ten cases on only because that can be worked out by hand; exact is right for all.
    """
    rest = (1 - confidence) / 2
    # Half a quantile of chi-square with twice so many degrees is a quantile of the gamma distribution.
    low = float(scipy.special.gammaincinv(cases, rest)) if cases else 0.0
    return Interval(low, float(scipy.special.gammaincinv(cases + 1, 1 - rest)))


def _compared(unit: Counted, mean: float, spread: float, over: float, *, alone: bool) -> Compared:
    if not unit.people:
        return Compared(unit.key, unit.cases, 0, None, None, None, None, None, Standing.NO_PEOPLE)
    limits = exact_limits(unit.cases)
    thousands = unit.people / 1000
    expected = mean * unit.people
    funnel = _funnel(expected, over, INNER)
    standing = Standing.ALONE if alone else _standing(unit.cases, funnel, _funnel(expected, over, OUTER))
    return Compared(
        unit.key,
        unit.cases,
        unit.people,
        rate_per_thousand(unit.cases, unit.people),
        Interval(limits.low / thousands, limits.high / thousands),
        1000 * _shrunk(unit, mean, spread),
        None if alone else _scaled(funnel, 1 / thousands),
        None if alone else (ceil(funnel.low), floor(funnel.high)),
        standing,
    )


def _spread(units: Sequence[Counted], mean: float) -> float:
    """The variance of true rates between units, by moments (Marshall 1991): what is left of the spread after chance."""
    people = sum(unit.people for unit in units)
    if len(units) < LEAST_UNITS or not people:
        return 0.0
    seen = sum(unit.people * (unit.cases / unit.people - mean) ** 2 for unit in units) / people
    return max(0.0, seen - mean * len(units) / people)


def _shrunk(unit: Counted, mean: float, spread: float) -> float:
    """The mean of the gamma posterior: (cases + shape) / (people + rate) with shape / rate = mean of all units."""
    if not mean or not spread:
        return mean
    rate = mean / spread
    return (unit.cases + rate * mean) / (unit.people + rate)


def overdispersion(units: Sequence[Counted]) -> float:
    """How much wider than Poisson units lie (Spiegelhalter 2005): mean square of winsorised z, never below one.

    Scores beyond the 10th and the 90th part of 100 are drawn in to these first, so that the units to be found do not hide themselves.
    The parts are interpolated: among eight units, too, the highest and the lowest are drawn most of the way to their neighbours.
    """
    peopled = [unit for unit in units if unit.people]
    if len(peopled) < LEAST_UNITS or not (mean := _mean(peopled)):
        return 1.0
    scores = [2 * (sqrt(unit.cases) - sqrt(mean * unit.people)) for unit in peopled]
    low, *_between, high = quantiles(scores, n=10, method="inclusive")
    return max(1.0, sum(min(max(score, low), high) ** 2 for score in scores) / len(scores))


def _mean(peopled: Sequence[Counted]) -> float:
    people = sum(unit.people for unit in peopled)
    return sum(unit.cases for unit in peopled) / people if people else 0.0


def _funnel(expected: float, over: float, confidence: float) -> Interval:
    """Between which counts a usual unit lies: exact Poisson quantiles, drawn wider by the square root of overdispersion."""
    rest = (1 - confidence) / 2
    low, high = _poisson_quantile(rest, expected), _poisson_quantile(1 - rest, expected)
    wider = sqrt(over)
    return Interval(max(0.0, expected - wider * (expected - low)), expected + wider * (high - expected))


def _poisson_quantile(part: float, mean: float) -> int:
    """The fewest cases that are not exceeded so often. As `scipy.stats.poisson.ppf`, which takes a hundred times as long for one."""
    most = ceil(scipy.special.pdtrik(part, mean))
    return most - 1 if most and scipy.special.pdtr(most - 1, mean) >= part else most


def _scaled(interval: Interval, by: float) -> Interval:
    return Interval(interval.low * by, interval.high * by)


def _standing(cases: int, inner: Interval, outer: Interval) -> Standing:
    if cases > inner.high:
        return Standing.VERY_HIGH if cases > outer.high else Standing.HIGH
    if cases < inner.low:
        return Standing.VERY_LOW if cases < outer.low else Standing.LOW
    return Standing.USUAL


@dataclass(frozen=True, slots=True)
class Spell:
    """Cases of an area week by week (or month by month), before or after; all weeks of one length."""

    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Effect:
    """How the area changed beyond what its surroundings did over the same time."""

    area: Fraction | None
    """After by before, per week; None where nothing came before."""
    surroundings: Fraction | None
    ratio: float | None
    """Area's change by surroundings' change: 0.8 is a fifth fewer than expected. None where a side is empty."""
    interval: Interval | None
    avoided: float | None
    """Cases fewer than expected after it (negative: more)."""
    overdispersion: float
    clear: bool
    """The interval leaves out 1."""


def before_after(
    area_before: Spell, area_after: Spell, around_before: Spell, around_after: Spell, confidence: float = CONFIDENCE
) -> Effect:
    """The ratio of ratios: difference-in-differences of logarithms of rates (Wilson 2021, J Quant Criminol: relative
    incident rate ratio), with its variance widened by the overdispersion of the weeks around each spell's mean.

    Half a case is added to each total for the ratio and its variance, so that a total of zero still gives an interval.
    It shows what changed together, not what caused it: the surroundings must have been on the same way before, and must
    not have got what the area lost.
    """
    spells = (area_before, area_after, around_before, around_after)
    area, around = _change(area_before, area_after), _change(around_before, around_after)
    over = _weekly_overdispersion(spells)
    if not all(spell.counts for spell in spells) or not all(
        before.total + after.total for before, after in ((area_before, area_after), (around_before, around_after))
    ):
        return Effect(area, around, None, None, None, over, clear=False)
    logs = [log((spell.total + 0.5) / len(spell.counts)) for spell in spells]
    found = (logs[1] - logs[0]) - (logs[3] - logs[2])
    error = sqrt(over * sum(1 / (spell.total + 0.5) for spell in spells))
    reach = _quantile(confidence, sum(len(spell.counts) - 1 for spell in spells)) * error
    interval = Interval(exp(found - reach), exp(found + reach))
    avoided = (
        area_after.total * (exp(-found) - 1)
        if area_after.total
        else exp(logs[0] + logs[3] - logs[2]) * len(area_after.counts)
    )
    return Effect(area, around, exp(found), interval, avoided, over, clear=not interval.low <= 1 <= interval.high)


def _change(before: Spell, after: Spell) -> Fraction | None:
    if not before.total or not after.counts:
        return None
    return Fraction(after.total, len(after.counts)) / Fraction(before.total, len(before.counts))


def _weekly_overdispersion(spells: Sequence[Spell]) -> float:
    """Pearson's, within spells, never below one."""
    degrees = sum(max(0, len(spell.counts) - 1) for spell in spells)
    seen = 0.0
    for spell in spells:
        mean = spell.total / len(spell.counts) if spell.counts else 0
        seen += sum((count - mean) ** 2 for count in spell.counts) / mean if mean else 0
    return max(1.0, seen / degrees) if degrees else 1.0


def _quantile(confidence: float, degrees: int) -> float:
    """Student's where the overdispersion was estimated, else the normal one."""
    part = 1 - (1 - confidence) / 2
    return float(scipy.special.stdtrit(degrees, part) if degrees else scipy.special.ndtri(part))
