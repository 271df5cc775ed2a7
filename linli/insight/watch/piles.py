"""Work that will be overdue if nothing changes."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import scipy

from linli.insight.silence import Pile, pile
from linli.insight.watch.findings import PILE, Curve, Finding, once_in
from linli.insight.watch.reports import Load

HORIZON = 10
# A pile is so many more overdue cases than today.
LEAST_MORE = 5


def piles(loads: Sequence[Load], last: date) -> Iterator[Finding]:
    for load in loads:
        came = Fraction(load.came, load.days)
        ahead = pile(load.due_in, closed=load.done, days=load.days, arriving=came, limit=load.limit, horizon=HORIZON)
        today = sum(left <= 0 for left in load.due_in)
        worst = ahead.usual.worst_day
        if worst is None or ahead.usual.most - today < LEAST_MORE:
            continue
        begin = datetime.combine(last + timedelta(days=1), time())
        yield Finding(
            kind=PILE,
            method="pace",
            since=begin,
            until=begin + timedelta(days=worst),
            observed=ahead.usual.most,
            expected=today,
            once_in_days=once_in(_stays_away(load, ahead, today), len(loads)),
            cases=[case for case, left in zip(load.cases, load.due_in, strict=True) if left <= worst],
            curve=_curve(load, today, last),
            body=load.body,
        )


def _stays_away(load: Load, ahead: Pile, today: int) -> float:
    """The chance that by the worst day so much more is done that no more is overdue than today.

    What will be done in so many days, given what was done in the days before: negative binomial (Poisson counts whose rate is known
    from one count only).
    """
    worst = ahead.usual.worst_day
    assert worst is not None
    usual = load.done / load.days * worst
    needed = usual + ahead.usual.most - today
    return float(scipy.stats.nbinom.sf(needed - 1, load.done + 0.5, load.days / (load.days + worst)))


def _curve(load: Load, today: int, last: date) -> Curve:
    """What falls due day by day from now, beside what is usually done in so many days."""
    days = range(1, HORIZON + 1)
    return Curve(
        [str(last + timedelta(days=day)) for day in days],
        [sum(left <= day for left in load.due_in) for day in days],
        [round(today + load.done / load.days * day, 1) for day in days],
    )
