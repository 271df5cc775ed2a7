"""The scan: held against plain loops, by hand, by invariants, on noise and on a planted cluster."""

import math
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.insight.scan import Cases, Cluster, Places, Population, Settings, Unscannable, kernels, scan
from linli.insight.scan.circles import circles_around
from linli.insight.scan.expected import Tables, expect_from_margins, expect_from_population, observe
from linli.insight.scan.periods import Intervals
from linli.insight.scan.replicates import Windows, best_ratios

FIRST = date(2026, 1, 1)


def plain(points: list[tuple[float, float]], at: list[tuple[int, int]]) -> Cases:
    """Cases of (place, days since the first) on a plane in kilometres."""
    places = Places(tuple(f"P{k}" for k in range(len(points))), np.array(points, float), geographic=False)
    place, day = np.array(at, np.int64).T
    return Cases.one_each(places, place, np.datetime64(FIRST) + day)


def of(days: int, **others: object) -> Settings:
    return Settings(
        **{
            "model": "permutation", "analysis": "retrospective", "first": FIRST, "last": FIRST + timedelta(days - 1),
            "replicates": 19, **others,
        }  # type: ignore[arg-type]
    )  # fmt: skip


def noise(rng: np.random.Generator, places: int, cases: int, days: int) -> Cases:
    points = [tuple(point) for point in rng.uniform(0, 10, (places, 2))]
    return plain(points, list(zip(rng.integers(0, places, cases), rng.integers(0, days, cases), strict=True)))


def ratio(cases: float, expected: float, total: float) -> float:
    """Kulldorff's ratio as it is written in the papers."""
    rest = (total - cases) * math.log((total - cases) / (total - expected)) if cases < total else 0
    return cases * math.log(cases / expected) + rest if cases > expected else 0


def test_one_cluster_by_hand() -> None:
    """Two places far apart; of the first's three cases two lie on the last day, of the other's five none does."""
    cases = plain([(0, 0), (100, 0)], [(0, 3), (0, 3), (0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 2)])
    (found, *_) = scan(cases, of(4, max_share=0.5))
    # Expected: 3 cases of the place times 2 of the day, of 8.
    assert (found.locations, found.first, found.last) == (("P0",), date(2026, 1, 4), date(2026, 1, 4))
    assert (found.observed, found.expected) == (2, pytest.approx(0.75))
    assert found.llr == pytest.approx(2 * math.log(2 / 0.75) + 6 * math.log(6 / 7.25))


def test_a_prospective_scan_sees_only_what_goes_on_at_the_end() -> None:
    cases = plain([(0, 0), (100, 0)], [(0, 0), (0, 0), (0, 3), (1, 1), (1, 1), (1, 2), (1, 3), (1, 3)])
    best = scan(cases, of(4))[0]
    assert (best.locations, best.first) == (("P0",), FIRST)
    for found in scan(cases, of(4, analysis="prospective")):
        assert found.last == date(2026, 1, 4)
        assert found.recurrence_days == pytest.approx(1 / found.p)


def test_places_equally_far_belong_to_the_same_circle() -> None:
    places = Places(("C", "E", "W", "N"), np.array([(0.0, 0.0), (1, 0), (-1, 0), (0, 3)]), geographic=False)
    circles = circles_around(places, np.ones(4), 3, None)
    row = slice(circles.starts[0], circles.starts[1])
    assert set(circles.members[row].tolist()) == {0, 1, 2}, "the fourth would be more than the share"
    assert circles.closes[row].tolist() == [True, False, True]


def test_a_circle_ends_where_it_holds_enough() -> None:
    """Five places in a row, of one case each: circles of two or three."""
    places = Places(tuple("ABCDE"), np.column_stack([np.arange(5.0) ** 1.1, np.zeros(5)]), geographic=False)
    circles = circles_around(places, np.ones(5), 3, None, min_mass=2)
    for begin, end in pairwise(circles.starts):
        assert circles.closes[begin:end].tolist() == [False, True, True]
    nobody = circles_around(places, np.ones(5), 3, None, min_mass=4)
    assert len(nobody.members) == 0, "three at most, and four at least"


def test_a_radius_on_the_ground_includes_its_end() -> None:
    north = math.degrees(3 / 6367.0)
    places = Places(("A", "B", "C"), np.array([(0.0, 0.0), (north, 0), (0, north * 1.001)]))
    circles = circles_around(places, np.ones(3), 3, 3.0)
    assert circles.members[: circles.starts[1]].tolist() == [0, 1]


def test_population_changes_linearly_between_counts_and_stays_outside() -> None:
    places = Places(("A", "B"), np.zeros((2, 2)))
    cases = Cases.one_each(places, np.array([0] * 6), np.array(["2026-01-01"] * 6, "M8[D]"))
    counted = Population(
        np.array([0, 0, 1]),
        np.array(["2026-01-02", "2026-01-04", "2026-01-02"], "M8[D]"),
        np.array([10.0, 30.0, 0.0]),
        np.zeros(3, np.int64),
    )
    expected = expect_from_population(cases, counted, Intervals.of(of(5)))
    # At noon of each day: 10, then 15, 25, then 30 and 30.
    assert expected[0] == pytest.approx(6 * np.array([10, 15, 25, 30, 30]) / 110)
    assert expected[1] == pytest.approx(0)


def test_each_group_of_people_has_its_own_rate() -> None:
    """A has ten old people, B ten young ones; only the old fall ill, so all cases are expected in A."""
    places = Places(("A", "B"), np.zeros((2, 2)))
    cases = Cases(places, np.array([0]), np.array(["2026-01-01"], "M8[D]"), np.array([4]), np.array([0]))
    counted = Population(
        np.array([0, 1]), np.array(["2026-01-01"] * 2, "M8[D]"), np.array([10.0, 10]), np.array([0, 1])
    )
    assert expect_from_population(cases, counted, Intervals.of(of(2))) == pytest.approx(np.array([[2, 2], [0, 0]]))


def test_a_count_where_a_place_was_not_counted_is_said() -> None:
    places = Places(("A", "B"), np.zeros((2, 2)))
    cases = Cases(places, np.array([0]), np.array(["2026-01-01"], "M8[D]"), np.array([4]), np.array([1]))
    counted = Population(np.array([0]), np.array(["2026-01-01"], "M8[D]"), np.array([10.0]), np.array([0]))
    with pytest.raises(Unscannable, match="has nobody"):
        expect_from_population(cases, counted, Intervals.of(of(2)))


@pytest.mark.parametrize(
    ("unit", "first", "last", "intervals", "ends"),
    [
        ("day", "2026-01-30", "2026-02-02", 4, "2026-01-30"),
        ("month", "2026-01-30", "2026-03-02", 3, "2026-01-31"),
        ("year", "2024-03-01", "2026-02-01", 3, "2024-12-31"),
        ("week", "2026-01-01", "2026-01-18", 3, "2026-01-04"),
        ("week", "2026-01-05", "2026-01-18", 2, "2026-01-11"),
    ],
)
def test_months_and_years_are_the_calendars_and_weeks_end_with_the_last_day(
    unit: str, first: str, last: str, intervals: int, ends: str
) -> None:
    found = Intervals.of(of(2, unit=unit, first=date.fromisoformat(first), last=date.fromisoformat(last)))
    assert len(found) == intervals
    assert (found.first_day(0).isoformat(), found.last_day(0).isoformat()) == (first, ends)
    assert found.last_day(intervals - 1).isoformat() == last
    outside = np.array([found.bounds[0] - 1, found.bounds[-1]])
    assert found.of_days(outside).tolist() == [-1, -1]


def _small(draw: st.DrawFn) -> Cases:
    places = draw(st.integers(2, 7))
    # Few different coordinates, so that places lie equally far apart or on one another.
    point = st.tuples(st.integers(0, 3), st.integers(0, 3))
    points = draw(st.lists(point, min_size=places, max_size=places))
    case = st.tuples(st.integers(0, places - 1), st.integers(0, 5))
    at = draw(st.lists(case, min_size=4, max_size=40).filter(_varied))
    return plain(points, at)


def _varied(at: list[tuple[int, int]]) -> bool:
    return len({place for place, _ in at}) > 1 and len({day for _, day in at}) > 1


small_cases = st.composite(_small)()
analyses = st.sampled_from(["retrospective", "prospective"])


least_shares = st.sampled_from([0.0, 0.2, 0.4])


def _by_plain_loops(tables: Tables, cases: Cases, windows: Windows, share: float, least_share: float) -> float:
    """The best ratio of all cylinders, with nothing passed over."""
    points, total, best = cases.places.positions, tables.total, 0.0
    mass = tables.expected.sum(axis=1)
    intervals = tables.observed.shape[1]
    for centre in points:
        away = np.round(np.linalg.norm(points - centre, axis=1), 9)
        for radius in np.unique(away):
            inside = away <= radius
            if mass[inside].sum() > share * total + 1e-9:
                break
            if mass[inside].sum() < least_share * total - 1e-9:
                continue
            for last in range(intervals - 1 if windows.alive else 0, intervals):
                for length in range(1, min(windows.longest, last + 1) + 1):
                    span = slice(last - length + 1, last + 1)
                    seen = tables.observed[inside, span].sum()
                    if seen >= 2:
                        best = max(best, ratio(seen, tables.expected[inside, span].sum(), total))
    return best


@settings(deadline=None, max_examples=60)
@given(small_cases, analyses, least_shares)
def test_the_best_is_the_best_of_all_cylinders(cases: Cases, analysis: str, least: float) -> None:
    asked = of(6, analysis=analysis, min_share=least)
    observed = observe(cases, Intervals.of(asked))
    tables = Tables(observed, expect_from_margins(observed))
    best = _by_plain_loops(tables, cases, Windows(3, analysis == "prospective"), 0.5, least)
    found = scan(cases, asked)
    assert (found[0].llr if found else 0) == pytest.approx(best, abs=1e-8)


@settings(deadline=None, max_examples=30)
@given(small_cases, analyses, st.integers(0, 1000), least_shares)
def test_runs_of_circles_passed_over_hold_no_better_ratio(cases: Cases, analysis: str, seed: int, least: float) -> None:
    """The replicates are made again, and every cylinder of each is looked at."""
    windows = Windows(3, analysis == "prospective")
    observed = observe(cases, Intervals.of(of(6)))
    tables = Tables(observed, expect_from_margins(observed))
    mass = tables.expected.sum(axis=1)
    circles = circles_around(cases.places, mass, 0.5 * tables.total, None, least * tables.total)
    found = best_ratios("permutation", tables, circles, windows, 2, 5, seed, lambda *_: None)
    for lane, replicate in enumerate(_shuffled(observed, np.random.SeedSequence(seed).generate_state(5, np.uint32))):
        assert (replicate.sum(axis=0) == observed.sum(axis=0)).all(), "as many cases on each day"
        assert (replicate.sum(axis=1) == observed.sum(axis=1)).all(), "as many cases at each place"
        best = _by_plain_loops(Tables(replicate, tables.expected), cases, windows, 0.5, least)
        assert found[lane] == pytest.approx(best, abs=1e-8)


def _shuffled(observed: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    place, interval = np.nonzero(observed)
    places = np.repeat(place, observed[place, interval]).astype(np.int32)
    intervals = np.sort(np.repeat(interval, observed[place, interval]))[::-1].copy()
    keys, at = np.empty(len(seeds) * len(places), np.uint16), np.empty(len(seeds) * len(places), np.int32)
    written = kernels.shuffled(seeds, places, intervals, 0, keys, at)
    made = np.zeros((len(seeds), *observed.shape), np.int64)
    np.add.at(made, (keys[:written] % kernels.LANES, at[:written], keys[:written] // kernels.LANES), 1)
    return made


@settings(deadline=None, max_examples=40)
@given(small_cases, analyses)
def test_clusters_are_apart_ordered_and_as_many_are_expected_as_there_are(cases: Cases, analysis: str) -> None:
    observed = observe(cases, Intervals.of(of(6)))
    assert expect_from_margins(observed).sum() == pytest.approx(len(cases.place))
    found = scan(cases, of(6, analysis=analysis))
    names = [name for cluster in found for name in cluster.locations]
    assert len(names) == len(set(names))
    assert all(cluster.llr >= 0 and cluster.observed > cluster.expected and 0 < cluster.p <= 1 for cluster in found)
    assert all(one.llr >= two.llr - 1e-8 and one.p <= two.p for one, two in pairwise(found))


@settings(deadline=None, max_examples=30)
@given(small_cases, st.randoms(use_true_random=False))
def test_names_and_order_of_the_locations_change_nothing(cases: Cases, random) -> None:  # type: ignore[no-untyped-def]
    count = len(cases.places.ids)
    order = list(range(count))
    random.shuffle(order)
    renamed = Places(tuple(cases.places.ids[at] for at in order), cases.places.positions[order], geographic=False)
    where = np.argsort(order)
    moved = Cases.one_each(renamed, where[cases.place], cases.day)
    one, other = scan(cases, of(6)), scan(moved, of(6))
    assert bool(one) == bool(other)
    if one:
        assert _figures(one[0]) == _figures(other[0])


@settings(deadline=None, max_examples=30)
@given(small_cases, st.lists(st.integers(0, 6), min_size=40, max_size=40), st.sampled_from([0.5, 3.0]))
def test_of_weeks_the_day_within_and_of_places_the_scale_change_nothing(
    cases: Cases, within: list[int], scale: float
) -> None:
    """Six weeks, the cases on any days of theirs; and a map twice or a third as large."""
    wider = Places(cases.places.ids, cases.places.positions * scale, geographic=False)
    weeks = (cases.day - np.datetime64(FIRST)).astype(int) * 7
    monday = Cases.one_each(cases.places, cases.place, np.datetime64(FIRST) + weeks)
    others = Cases.one_each(wider, cases.place, monday.day + np.array(within[: len(weeks)]))
    one, other = (scan(each, of(42, unit="week", max_days=21)) for each in (monday, others))
    assert [_figures(each) for each in one[:1]] == [_figures(each) for each in other[:1]]
    assert all((each.first - FIRST).days % 7 == 0 and (each.last - FIRST).days % 7 == 6 for each in one)


def _figures(cluster: Cluster) -> tuple[object, ...]:
    return (
        round(cluster.llr, 8), cluster.first, cluster.last, frozenset(cluster.locations), cluster.observed,
    )  # fmt: skip


@pytest.mark.parametrize("model", ["permutation", "poisson"])
def test_on_noise_every_p_is_as_likely(model: str) -> None:
    """60 data sets in which nothing is going on: the p-values are uniform, by Kolmogorov and Smirnov's test at 1 in 1,000."""
    rng = np.random.default_rng(7)
    found = []
    for run in range(60):
        cases = noise(rng, 12, 80, 10)
        people = Population(np.arange(12), np.full(12, np.datetime64(FIRST)), np.ones(12), np.zeros(12, np.int64))
        found.append(scan(cases, of(10, model=model, replicates=63, seed=run), people)[0].p)
    steps = np.arange(1, 61) / 60
    assert np.abs(np.sort(found) - steps).max() < 1.95 / math.sqrt(60)


@pytest.mark.parametrize("analysis", ["retrospective", "prospective"])
def test_a_planted_cluster_is_found(analysis: str) -> None:
    """Twice the rate at the 10 places nearest to a corner, for the last 7 of 60 days."""
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 10, (100, 2))
    planted = np.argsort(np.linalg.norm(points, axis=1))[:10]
    daily = rng.poisson(1.5, (100, 60))
    daily[planted, -7:] += rng.poisson(1.5, (10, 7))
    place, day = np.nonzero(daily)
    places = Places(tuple(map(str, range(100))), points, geographic=False)
    cases = Cases(places, place, np.datetime64(FIRST) + day, daily[place, day], np.zeros(len(place), np.int64))
    best = scan(cases, of(60, analysis=analysis, max_days=14, replicates=199))[0]
    assert best.p <= 0.01
    right = {str(at) for at in planted}
    assert len(right & set(best.locations)) >= 8
    assert len(set(best.locations) - right) <= 3
    assert best.last >= FIRST + timedelta(56)
    assert abs((best.first - (FIRST + timedelta(53))).days) <= 2


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    cases = noise(np.random.default_rng(5), 20, 100, 10)
    asked = [scan(cases, of(10, replicates=199, seed=seed))[0].p for seed in (1, 1, 2)]
    assert asked[0] == asked[1] != asked[2]


def test_more_replicates_continue_fewer() -> None:
    cases = noise(np.random.default_rng(5), 20, 100, 10)
    told: list[tuple[str, int, int]] = []
    scan(cases, of(10, replicates=130), count=lambda *what: told.append(what))
    assert told == [("Replicates", 64, 130), ("Replicates", 128, 130), ("Replicates", 130, 130)]


@pytest.mark.parametrize(
    ("cases", "change", "said"),
    [
        (plain([(0, 0)], [(0, 0), (0, 1)]), {}, "one location"),
        (plain([(0, 0), (1, 0)], [(0, 0), (0, 1)]), {}, "at one location"),
        (plain([(0, 0), (1, 0)], [(0, 1), (1, 1)]), {}, "All cases are in one day"),
        (plain([(0, 0), (1, 0)], [(0, 9), (1, 9)]), {}, "no cases from 2026-01-01 to 2026-01-05"),
        (plain([(0, 0), (1, 0)], [(0, 0), (1, 1)]), {"model": "poisson"}, "needs the population"),
        (plain([(0, 0), (1, 0)], [(0, 0), (1, 1)]), {"last": date(2025, 1, 1)}, "ends .* before it begins"),
        (plain([(0, 0), (1, 0)], [(0, 0), (1, 1)]), {"last": FIRST}, "No window fits"),
    ],
)  # fmt: skip
def test_data_that_allow_no_scan_are_told_why(cases: Cases, change: dict[str, object], said: str) -> None:
    with pytest.raises(Unscannable, match=said):
        scan(cases, of(5, **change))
