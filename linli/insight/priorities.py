"""Where the next staff hour helps most: a ranking, with the figures that made it.

A heuristic, and it says so. While a pile of overdue work stands, one case closed today means one case fewer in the pile on
every day until it is gone: as in any queue that is never empty, the pile of each later day is smaller by that case. So an
hour saves

    cases closed per hour x days until the pile is gone (at most HORIZON)

days of being overdue. What it takes for granted: the next case takes as long as the last ones did; arrivals and pace stay;
an hour can be sent anywhere; a day late weighs the same for every case. Danger is not ranked here, emergencies have their
own way. It is advice for whoever plans, and no figure to judge people by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

HORIZON = 30
# A pace of its own weighs as much as everybody's once so many cases were closed.
PRIOR_CASES = 5


class Why(StrEnum):
    """Each reason carries one number (`Reason.amount`), which the sentence of that reason names."""

    OVERDUE = "overdue"
    """So many cases are overdue."""
    NOTHING_OVERDUE = "nothing_overdue"
    """So many are open, none overdue: an hour saves no late day now."""
    GONE_IN = "gone_in"
    """At the pace now the pile is gone in so many days."""
    GROWING = "growing"
    """So many more come each day than are closed: the pile does not go by itself."""
    PER_HOUR = "per_hour"
    """So many cases are closed in a staff hour."""
    BORROWED_PACE = "borrowed_pace"
    """Too little was closed here to know the pace: everybody's is taken, so many cases an hour."""
    PACE_UNKNOWN = "pace_unknown"
    """Nowhere was anything closed in counted hours (0): nothing can be said of an hour."""
    PER_THOUSAND = "per_thousand"
    """So many are overdue per 1,000 people."""


@dataclass(frozen=True, slots=True)
class Reason:
    why: Why
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a unit or a body: what lies there now, and what came and went in the last `days`."""

    key: Any
    open: int
    overdue: int
    arrived: int
    closed: int
    days: int
    staff_hours: Fraction
    people: int | None = None

    def __post_init__(self) -> None:
        amounts = (self.open, self.overdue, self.arrived, self.closed, self.staff_hours, self.people or 0)
        if self.days <= 0 or any(amount < 0 for amount in amounts) or self.overdue > self.open:
            raise ValueError("days are above zero, no amount below it, and what is overdue is open")


@dataclass(frozen=True, slots=True)
class Priority:
    key: Any
    gain: Fraction
    """Days of being overdue that the next staff hour saves."""
    reasons: tuple[Reason, ...]


def rank(works: Sequence[Work]) -> list[Priority]:
    """The most helpful first; where an hour helps alike, first where more is overdue per person, then as given."""
    closed, hours = sum(work.closed for work in works), sum((work.staff_hours for work in works), Fraction(0))
    everybody = Fraction(closed) / hours if closed and hours else None
    ranked = [(work, _priority(work, everybody)) for work in works]
    ranked.sort(key=lambda pair: (-pair[1].gain, -_per_thousand(pair[0]), -pair[0].overdue))
    return [priority for _work, priority in ranked]


def _priority(work: Work, everybody: Fraction | None) -> Priority:
    pile = Reason(Why.OVERDUE, Fraction(work.overdue))
    if not work.overdue:
        pile = Reason(Why.NOTHING_OVERDUE, Fraction(work.open))
    pace = _pace(work, everybody)
    stays, course = _course(work)
    reasons = [pile, *course, pace]
    if work.overdue and work.people:
        reasons.append(Reason(Why.PER_THOUSAND, _per_thousand(work)))
    return Priority(work.key, pace.amount * stays, tuple(reasons))


def _course(work: Work) -> tuple[Fraction, list[Reason]]:
    """For how many days a pile stands, at most HORIZON, and why."""
    shrinking = Fraction(work.closed - work.arrived, work.days)
    growing = [Reason(Why.GROWING, -shrinking)] if shrinking < 0 else []
    if not work.overdue:
        return Fraction(0), growing
    if shrinking <= 0:
        return Fraction(HORIZON), growing
    gone = work.overdue / shrinking
    return min(gone, Fraction(HORIZON)), [Reason(Why.GONE_IN, gone)]


def _pace(work: Work, everybody: Fraction | None) -> Reason:
    """Cases per staff hour: the own pace, drawn to everybody's the more the less was closed."""
    if everybody is None:
        return Reason(Why.PACE_UNKNOWN, Fraction(0))
    if not work.staff_hours or not work.closed:
        return Reason(Why.BORROWED_PACE, everybody)
    return Reason(Why.PER_HOUR, (work.closed + PRIOR_CASES) / (work.staff_hours + PRIOR_CASES / everybody))


def _per_thousand(work: Work) -> Fraction:
    return Fraction(1000 * work.overdue, work.people) if work.people else Fraction(0)
