"""What a look tells of noise, and of what is planted in it. Small and seeded; `linli bench warnings` does the same at size."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from bench import warnings as bench
from bench._district import FIRST, NO_HOLIDAYS, PAST, Planted, district
from linli.insight.watch import FALSE_A_MONTH, KINDS, Calendar, Finding, Load, goes_on, worth_telling
from linli.insight.watch.clusters import ANYTHING, CLASSES, NEIGHBOURHOOD, NIGHTS, ONE_CLASS, REPLICATES, clusters
from linli.insight.watch.days import look_at_days, look_at_hours
from linli.insight.watch.findings import MONTH, Curve, once_in

MIDNIGHT = datetime.combine(FIRST + timedelta(days=PAST), time())
LAST = FIRST + timedelta(days=PAST)


def test_the_kinds_share_one_false_warning_a_month() -> None:
    assert set(FALSE_A_MONTH) == set(KINDS)
    assert sum(FALSE_A_MONTH.values()) == pytest.approx(1)


def test_the_searches_for_clusters_share_what_clusters_may_bring() -> None:
    searches = (ANYTHING, NEIGHBOURHOOD, *[ONE_CLASS] * CLASSES)
    assert sum(one.share for one in searches) == pytest.approx(1)
    for one in searches:
        rarest = once_in(1 / (REPLICATES + 1), 1 / (one.share * NIGHTS))
        assert rarest >= MONTH / FALSE_A_MONTH["cluster"], "what no replicate has is told"


def test_a_neighbourhood_that_reports_twice_as_much_for_a_week_is_told() -> None:
    """Ten quarters of a city that brings 0.64 reports a quarter and day: the scan for anything alone does not tell of it."""
    made = district(rate=0.64, days=PAST + 7, seed=1030, planted=Planted(quarters=10, day=PAST, days=7, times=2))
    last = LAST + timedelta(days=6)
    found = list(clusters(made.before(MIDNIGHT + timedelta(days=7)), last))
    (told,) = worth_telling(found)
    assert (told.since, told.until) == (MIDNIGHT, MIDNIGHT + timedelta(days=7))
    assert 1.5 < told.observed / told.expected < 2.5
    assert len(told.cases) == told.observed
    right = set(told.places) & set(made.planted_places)
    assert len(right) >= 6
    assert len(right) > len(told.places) / 2
    by_day = [one for one in found if one.places != told.places]
    assert worth_telling(by_day) == []


def test_a_neighbourhood_that_is_busy_every_week_is_no_cluster() -> None:
    """Twice the rate on all days, and on the last seven the whole district brings twice as much: no place stands out."""
    made = district(rate=0.4, days=PAST + 7, seed=2, planted=Planted(quarters=10, day=0, days=PAST + 7, times=2))
    whole = made.before(MIDNIGHT + timedelta(days=7))
    earlier = whole.day < np.datetime64(MIDNIGHT, "D")
    thinned = _without(whole, earlier & (np.random.default_rng(2).random(len(earlier)) > 1 / 2))
    assert worth_telling(clusters(thinned, LAST + timedelta(days=6))) == []  # type: ignore[arg-type]


@pytest.mark.slow
def test_two_months_of_noise_bring_no_more_false_warnings_than_one_a_month_may() -> None:
    """Where one a month is usual, two months bring five or more once in twenty times."""
    told = [kind for seed in (11, 12) for kind in bench.month_of_noise(0.3, seed, every=6)]
    assert len(told) <= 4, told


@pytest.mark.slow
def test_a_planted_cluster_is_found() -> None:
    """Ten quarters at twice their rate for seven days, where a quarter brings one and a half reports a day."""
    nights = [bench.night_of_finding(1.5, seed) for seed in range(3)]
    assert all(nights), nights


def test_a_day_three_times_as_busy_is_a_trend() -> None:
    made = district(rate=0.2, days=PAST + 1, seed=3, planted=Planted(quarters=300, day=PAST, days=1, times=3))
    found = made.nightly(LAST)
    whole = next(one for one in found if one.kind == "trend" and one.unit == 0 and one.case_class is None)
    assert whole.observed > 2 * whole.expected
    assert (whole.since, whole.until) == (MIDNIGHT, MIDNIGHT + timedelta(days=1))
    assert len(whole.cases) == whole.observed


@pytest.mark.parametrize("look", ["days", "hours"])
def test_a_holiday_is_compared_with_holidays(look: str) -> None:
    """On three holidays three times as many reports come as on other days; the last of them is judged."""
    made = district(rate=0.6, days=PAST + 1, seed=8)
    whole = made.before(MIDNIGHT + timedelta(days=1))
    before = {LAST - timedelta(days=20), LAST - timedelta(days=33)}
    free = np.isin(whole.day, np.array([LAST, *sorted(before)], "M8[D]"))
    thinned = _without(whole, ~free & (np.random.default_rng(8).random(len(free)) > 1 / 3))

    def found(holidays: set[date]) -> list[tuple[object, object]]:
        calendar = Calendar(holidays=holidays)
        at_days = look_at_days(thinned, LAST, calendar=calendar) if look == "days" else []
        at_hours = look_at_hours(thinned, MIDNIGHT + timedelta(hours=18), calendar=calendar) if look == "hours" else []
        return [(one.kind, one.unit) for one in at_days + at_hours if one.kind in {"trend", "surge"}]

    alarm = [("trend" if look == "days" else "surge", 0)]
    assert found({LAST, *before}) == []
    assert found(before) == alarm, "an ordinary day as busy as a holiday"
    assert found(set()) == alarm, "nobody said that it was one"


def test_a_worked_saturday_is_compared_with_the_middle_of_the_week() -> None:
    """Weekends bring a third of what other days do, and this Saturday is worked."""
    saturday = LAST - timedelta(days=3)
    whole = district(rate=0.6, days=PAST + 1, seed=8).before(MIDNIGHT - timedelta(days=2))
    quiet = np.isin((whole.day.astype(int) + 3) % 7, (5, 6)) & (whole.day != np.datetime64(saturday))
    thinned = _without(whole, quiet & (np.random.default_rng(8).random(len(quiet)) > 1 / 3))
    for calendar, kinds in ((Calendar(make_up_days={saturday}), []), (NO_HOLIDAYS, ["trend"])):
        found = look_at_days(thinned, saturday, calendar=calendar)
        assert [one.kind for one in found if one.kind == "trend"] == kinds


def test_an_ordinary_day_is_no_trend_and_a_quiet_weekend_before_it_no_silence() -> None:
    made = district(rate=0.2, days=PAST + 1, seed=4)
    for last in (LAST, LAST - timedelta(days=1)):
        assert not [one for one in made.nightly(last) if one.kind in {"trend", "silent"}]


def test_a_community_that_stopped_is_silent_and_a_quiet_district_is_not() -> None:
    made = district(rate=0.3, days=PAST + 1, seed=5)
    whole = made.before(MIDNIGHT + timedelta(days=1))
    community = whole.unit[0, 2]
    gone = (whole.unit[:, 2] == community) & (whole.day > np.datetime64(LAST) - 6)
    assert _kinds_of(_without(whole, gone), "silent") == [community]
    everybody = whole.day > np.datetime64(LAST) - 2
    assert _kinds_of(_without(whole, everybody), "silent") == []


def test_an_address_that_reports_again_and_again() -> None:
    made = district(rate=0.3, days=PAST + 1, seed=6)
    whole = made.before(MIDNIGHT + timedelta(days=1))
    newest = np.flatnonzero(whole.day > np.datetime64(LAST) - 20)[-14:]
    spot = whole.spot.copy()
    spot[newest] = spot[newest[0]]
    found = look_at_days(_with(whole, spot=spot), LAST, calendar=NO_HOLIDAYS)
    repeated = [one for one in found if one.kind == "repeated"]
    assert [one.spot for one in repeated] == [int(spot[newest[0]])]
    assert repeated[0].observed >= 14


def test_work_that_will_be_overdue() -> None:
    """Forty cases fall due within three days where two a day are done."""
    load = Load("works", list(range(40)), [1] * 10 + [2] * 15 + [3] * 15, done=40, came=40, days=20, limit=None)
    steady = Load("parks", list(range(6)), [1, 2, 3, 4, 5, 5], done=40, came=40, days=20, limit=None)
    reports = district(rate=0.05, days=PAST, seed=7).before(MIDNIGHT)
    found = look_at_days(reports, LAST - timedelta(days=1), calendar=NO_HOLIDAYS, loads=[load, steady])
    piles = [one for one in found if one.kind == "pile"]
    assert [(one.body, one.expected) for one in piles] == [("works", 0)]
    assert piles[0].observed == 34, "forty, less what is done in three days"
    assert len(piles[0].cases) == 40


def test_one_matter_is_told_once_and_the_next_one_anew() -> None:
    one = _finding(once_in_days=MONTH / FALSE_A_MONTH["trend"], cases=[1, 2, 3])
    assert worth_telling([one, _finding(once_in_days=900, cases=[2, 3])]) == [_finding(once_in_days=900, cases=[2, 3])]
    assert worth_telling([_finding(once_in_days=MONTH / FALSE_A_MONTH["trend"] - 1)]) == []
    assert goes_on(one, _finding(days=3))
    assert not goes_on(one, _finding(days=30))
    assert not goes_on(one, _finding(unit="elsewhere"))
    assert not goes_on(one, _finding(case_class="lamps"))


def _finding(days: int = 0, **more: object) -> Finding:
    since = MIDNIGHT + timedelta(days=days)
    given = {"once_in_days": 500.0, "cases": [], "unit": "here"} | more
    return Finding("trend", "c1", since, since + timedelta(days=1), 9, 2.0, curve=Curve([], [], []), **given)  # type: ignore[arg-type]


def _kinds_of(reports: object, kind: str) -> list[object]:
    return [one.unit for one in look_at_days(reports, LAST, calendar=NO_HOLIDAYS) if one.kind == kind]  # type: ignore[arg-type]


def _without(whole: object, rows: np.ndarray) -> object:
    names = ("case", "at", "place", "spot", "unit", "case_class")
    return _with(whole, **{name: getattr(whole, name)[~rows] for name in names})


def _with(whole: object, **changed: object) -> object:
    from dataclasses import replace

    return replace(whole, **changed)  # type: ignore[type-var]
