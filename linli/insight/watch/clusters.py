"""Space-time clusters of a district, of all reports together and of each of its commonest classes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np

from linli.insight.scan import Cases, Cluster, Places, Settings, Unscannable, scan
from linli.insight.scan.data import Unit
from linli.insight.watch.findings import CLUSTER, STRONG_DAYS, Curve, Finding, once_in
from linli.insight.watch.reports import Ints, Reports

# Whole weeks.
DAYS = 91
WINDOW = 7
RADIUS_KM = 3.0
# A dozen reports of all kinds are nothing yet; five of one class in one place may be.
LEAST_CASES, LEAST_OF_ONE_CLASS = 12, 5
REPLICATES = 999
# A first, short round: what is not among its best is not worth the long one.
FIRST_ROUND, HOPELESS = 99, 0.1
CLASSES = 4
LEAST_OF_CLASS = 100
CURVE_DAYS = 42


@dataclass(frozen=True)
class Search:
    """Circles that hold so much of what was reported, and windows of up to a week in whole `unit`s. `share`: of the false warnings that
    clusters may bring."""

    unit: Unit
    min_share: float
    max_share: float
    share: float


# Anything from one day at one place on. What holds more of the district is no cluster, but a trend of the district.
ANYTHING = Search("day", min_share=0, max_share=0.15, share=0.25)
# A neighbourhood's week against the weeks before. Whoever looks for everything has to be surprised more: of what only doubles, this search
# sees more (docs/insight.md has the figures).
NEIGHBOURHOOD = Search("week", min_share=1 / 60, max_share=1 / 15, share=0.55)
ONE_CLASS = replace(ANYTHING, share=0.2 / CLASSES)
# What chance shows once stays for so many nights, and is told once (measured on noise: 1.5 to 1.6).
NIGHTS = 1.5


def clusters(reports: Reports, last: date) -> Iterator[Finding]:
    """Prospective space-time permutation: no population is needed, and days or places that always have many are no news."""
    days = reports.day
    inside = (days > np.datetime64(last) - DAYS) & (days <= np.datetime64(last)) & (reports.place >= 0)
    for search in (ANYTHING, NEIGHBOURHOOD):
        yield from _scanned(reports, np.flatnonzero(inside), last, None, search)
    known, number = np.unique(reports.case_class[inside & (reports.case_class >= 0)], return_counts=True)
    most = known[np.argsort(-number, kind="stable")][:CLASSES]
    for case_class in most[np.sort(-number)[: len(most)] <= -LEAST_OF_CLASS]:
        of_class = np.flatnonzero(inside & (reports.case_class == case_class))
        yield from _scanned(reports, of_class, last, int(case_class), ONE_CLASS)


def _scanned(reports: Reports, rows: Ints, last: date, case_class: int | None, search: Search) -> Iterator[Finding]:
    used, place = np.unique(reports.place[rows], return_inverse=True)
    places = Places(tuple(map(str, used)), reports.positions[used])
    cases = Cases.one_each(places, place.astype(np.int64), reports.day[rows])
    for cluster in _surprising(cases, last, search, LEAST_CASES if case_class is None else LEAST_OF_ONE_CLASS):
        inside = np.isin(reports.place[rows], [int(one) for one in cluster.locations])
        in_window = inside & (reports.day[rows] >= np.datetime64(cluster.first))
        centre = reports.positions[int(cluster.locations[0])]
        yield Finding(
            kind=CLUSTER,
            method="permutation",
            since=datetime.combine(cluster.first, time()),
            until=datetime.combine(cluster.last + timedelta(days=1), time()),
            observed=cluster.observed,
            expected=cluster.expected,
            # So many replicates tell nothing rarer apart.
            once_in_days=min(once_in(cluster.p, 1 / (search.share * NIGHTS)), STRONG_DAYS),
            cases=list(reports.case[rows[in_window]]),
            curve=_curve(reports.day[rows], inside, last),
            case_class=None if case_class is None else reports.classes[case_class],
            places=[reports.places[int(one)] for one in cluster.locations],
            centre=(float(centre[1]), float(centre[0])),
            radius_km=cluster.radius_km,
        )


def _surprising(cases: Cases, last: date, search: Search, least: int) -> list[Cluster]:
    try:
        first = _scan(cases, last, search, least, FIRST_ROUND)
        if not first or first[0].p > HOPELESS:
            return []
        return _scan(cases, last, search, least, REPLICATES)
    except Unscannable:
        # One place, one day, or no report at all: there is nothing to compare.
        return []


def _scan(cases: Cases, last: date, search: Search, least: int, replicates: int) -> list[Cluster]:
    settings = Settings(
        "permutation",
        "prospective",
        last - timedelta(days=DAYS - 1),
        last,
        unit=search.unit,
        min_share=search.min_share,
        max_share=search.max_share,
        max_radius_km=RADIUS_KM,
        max_days=WINDOW,
        min_cases=least,
        replicates=replicates,
        # The same night gives the same answer; two nights draw anew.
        seed=last.toordinal(),
    )
    return scan(cases, settings)


def _curve(day: np.ndarray, inside: np.ndarray, last: date) -> Curve:
    """The area day by day beside its share of what the whole district had on the day."""
    span = np.arange(np.datetime64(last) - CURVE_DAYS + 1, np.datetime64(last) + 1)
    share = inside.mean()
    area, whole = (np.array([np.count_nonzero(those == one) for one in span]) for those in (day[inside], day))
    return Curve([str(one) for one in span], area.tolist(), np.round(whole * share, 2).tolist())
