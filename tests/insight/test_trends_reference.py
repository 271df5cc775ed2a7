"""Agreement with R's `surveillance` on the examples of its help pages; numbers by scripts/reference/surveillance.R."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from linli.insight.trends import ears, farrington
from linli.insight.trends.farrington import Quantile, Settings

R = json.loads((Path(__file__).parent / "surveillance.json").read_text())
# R judges 20:208, counted from one.
FIRST = 19
# R sets no least spread; ours must be above zero.
NO_FLOOR = 1e-12


@pytest.mark.parametrize(
    ("name", "judge", "least"),
    [("c1", ears.c1, NO_FLOOR), ("c2", ears.c2, NO_FLOOR), ("c1_floor", ears.c1, 0.5)],
)
def test_bounds_of_c1_and_c2_are_those_of_r(name, judge, least):
    bounds = judge(R["simulated"], settings=ears.Settings(least_spread=least))
    np.testing.assert_allclose(bounds.upper[0, FIRST - bounds.first :], R[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "alpha"), [("c3", 0.025), ("c3_strict", 0.001)])
def test_the_bound_of_c3_is_that_of_r_around_the_mean_in_place_of_the_day_itself(name, alpha):
    """The package's help and its papers say mean + spread x (z - what was carried). Its code (1.20.3) starts from the day's
    own count instead of the mean, so that a day's height takes no part in its own alarm. We follow the papers; put back,
    the difference is all there is. Where either is cut off at zero nothing can be put back."""
    bounds = ears.c3(R["simulated"], settings=ears.Settings(least_spread=NO_FLOOR, alpha=alpha))
    columns = slice(FIRST - bounds.first, None)
    ours, mean, day = (values[0, columns] for values in (bounds.upper, bounds.expected, bounds.observed))
    theirs = np.array(R[name])
    whole = (ours > 0) & (theirs > 0)
    assert whole.mean() > 0.85
    np.testing.assert_allclose((ours - mean + day)[whole], theirs[whole], rtol=0, atol=1e-9)


EXAMPLES = [
    ("old", Settings(alpha=0.1, outlier=1, trend_p=0.05, quantile=Quantile.POWER), 1, 3),
    ("new", Settings(alpha=0.1, quantile=Quantile.POWER), 10, 26),
    ("new_negative_binomial", Settings(alpha=0.1), 10, 26),
    ("new_muan", Settings(alpha=0.1, quantile=Quantile.UNCERTAIN_MEAN), 10, 26),
    ("plain", Settings(alpha=0.025, quantile=Quantile.ROOT, reweight=False), 1, 26),
]


def agona(settings: Settings, seasons: int, left_out: int) -> farrington.Bounds:
    return farrington.yearly(R["agona"], periods=31, settings=settings, years=4, seasons=seasons, left_out=left_out)


@pytest.mark.parametrize(("name", "settings", "seasons", "left_out"), EXAMPLES)
def test_farrington_on_salmonella_agona_is_that_of_r(name, settings, seasons, left_out):
    bounds = agona(replace(settings, errors_as_in_r=True), seasons, left_out)
    expected = R[name]
    assert bounds.judged.all()
    np.testing.assert_allclose(bounds.upper[0], expected["upper"], rtol=1e-5)
    np.testing.assert_allclose(bounds.expected[0], expected["expected"], rtol=2e-6)
    assert (bounds.alarming[0] == np.array(expected["alarm"], bool)).all()
    alarms = bounds.alarming[0]
    np.testing.assert_allclose(bounds.chance[0, alarms], np.array(expected["p"])[alarms], atol=1e-6)


@pytest.mark.parametrize(("name", "settings", "seasons", "left_out"), EXAMPLES)
def test_our_own_standard_errors_change_few_bounds_and_little(name, settings, seasons, left_out):
    """R takes standard errors from another dispersion after reweighting (`Settings.errors_as_in_r`)."""
    bounds = agona(settings, seasons, left_out)
    difference = np.abs(bounds.upper[0] / np.array(R[name]["upper"]) - 1)
    assert np.median(difference) < 0.05
    assert (bounds.alarming[0] == np.array(R[name]["alarm"], bool)).mean() >= 29 / 31
