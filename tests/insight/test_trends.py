import subprocess
import sys
from dataclasses import astuple, replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.insight.trends import ears, farrington, weekdays
from linli.insight.trends.bounds import RAREST, Alarm, Bounds, dispersion, level_for, table

METHODS = {"c1": ears.c1, "c2": ears.c2, "c3": ears.c3, "recent": farrington.recent}
MONDAY = date(2026, 1, 5)


def days(count: int) -> list[date]:
    return [MONDAY + timedelta(number) for number in range(count)]


def whole(bounds: Bounds) -> bool:
    """No NaN anywhere, and infinite only where nothing was judged."""
    arrays = astuple(bounds)[1:-1]
    return not any(np.isnan(values).any() for values in arrays) and bool(np.isfinite(bounds.upper[bounds.judged]).all())


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(
    "series",
    [[], [3], [0] * 90, [5] * 90, [0] * 89 + [1], [0] * 45 + [1] * 45, [10**9] * 90],
    ids=["none", "one day", "zeros", "constant", "first case", "step", "huge"],
)
def test_nothing_to_see_raises_no_alarm(method, series):
    bounds = method(series)
    assert whole(bounds)
    # C3 is meant to be sensitive and names a first case, with a chance that nobody would tell.
    assert not any(alarm.period == len(series) - 1 and alarm.chance < 0.05 for alarm in bounds.alarms())


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_an_outbreak_is_seen_on_its_first_day_with_its_figures(method):
    rng = np.random.default_rng(4)
    series = rng.poisson(4, 100)
    series[-1] = 25
    alarm = method(series).alarms()[0]
    assert (alarm.series, alarm.period, alarm.observed) == (0, 99, 25)
    assert 2 < alarm.expected < 7
    assert alarm.expected < alarm.upper < 25
    assert alarm.score > 1
    assert alarm.chance < 0.001
    assert alarm.surprise.times == pytest.approx(25 / alarm.expected, abs=0.06)


@given(
    series=st.lists(st.lists(st.integers(0, 60), min_size=60, max_size=60), min_size=1, max_size=4),
    method=st.sampled_from(sorted(METHODS)),
    more=st.integers(1, 50),
)
@settings(max_examples=60, deadline=None)
def test_a_series_is_judged_alone_and_more_cases_never_end_an_alarm(series, method, more):
    bounds = METHODS[method](series)
    assert whole(bounds)
    alone = METHODS[method](series[-1])
    np.testing.assert_allclose(alone.upper[0], bounds.upper[-1], rtol=1e-6)
    higher = [[*row[:-1], row[-1] + more] for row in series]
    assert (METHODS[method](higher).alarming[:, -1] >= bounds.alarming[:, -1]).all()


@given(series=st.lists(st.integers(0, 5), min_size=4 * 52 + 30, max_size=4 * 52 + 60))
@settings(max_examples=15, deadline=None)
def test_weekly_counts_are_judged_without_nan(series):
    assert whole(farrington.yearly(series, periods=3, years=4))


def test_years_that_are_not_there_are_not_judged():
    bounds = farrington.yearly([2] * 100)
    assert not bounds.judged.any()
    assert np.isinf(bounds.upper).all()


def test_a_slow_rise_is_seen_by_c3_before_c2():
    series = [4, 5, 6, 5, 4, 5, 6, 5, 4, 5, 6, 5, 7, 7, 7]
    assert ears.c3(series).alarming[0, -1]
    assert not ears.c2(series).alarming[0, -1]


def test_an_outbreak_in_the_past_does_not_hide_the_next():
    series = np.random.default_rng(8).poisson(4, 120)
    series[60:63] = 30
    series[-1] = 20
    assert farrington.recent(series).alarming[0, -1]
    assert not farrington.recent(series, settings=replace(farrington.DAILY, reweight=False)).alarming[0, -1]


# What noise brings, per judged cell; the bound that is tested leaves three standard errors to the side.
NOISE = {
    "c1": (ears.c1, 0.025),
    "c2": (ears.c2, 0.025),
    "c3": (ears.c3, 0.14),
    "recent": (lambda counts: farrington.recent(counts, periods=5), 0.0015),
}


@pytest.mark.parametrize(("method", "most"), NOISE.values(), ids=NOISE)
def test_false_alarms_on_noise(method, most):
    """Poisson noise, 0.2 to 20 a day. The share of alarms is the method's; the chance that they carry is held by all."""
    rng = np.random.default_rng(17)
    bounds = method(rng.poisson(np.geomspace(0.2, 20, 2000)[:, None], (2000, 100)))
    judged = bounds.judged.sum()
    assert bounds.alarming.sum() / judged < most
    assert (bounds.chance < 0.001).sum() / judged < 0.0012


def test_a_district_hears_of_noise_at_most_once_a_month():
    """40 units of 30 classes, thirty days, overdispersed by 1.5: told is what is rarer than once a month in all of them."""
    rng = np.random.default_rng(23)
    mean = rng.gamma(0.6, 2.0, (1200, 1))
    counts = rng.negative_binomial(mean / 0.5, 1 / 1.5, (1200, 130))
    told, wider = level_for(1200, periods=30), dispersion(counts)
    assert wider == pytest.approx(1.5, abs=0.05)
    for bounds in (
        ears.c2(counts, settings=ears.Settings(dispersion=wider)),
        farrington.recent(counts, periods=30, settings=replace(farrington.DAILY, least_dispersion=wider)),
    ):
        assert sum(alarm.chance < told for alarm in bounds.alarms() if alarm.period >= 100) <= 1


def test_days_have_kinds():
    found = weekdays.kinds(days(8), holidays={MONDAY + timedelta(1)}, make_up_days={MONDAY + timedelta(5)})
    assert found.tolist() == [0, weekdays.HOLIDAY, 2, 3, 4, 2, 6, 0]


def test_factors_are_learnt_from_busy_series_and_lent_to_rare_ones():
    day_kinds = weekdays.kinds(days(70))
    busy = np.tile([14, 14, 14, 14, 14, 0, 0], 10)
    found = weekdays.factors([busy, [0] * 69 + [1], [0] * 70], day_kinds)
    assert found[0, 0] == pytest.approx(1.4, abs=0.02)
    assert found[0, 5] == pytest.approx(0, abs=0.05)
    assert found[1, 0] == pytest.approx(found[2, 0], abs=0.02)
    assert found[2, 0] == pytest.approx(1.4, abs=0.08)
    assert (found > 0).all()


def test_a_sunday_is_compared_with_what_sundays_bring():
    day_kinds = weekdays.kinds(days(98))
    usual = np.array([30, 10, 10, 10, 10, 3, 3])[day_kinds]
    counts = np.random.default_rng(5).poisson(usual[None, :], (50, 98))
    factors = weekdays.factors(counts, day_kinds, learn=91)
    mondays = ears.c2(counts, factors=factors)
    assert mondays.alarming[:, day_kinds[mondays.first :] == 0].mean() < 0.03
    counts[:, -1] = 16
    assert not farrington.recent(counts).alarming.any()
    assert farrington.recent(counts, factors=factors).alarming.all()


def test_a_holiday_is_not_taken_for_a_usual_day():
    day_kinds = weekdays.kinds(days(100), holidays={days(100)[-1], *days(100)[20:24]})
    counts = np.full((1, 100), 6)
    counts[0, day_kinds == weekdays.HOLIDAY] = 30
    factors = weekdays.factors(counts, day_kinds, learn=99)
    assert ears.c2(counts).alarming[0, -1]
    assert not ears.c2(counts, factors=factors).alarming[0, -1]
    assert not farrington.recent(counts, factors=factors).alarming[0, -1]


def test_surprise_is_rounded_for_a_sentence():
    surprise = Alarm(0, 9, 12, 4.1, 10.0, 3.3, 1 / 437).surprise
    assert (surprise.times, surprise.once_in) == (2.9, 440)
    rarest = Alarm(0, 9, 12, 0.01, 1.0, 3.3, 0.0).surprise
    assert (rarest.times, rarest.once_in) == (None, RAREST)


@pytest.mark.parametrize("counts", [[1.5], [-1], [float("nan")], [[[1]]]])
def test_what_is_no_count_is_refused(counts):
    with pytest.raises(ValueError, match="whole numbers"):
        table(counts)


@pytest.mark.slow
def test_a_night_of_a_city_takes_seconds():
    """3,000 units of 30 classes, 120 days; most are too rare to be judged, as in a city."""
    rng = np.random.default_rng(1)
    day_kinds = weekdays.kinds(days(120))
    counts = rng.poisson(rng.gamma(0.3, 0.5, (90_000, 1)), (90_000, 120))
    factors = weekdays.factors(counts, day_kinds)
    assert whole(farrington.recent(counts, factors=factors))
    assert whole(ears.c2(counts[:, -10:], factors=factors[:, -10:]))


def test_calculation_knows_nothing_of_django():
    modules = (
        "linli.insight.trends.farrington, linli.insight.trends.ears, linli.insight.comparison, linli.insight.silence"
    )
    code = f"import sys, {modules}, linli.insight.priorities; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
