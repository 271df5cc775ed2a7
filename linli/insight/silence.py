"""What is seen too late because nothing happens: units gone quiet, one address again and again, work about to be overdue."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import scipy

# Before that many days nobody knows what is usual in a unit.
LEAST_DAYS = 28
# Twice may be two neighbours; from three on a place is looked at.
LEAST_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Silence:
    """A unit from which nothing has come for `days` days."""

    days: int
    expected: float
    """How many reports its usual rate would have brought in these days."""
    chance: float
    """Of such a silence where nothing has changed."""


def silence(counts: Sequence[int], sizes: Sequence[float] | None = None) -> Silence | None:
    """How improbable the days without a report are that a unit's series ends with; None where there is nothing to say.

    If all is as before, each of the cases seen falls before the silence with the share that those days have of the whole
    (conditional on the total, a binomial: the unknown rate drops out). Reports that come in bunches tell less than as many
    single ones, so their number is divided by the overdispersion of the days.

    `sizes` say how much of a usual day each day brings: weekday factors, and, where the whole city is quiet (a holiday, a
    broken channel), what came from the others. Without them weekends look like silence.
    """
    scale = [1.0] * len(counts) if sizes is None else list(sizes)
    quiet = next((back for back, count in enumerate(reversed(counts)) if count), len(counts))
    before = len(counts) - quiet
    cases = sum(counts)
    if not quiet or before < LEAST_DAYS:
        return None
    usual, missed = sum(scale[:before]), sum(scale[before:])
    rate = cases / usual
    squares = sum(
        (count - rate * size) ** 2 / (rate * size) for count, size in zip(counts[:before], scale, strict=False)
    )
    bunching = max(1.0, squares / (before - 1))
    return Silence(quiet, rate * missed, (usual / (usual + missed)) ** (cases / bunching))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A place with more reports than places like it."""

    place: Hashable
    observed: int
    expected: float
    """Reports of an average place in the same time."""
    chance: float
    """That any of the places has so many, where all are alike."""


def repeated(cases: Mapping[Hashable, int], places: int, alpha: float = 0.01) -> list[Repeated]:
    """Places with improbably many reports, the most surprising first.

    `places` is how many there are, also those without a report. Places differ anyway (a shop is no flat): the spread of the
    others makes the yardstick, a negative binomial by moments, Poisson where they do not differ. The place itself is left
    out of it, and the chance is multiplied by the number of places, because the highest of many is high.
    """
    if places < len(cases):
        raise ValueError("more places have reports than there are places")
    total, squares = sum(cases.values()), sum(count**2 for count in cases.values())
    found = []
    for place, count in cases.items():
        others = places - 1
        if count < LEAST_REPEATS or total == count or others < 2:
            continue
        mean = (total - count) / others
        variance = (squares - count**2 - others * mean**2) / (others - 1)
        chance = min(1.0, _tail(count, mean, variance) * places)
        if chance < alpha:
            found.append(Repeated(place, count, mean, chance))
    return sorted(found, key=lambda one: (one.chance, -one.observed))


def _tail(count: int, mean: float, variance: float) -> float:
    if variance <= mean:
        return float(scipy.stats.poisson.sf(count - 1, mean))
    return float(scipy.stats.nbinom.sf(count - 1, mean**2 / (variance - mean), mean / variance))


@dataclass(frozen=True, slots=True)
class Ahead:
    """How much will be overdue if the pace stays; days counted from tomorrow as 1."""

    first_day: int | None
    """When more is overdue than today; None where that does not come within the horizon."""
    worst_day: int | None
    most: int
    """How many are overdue on the worst day (today's number where it gets no worse)."""


@dataclass(frozen=True, slots=True)
class Pile:
    """At the pace seen, and at the lower end of what that pace may be."""

    usual: Ahead
    slow: Ahead


def pile(
    due_in: Sequence[int],
    *,
    closed: int,
    days: int,
    arriving: Fraction = Fraction(0),
    limit: int | None = None,
    horizon: int = 14,
) -> Pile:
    """When open work will pass its limit, and by how many.

    `due_in` are the (working) days left of each open case, 0 or less where overdue; `closed` cases were closed in the last
    `days`; `arriving` new ones come a day, due after `limit` days. Cases due by day d that are more than can be closed by
    then are overdue on day d, in whatever order work is done: this is the best case, reached when the most urgent is always
    done first. The slow pace is the lower 90 % limit of a Poisson count of what was closed.
    """
    if days <= 0 or closed < 0:
        raise ValueError("a pace needs days, and closed cases from 0 on")
    slow = Fraction(float(scipy.stats.chi2.ppf(0.1, 2 * closed)) / 2 if closed else 0.0)
    paces = (Fraction(closed, days), slow / days)
    return Pile(*(_ahead(due_in, pace, arriving, limit, horizon) for pace in paces))


def _ahead(due_in: Sequence[int], pace: Fraction, arriving: Fraction, limit: int | None, horizon: int) -> Ahead:
    today = sum(due <= 0 for due in due_in)
    overdue = []
    for day in range(1, horizon + 1):
        due = Fraction(sum(left <= day for left in due_in))
        if limit is not None:
            due += arriving * max(0, day - limit)
        overdue.append(max(0, ceil(due - pace * day)))
    most = max(overdue, default=0)
    if most <= today:
        return Ahead(None, None, today)
    return Ahead(next(day for day, count in enumerate(overdue, 1) if count > today), overdue.index(most) + 1, most)
