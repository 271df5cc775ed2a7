"""Cases by place and interval: those observed, and those expected where nothing is going on."""

from dataclasses import dataclass

import numpy as np

from linli.insight.scan.data import Cases, Dates, Floats, Ints, Population, Unscannable
from linli.insight.scan.periods import Intervals


@dataclass(frozen=True)
class Tables:
    """`observed`, `expected`: shape (places, intervals), both with the same sum."""

    observed: Ints
    expected: Floats

    @property
    def total(self) -> int:
        return int(self.observed.sum())


def observe(cases: Cases, intervals: Intervals) -> Ints:
    """Shape (places, intervals). Cases outside the period are left out."""
    table = np.zeros((len(cases.places.ids), len(intervals)), np.int64)
    interval = intervals.of_days(cases.day)
    inside = interval >= 0
    np.add.at(table, (cases.place[inside], interval[inside]), cases.number[inside])
    return table


def expect_from_margins(observed: Ints) -> Floats:
    """Place and time independent: a place's cases fall on the days as all cases do (Kulldorff et al. 2005)."""
    outer: Floats = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    return outer


def expect_from_population(cases: Cases, population: Population, intervals: Intervals) -> Floats:
    """Each stratum's cases spread over its person-days: indirect standardisation (Kulldorff et al. 1998)."""
    places, strata = len(cases.places.ids), int(max(cases.stratum.max(), population.stratum.max())) + 1
    inside = intervals.of_days(cases.day) >= 0
    in_stratum = np.bincount(cases.stratum[inside], cases.number[inside], strata)
    counted = np.unique(population.day)
    weights = _weights(counted, intervals)
    at = np.searchsorted(counted, population.day)
    people = np.zeros((strata, places, len(counted)))
    np.add.at(people, (population.stratum, population.place, at), population.people)
    person_days = people @ weights
    lived = person_days.sum(axis=(1, 2))
    for stratum in np.flatnonzero((in_stratum > 0) & (lived == 0)):
        raise Unscannable(
            f"{int(in_stratum[stratum])} case(s) belong to group {stratum + 1}, in which the population file has nobody. "
            "Give the groups of both files the same names."
        )
    rates = np.divide(in_stratum, lived, out=np.zeros(strata), where=lived > 0)
    table: Floats = np.tensordot(rates, person_days, axes=1)
    return table


def _weights(counted: Dates, intervals: Intervals) -> Floats:
    """Shape (counts, intervals): how many days of each interval each count speaks for, interpolated at noon of every day."""
    bounds = (intervals.bounds - intervals.bounds[0]).astype(int)
    noon = np.arange(bounds[-1]) + 0.5
    moments = (counted - intervals.bounds[0]).astype(float)
    each = np.array([np.interp(noon, moments, one) for one in np.eye(len(counted))])
    days: Floats = np.add.reduceat(each, bounds[:-1], axis=1)
    return days
