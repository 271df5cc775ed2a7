"""When the doors will be done at today's pace, and who is behind."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns.forecast import Day, Pace, forecast, hours_between, moment_after

CITY = ZoneInfo("Asia/Shanghai")
DAY = Day(time(9), time(19))


def test_a_steady_team_finishes_when_its_pace_says() -> None:
    at = forecast(np.array([[10, 10, 5]]), np.array([1, 1, 0.5]), np.array([30]), 4.0)
    assert at.pace.tolist() == [10]
    assert at.hours.tolist() == [3]
    assert at.early[0] < 3 < at.late[0]
    assert at.missing.tolist() == [0]


def test_teams_are_told_apart() -> None:
    counts = np.array([[9, 9, 9], [0, 0, 0], [90, 90, 90], [10, 10, 10], [5, 5, 5]])
    at = forecast(counts, np.ones(3), np.array([0, 40, 90, 38, 90]), 4.0)
    assert at.state.tolist() == [Pace.FINISHED, Pace.NOT_STARTED, Pace.IN_TIME, Pace.IN_DOUBT, Pace.BEHIND]
    # Most missing first: 70 of the one that is slow, 40 of the one that has not begun.
    assert at.behind.tolist() == [4, 1]
    assert at.missing.tolist() == [0, 40, 0, 0, 70]
    assert np.isinf(at.hours[1])
    assert np.isinf(at.late[1])


def test_a_team_that_came_late_is_measured_from_its_first_door() -> None:
    at = forecast(np.array([[0, 0, 8, 8]]), np.ones(4), np.array([16]), 9.0)
    assert at.hours.tolist() == [2]


def test_when_the_time_is_over_who_has_doors_left_is_behind() -> None:
    at = forecast(np.array([[5], [5]]), np.ones(1), np.array([1, 0]), 0.0)
    assert at.state.tolist() == [Pace.BEHIND, Pace.FINISHED]
    assert at.missing.tolist() == [1, 0]


@pytest.mark.parametrize("spread", [1.0, 3.0])
def test_the_interval_holds_the_finish_nine_times_in_ten(spread: float) -> None:
    """Teams whose hours vary by chance, and by three times the variance of chance."""
    rng = np.random.default_rng(11)
    teams, left = 2_000, 120

    def hour(shape: tuple[int, ...]) -> np.ndarray:
        rate = 12.0 if spread == 1 else rng.gamma(12 / (spread - 1), spread - 1, shape)
        return rng.poisson(rate, shape)

    at = forecast(hour((teams, 6)), np.ones(6), np.full(teams, left), 99.0)
    to_come = np.cumsum(hour((teams, 40)), axis=1)
    finish = (to_come >= left).argmax(axis=1) + 0.5
    held = ((at.early - 0.5 <= finish) & (finish <= at.late + 0.5)).mean()
    assert 0.87 < held < 0.96


@pytest.mark.parametrize(
    ("counts", "hours", "left"),
    [([[1, 2]], [1], [3]), ([[1]], [0], [3]), ([[-1]], [1], [3]), ([[1]], [1], [-3]), ([[1]], [1], [3, 4])],
)
def test_columns_that_do_not_fit_are_refused(counts: list[list[int]], hours: list[float], left: list[int]) -> None:
    with pytest.raises(ValueError, match=r"hour|doors"):
        forecast(np.array(counts), np.array(hours, dtype=float), np.array(left), 1.0)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CITY)


def test_nights_do_not_count() -> None:
    assert hours_between(at(26, 14), at(28, 11), DAY) == 5 + 10 + 2
    assert hours_between(at(26, 20), at(27, 8), DAY) == 0
    assert hours_between(at(27, 8), at(26, 8), DAY) == 0
    assert moment_after(at(26, 14), 17, DAY) == at(28, 11)
    assert moment_after(at(26, 14), 5, DAY) == at(26, 19)
    assert moment_after(at(26, 20), 1.5, DAY) == at(27, 10, 30)
    assert moment_after(at(26, 6), 0, DAY) == at(26, 9)
    assert moment_after(at(26, 14), float("inf"), DAY) is None
    with pytest.raises(ValueError, match="closes"):
        Day(time(9), time(9))


@given(st.integers(0, 24 * 60 - 1), st.floats(0.01, 200))
def test_so_many_hours_later_is_so_many_hours_away(minute: int, hours: float) -> None:
    start = at(3, minute // 60, minute % 60)
    end = moment_after(start, hours, DAY)
    assert end is not None
    assert hours_between(start, end, DAY) == pytest.approx(hours, abs=0.01)
