from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.insight.silence import pile, repeated, silence


def test_a_busy_unit_that_stopped_is_improbable():
    found = silence([3] * 60 + [0] * 5)
    assert (found.days, found.expected) == (5, pytest.approx(15))
    assert found.chance < 1e-5


def test_a_quiet_unit_may_be_quiet():
    found = silence([1, 0, 0, 0, 0, 0, 0] * 10)
    assert (found.days, found.expected) == (6, pytest.approx(10 / 64 * 6))
    assert found.chance > 0.3


def test_nights_with_a_report_short_histories_and_units_that_never_reported_are_no_silence():
    assert silence([]) is None
    assert silence([0] * 90) is None
    assert silence([2] * 90) is None
    assert silence([5] * 27 + [0] * 5) is None


def test_weekends_are_no_silence_where_they_are_always_empty():
    weeks = [6, 6, 6, 6, 6, 0, 0] * 8
    assert silence(weeks).chance < 0.01
    assert silence(weeks, [1.4] * 0 + [1.4, 1.4, 1.4, 1.4, 1.4, 0.01, 0.01] * 8).chance > 0.5


def test_reports_in_bunches_tell_less():
    even, bunched = [2] * 60 + [0] * 6, ([0] * 9 + [20]) * 6 + [0] * 6
    assert silence(bunched).expected == pytest.approx(silence(even).expected)
    assert silence(bunched).chance > 0.3 > silence(even).chance


def test_silence_is_as_rare_as_it_says():
    """Of 4,000 units with the same rate as ever, how many end in a run of zeros that is called 5 % improbable?"""
    rng = np.random.default_rng(3)
    found = [silence(row.tolist()) for row in rng.poisson(rng.uniform(0.1, 3, (4000, 1)), (4000, 90))]
    assert sum(one is not None and one.chance < 0.05 for one in found) / 4000 < 0.055


@given(st.lists(st.integers(0, 4), max_size=80))
def test_chances_are_chances(counts):
    found = silence(counts)
    if found:
        assert 0 <= found.chance <= 1
        assert counts[-found.days :] == [0] * found.days


def test_a_place_that_reports_again_and_again_is_named():
    cases = {f"flat {number}": 1 for number in range(60)} | {"bin store": 9, "gate": 2}
    (only,) = repeated(cases, places=400)
    assert (only.place, only.observed) == ("bin store", 9)
    assert only.expected == pytest.approx(62 / 399)
    assert only.chance < 1e-6


def test_where_places_differ_anyway_more_is_needed():
    rng = np.random.default_rng(6)
    lively = {number: int(count) for number, count in enumerate(rng.negative_binomial(0.2, 0.1, 400)) if count}
    alike = dict.fromkeys(range(200), 2) | dict.fromkeys(range(200, 400), 1)
    assert repeated({**alike, "shop": 12}, places=401)
    assert "shop" not in [one.place for one in repeated({**lively, "shop": 12}, places=401)]


def test_noise_names_no_place():
    rng = np.random.default_rng(9)
    named = sum(
        bool(repeated({place: int(count) for place, count in enumerate(rng.poisson(0.4, 300)) if count}, places=300))
        for _run in range(200)
    )
    assert named <= 5


def test_few_places_and_few_reports_name_none():
    assert repeated({}, places=0) == []
    assert repeated({"a": 50}, places=1) == []
    assert repeated({"a": 2, "b": 1}, places=500) == []
    with pytest.raises(ValueError, match="more places"):
        repeated({"a": 1, "b": 1}, places=1)


def test_a_pile_is_seen_coming():
    """Ten due on day 3, two closed a day: six are done by then, four are late, and two days later none."""
    found = pile([3] * 10, closed=20, days=10)
    assert (found.usual.first_day, found.usual.worst_day, found.usual.most) == (3, 3, 4)
    assert found.slow.most >= found.usual.most


def test_work_that_keeps_pace_makes_no_pile():
    found = pile([2, 4, 6, 8], closed=20, days=10).usual
    assert (found.first_day, found.worst_day, found.most) == (None, None, 0)


def test_what_is_overdue_already_is_no_forecast():
    assert pile([-3, 0, 9], closed=20, days=10).usual.first_day is None
    assert pile([-3, 0, 9], closed=20, days=10).usual.most == 2


def test_where_nothing_is_closed_all_become_overdue():
    found = pile([1, 2, 3], closed=0, days=10)
    assert found.usual == found.slow
    assert (found.usual.first_day, found.usual.worst_day, found.usual.most) == (1, 3, 3)


def test_new_work_counts_once_its_limit_is_reached():
    found = pile([], closed=10, days=10, arriving=Fraction(3), limit=5, horizon=14).usual
    # By day 8 nine have come whose limit is over, and eight were closed.
    assert (found.first_day, found.worst_day, found.most) == (8, 14, 13)


def test_a_pace_needs_days():
    with pytest.raises(ValueError, match="a pace needs days"):
        pile([1], closed=1, days=0)


@given(st.lists(st.integers(-5, 20), max_size=40), st.integers(0, 60), st.integers(1, 30))
def test_a_slower_pace_is_never_better(due, closed, days):
    found = pile(due, closed=closed, days=days)
    assert found.slow.most >= found.usual.most >= sum(left <= 0 for left in due)
    if found.usual.first_day is not None:
        assert found.slow.first_day <= found.usual.first_day <= found.usual.worst_day
