"""One address again and again, and communities from which nothing comes any more."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import numpy as np

from linli.insight.silence import repeated, silence
from linli.insight.watch.findings import REPEATED, SILENT, Curve, Finding, once_in
from linli.insight.watch.reports import Reports

REPEATED_DAYS = 30
# An address of which nothing was heard in the last week is no news.
STILL_DAYS = 7
SILENT_DAYS = 84
_COMMUNITY = 2
_RARE_ENOUGH = 0.01


def repeats(reports: Reports, last: date) -> Iterator[Finding]:
    day, end = reports.day, np.datetime64(last)
    inside = (day > end - REPEATED_DAYS) & (day <= end) & (reports.spot != 0)
    spots, number = np.unique(reports.spot[inside], return_counts=True)
    counts = dict(zip(spots.tolist(), number.tolist(), strict=True))
    for one in repeated(counts, max(reports.addresses, len(counts)), _RARE_ENOUGH):
        own = inside & (reports.spot == one.place)
        if day[own].max() <= end - STILL_DAYS:
            continue
        span = np.arange(end - REPEATED_DAYS + 1, end + 1)
        daily = [int(np.count_nonzero(day[own] == each)) for each in span]
        first = np.flatnonzero(own)[0]
        unit = [each for each in reports.unit[first] if each >= 0]
        yield Finding(
            kind=REPEATED,
            method="negative_binomial",
            since=datetime.combine(last - timedelta(days=REPEATED_DAYS - 1), time()),
            until=datetime.combine(last + timedelta(days=1), time()),
            observed=one.observed,
            expected=one.expected,
            once_in_days=once_in(one.chance),
            cases=list(reports.case[own]),
            curve=Curve([str(each) for each in span], daily, [round(one.expected / REPEATED_DAYS, 3)] * len(span)),
            unit=reports.units[unit[-1]] if unit else None,
            spot=int(reports.spot[first]),
        )


def silences(reports: Reports, last: date) -> Iterator[Finding]:
    """Communities, each against what came from all others on the same days: a day on which all are quiet makes nobody silent."""
    column = (reports.day - np.datetime64(last)).astype(np.int64) + SILENT_DAYS - 1
    inside = (column >= 0) & (column < SILENT_DAYS)
    whole = np.bincount(column[inside], minlength=SILENT_DAYS)
    communities = np.unique(reports.unit[inside, _COMMUNITY])
    communities = communities[communities >= 0]
    for community in communities:
        own = np.bincount(column[inside & (reports.unit[:, _COMMUNITY] == community)], minlength=SILENT_DAYS)
        # A half more, so that no day is one on which nothing can come.
        sizes = whole - own + 0.5
        found = silence(own.tolist(), (sizes / sizes.mean()).tolist())
        if found is None:
            continue
        rate = own.sum() / sizes.sum()
        span = [last - timedelta(days=SILENT_DAYS - 1 - number) for number in range(SILENT_DAYS)]
        yield Finding(
            kind=SILENT,
            method="binomial",
            since=datetime.combine(last - timedelta(days=found.days - 1), time()),
            until=datetime.combine(last + timedelta(days=1), time()),
            observed=0,
            expected=found.expected,
            once_in_days=once_in(found.chance, len(communities)),
            cases=[],
            curve=Curve([str(each) for each in span], own.tolist(), np.round(sizes * rate, 2).tolist()),
            unit=reports.units[int(community)],
        )
