"""Campaigns lived through: what must hold in any of them, and the two surges that are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.campaigns.simulation import SCENARIOS, Assumptions, Course, Scenario, fewest_helpers, simulate, what_would

SMALL = Scenario(name="small", known="", households=400, quarters=2, helpers=40, days=2, begins=8, arrive_hours=1.0)
EASY = replace(
    SMALL, assumptions=Assumptions(away=0.0, refuses=0.0, called_home=1.0, falls_ill_a_day=0.0, team_out_a_day=0.0)
)


def with_(scenario: Scenario, **assumptions: Any) -> Scenario:
    return replace(scenario, assumptions=replace(scenario.assumptions, **assumptions))


def columns(course: Course) -> list[list[int]]:
    names = ("hour", "reached", "to_repeat", "refused", "not_reached", "handed_over", "known")
    return [getattr(course, name).tolist() for name in names]


def assert_counted(course: Course) -> None:
    """Every household is one thing at each hour, what is done stays done, and the server knows no more than was done."""
    everybody = course.reached + course.to_repeat + course.refused + course.not_reached
    assert (everybody == course.scenario.households).all()
    for rising in (course.reached, course.refused, course.handed_over, course.known, -course.not_reached):
        assert (np.diff(rising) >= 0).all()
    assert (course.known <= course.reached).all()
    assert (course.handed_over <= course.to_repeat).all()


@settings(max_examples=25, deadline=None)
@given(
    st.builds(
        Scenario,
        name=st.just("any"),
        known=st.just(""),
        households=st.integers(20, 400),
        quarters=st.integers(1, 5),
        helpers=st.integers(4, 60),
        days=st.integers(1, 3),
        begins=st.integers(0, 23),
        arrive_hours=st.floats(0, 6),
        assumptions=st.builds(
            Assumptions,
            away=st.floats(0, 0.5),
            refuses=st.floats(0, 0.5),
            called_home=st.floats(0, 1),
            attempts=st.integers(1, 4),
            falls_ill_a_day=st.floats(0, 1),
            team_out_a_day=st.floats(0, 1),
            silent=st.floats(0, 1),
            people_at_a_door=st.integers(1, 2),
        ),
    ),
    st.integers(0, 3),
)
def test_every_household_is_counted_whatever_happens(scenario: Scenario, seed: int) -> None:
    assert_counted(simulate(scenario, seed))


def test_the_same_seed_lives_the_same_days() -> None:
    assert columns(simulate(SMALL, 5)) == columns(simulate(SMALL, 5))
    assert columns(simulate(SMALL, 5)) != columns(simulate(SMALL, 6))


def test_where_all_are_at_home_and_answer_all_are_reached_with_one_visit_each() -> None:
    easy = with_(EASY, absent=(0.0,) * 24)
    course = simulate(easy)
    assert course.share == 1.0
    assert course.visits == 400
    assert course.settled_after is not None
    assert course.settled_after < 12
    assert course.hours_until(1.0) == course.settled_after


def test_nobody_rings_at_night() -> None:
    course = simulate(SMALL)
    clock = (SMALL.begins + course.hour[1:] - 1) % 24
    moved = np.diff(course.reached + course.refused + course.to_repeat) > 0
    assert moved.any()
    assert all(9 <= hour < 21 and hour not in (12, 18) for hour in clock[moved].tolist())


def test_who_is_never_there_is_tried_as_often_as_is_said_and_handed_over() -> None:
    course = simulate(with_(EASY, away=1.0, attempts=3))
    assert course.share == 0.0
    assert course.visits == 3 * 400
    assert course.handed_over[-1] == course.to_repeat[-1] == 400
    assert course.settled_after is not None


def test_who_refuses_is_asked_once() -> None:
    course = simulate(with_(EASY, refuses=1.0, absent=(0.0,) * 24))
    assert (course.visits, course.refused[-1]) == (400, 400)


def test_phones_without_network_are_known_in_the_evening() -> None:
    course = simulate(with_(EASY, silent=1.0, absent=(0.0,) * 24))
    in_the_evening = 21 - EASY.begins
    assert course.reached[in_the_evening - 2] == 400
    assert course.known[in_the_evening - 2] == 0
    assert course.known[in_the_evening - 1] == 400


def test_teams_that_fall_out_are_replaced_by_their_neighbours() -> None:
    course = simulate(with_(EASY, team_out_a_day=0.5, absent=(0.0,) * 24, door_minutes=12.0))
    assert 0 < course.teams_lost < 4
    assert course.floors_moved > 0
    assert course.share == 1.0


def test_where_the_last_team_falls_out_the_rest_is_not_reached() -> None:
    alone = replace(EASY, helpers=9, households=900)
    course = simulate(with_(alone, team_out_a_day=1.0))
    assert course.teams_lost == 1
    assert course.not_reached[-1] > 0
    assert course.settled_after is None


def test_fewer_people_need_longer_and_the_fewest_that_suffice_are_found() -> None:
    easy = with_(EASY, door_minutes=10.0)
    half = replace(easy, helpers=20)
    assert (simulate(half).hours_until(0.5) or 99) > (simulate(easy).hours_until(0.5) or 99)
    fewest = fewest_helpers(easy, 0.99)
    assert fewest is not None
    assert simulate(replace(easy, helpers=fewest)).share >= 0.99
    assert simulate(replace(easy, helpers=fewest - 8)).share < 0.99
    # Who is away is met by no number of helpers.
    assert fewest_helpers(with_(SMALL, away=0.3), 0.8) is None


def test_one_thing_is_changed_at_a_time() -> None:
    courses = what_would(SMALL)
    shares = {name: course.share for name, course in courses.items()}
    assert shares["a_single_attempt"] < shares["as_assumed"] < shares["nobody_away"]
    assert courses["one_day_more"].hour[-1] == 72


def test_assumptions_are_stated_with_their_reasons() -> None:
    stated = list(Assumptions().stated())
    assert ("attempts", 4, "Then a notice stays and the household is handed over.") in stated
    assert all(why.endswith(".") for _, _, why in stated)


@pytest.mark.parametrize(
    "assumptions",
    [{"away": 1.5}, {"away": 0.6, "refuses": 0.6}, {"absent": (0.1,) * 23}, {"door_minutes": 0}, {"attempts": 0},
     {"team": 0}, {"hours": ()}, {"silent": -0.1}, {"door_minutes": float("nan")}, {"network_minutes": float("nan")}],
)  # fmt: skip
def test_assumptions_without_sense_are_refused(assumptions: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"[Aa]t least|lie between|more than no time"):
        Assumptions(**assumptions)


@pytest.mark.parametrize("surge", [{"households": 0}, {"households": 3, "quarters": 4}, {"days": 0}, {"helpers": 1}])
def test_surges_without_sense_are_refused(surge: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"has households|Too few"):
        replace(SMALL, **surge)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_known_surges_fit_into_their_time(name: str) -> None:
    """Somebody was at every door, all were reached who can be, and all but one in a thousand of the rest handed over."""
    surge = SCENARIOS[name]
    course = simulate(surge)
    assert_counted(course)
    assert course.visited_after is not None
    can_be_reached = 1 - surge.assumptions.away - surge.assumptions.refuses
    assert course.share == pytest.approx(can_be_reached, abs=0.005)
    assert course.to_repeat[-1] - course.handed_over[-1] <= 0.001 * surge.households
