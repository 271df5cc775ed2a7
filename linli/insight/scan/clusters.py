"""The scan itself: the best cylinder around every place, how surprising it is, and those worth a report.

Sources: M. Kulldorff, A spatial scan statistic, 1997 (ratio, circles); Prospective time periodic geographical disease surveillance
using a scan statistic, 2001 (windows that reach today, recurrence); Kulldorff et al., A space-time permutation scan statistic for
disease outbreak detection, 2005 (margins). Held against SaTScan 10.3.2.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from linli.insight.scan import kernels
from linli.insight.scan.circles import SAME_KM, Circles, circles_around
from linli.insight.scan.data import Cases, Cluster, Floats, Ints, Places, Population, Settings, Unscannable
from linli.insight.scan.expected import Tables, expect_from_margins, expect_from_population, observe
from linli.insight.scan.periods import MEAN_DAYS, Intervals
from linli.insight.scan.replicates import Count, Windows, best_ratios, threads

# Ratios that differ by less are equal: they were only added up in another order.
SAME_RATIO = 1e-9


def scan(
    cases: Cases,
    settings: Settings,
    population: Population | None = None,
    count: Count = lambda text, done, total: None,
) -> list[Cluster]:
    """Clusters, the most surprising first; none shares a location with one before it.

    The Poisson model needs the population. `count` is told how many replicates are done. Data that allow no scan raise `Unscannable`.
    """
    intervals = Intervals.of(settings)
    windows = Windows(intervals.longest(settings.max_days), settings.analysis == "prospective")
    tables = _tables(cases, settings, population, intervals)
    mass = tables.expected.sum(axis=1)
    circles = circles_around(
        cases.places,
        mass,
        settings.max_share * tables.total,
        settings.max_radius_km,
        settings.min_share * tables.total,
    )
    found = _apart(cases.places, circles, _best_of_each_centre(tables, circles, windows, settings.min_cases))
    if not found:
        return []
    chance = best_ratios(
        settings.model, tables, circles, windows, settings.min_cases, settings.replicates, settings.seed, count
    )
    return _surprising([_report(one, cases.places, intervals, settings, chance) for one in found])


def _tables(cases: Cases, settings: Settings, population: Population | None, intervals: Intervals) -> Tables:
    if len(cases.places.ids) < 2:
        raise Unscannable("There is one location. A scan compares places with one another: give two or more.")
    observed = observe(cases, intervals)
    if not observed.any():
        raise Unscannable(
            f"There are no cases from {settings.first} to {settings.last}. Check --from and --to against the case file."
        )
    if settings.model == "poisson":
        if population is None:
            raise Unscannable("The Poisson model needs the population (--population), or take --model permutation.")
        tables = Tables(observed, expect_from_population(cases, population, intervals))
        _refuse_cases_without_people(tables, cases.places)
        return tables
    for axis, what in ((1, "at one location"), (0, f"in one {settings.unit}")):
        if np.count_nonzero(observed.sum(axis=axis)) == 1:
            raise Unscannable(
                f"All cases are {what}. The permutation model compares places and times with one another: "
                "give more, or take --model poisson with a population."
            )
    return Tables(observed, expect_from_margins(observed))


def _refuse_cases_without_people(tables: Tables, places: Places) -> None:
    for place in np.flatnonzero((tables.observed.sum(axis=1) > 0) & (tables.expected.sum(axis=1) == 0)):
        raise Unscannable(
            f"There are {int(tables.observed[place].sum())} case(s) at {places.ids[place]}, where nobody lives. "
            "Correct the population of that location, or leave its cases out."
        )


@dataclass(frozen=True)
class _Cylinder:
    ratio: float
    centre: int
    inside: Ints  # places, nearest first
    radius: float
    last: int
    length: int
    observed: int
    expected: float


def _best_of_each_centre(
    tables: Tables, circles: Circles, windows: Windows, min_cases: int
) -> tuple[Floats, Ints, Floats]:
    """As `kernels.best_of_each_centre`, of all centres."""

    def best(part: Ints) -> tuple[Floats, Ints, Floats]:
        found: tuple[Floats, Ints, Floats] = kernels.best_of_each_centre(
            part[0], part[-1] + 1, circles.starts, circles.members, circles.closes, tables.observed, tables.expected,
            windows.longest, windows.alive, min_cases,
        )  # fmt: skip
        return found

    centres = np.arange(len(circles.starts) - 1)
    with ThreadPoolExecutor(threads()) as pool:
        parts = list(pool.map(best, np.array_split(centres, min(len(centres), 8 * threads()))))
    ratios, where, means = zip(*parts, strict=True)
    return np.concatenate(ratios), np.concatenate(where), np.concatenate(means)


def _apart(places: Places, circles: Circles, best: tuple[Floats, Ints, Floats]) -> list[_Cylinder]:
    """Each centre's best, the most surprising first, without those that share a place with one before.

    Of equals the smaller circle goes first, then the one further north, then west: no order of the input decides.
    """
    ratios, where, means = best
    centres = np.flatnonzero(ratios > 0)
    last_member = circles.members[where[centres, 0]]
    radii = np.linalg.norm(places.points[last_member] - places.points[centres], axis=1)
    first, second = places.positions[centres].T
    order = np.lexsort((second, -first, np.round(radii / SAME_KM), -np.round(ratios[centres] / SAME_RATIO)))
    taken = np.zeros(len(places.ids), bool)
    found = []
    for at in order:
        centre = centres[at]
        inside = _inside(places, int(centre), float(radii[at]))
        if not taken[inside].any():
            taken[inside] = True
            _, last, length, observed = where[centre].tolist()
            found.append(
                _Cylinder(
                    float(ratios[centre]),
                    int(centre),
                    inside,
                    float(radii[at]),
                    last,
                    length,
                    observed,
                    float(means[centre]),
                )
            )
    return found


def _inside(places: Places, centre: int, radius: float) -> Ints:
    """The places of a circle, nearest first; also those where nothing is expected, which the scan itself passes over."""
    away = np.linalg.norm(places.points - places.points[centre], axis=1)
    inside = np.flatnonzero(away <= radius + SAME_KM)
    order = sorted(inside, key=lambda place: (place != centre, round(away[place] / SAME_KM), places.ids[place]))
    return np.array(order)


def _report(one: _Cylinder, places: Places, intervals: Intervals, settings: Settings, chance: Floats) -> Cluster:
    p = (1 + int(np.count_nonzero(chance >= one.ratio - SAME_RATIO))) / (len(chance) + 1)
    return Cluster(
        llr=one.ratio,
        p=p,
        locations=tuple(places.ids[place] for place in one.inside),
        radius_km=places.ground(one.radius),
        first=intervals.first_day(one.last - one.length + 1),
        last=intervals.last_day(one.last),
        observed=one.observed,
        expected=one.expected,
        recurrence_days=MEAN_DAYS[settings.unit] / p if settings.analysis == "prospective" else None,
    )


def _surprising(clusters: list[Cluster]) -> list[Cluster]:
    """The best, and the others unless every replicate has one as good: those say nothing."""
    return [cluster for rank, cluster in enumerate(clusters) if rank == 0 or cluster.p < 1]
