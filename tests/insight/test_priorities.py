from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.insight.priorities import HORIZON, Reason, Why, Work, rank


def work(key: str, **changed) -> Work:
    usual = {
        "open": 20,
        "overdue": 10,
        "arrived": 60,
        "closed": 90,
        "days": 30,
        "staff_hours": Fraction(90),
        "people": 5000,
    }
    return Work(key=key, **(usual | changed))


def test_a_pile_that_grows_comes_before_one_that_goes_by_itself():
    first, second = rank([work("going"), work("growing", arrived=120)])
    assert (first.key, second.key) == ("growing", "going")
    # One case an hour; the pile of ten goes by one a day.
    assert (first.gain, second.gain) == (HORIZON, 10)


def test_reasons_carry_the_figures_that_made_the_rank():
    (one,) = rank([work("a")])
    assert one.reasons == (
        Reason(Why.OVERDUE, Fraction(10)),
        Reason(Why.GONE_IN, Fraction(10)),
        Reason(Why.PER_HOUR, Fraction(1)),
        Reason(Why.PER_THOUSAND, Fraction(2)),
    )
    (growing,) = rank([work("b", arrived=105)])
    assert Reason(Why.GROWING, Fraction(1, 2)) in growing.reasons


def test_nothing_overdue_saves_no_late_day_and_says_what_grows():
    first, second = rank([work("fine", overdue=0, arrived=120), work("late", overdue=1)])
    assert (first.key, second.gain) == ("late", 0)
    assert [reason.why for reason in second.reasons] == [Why.NOTHING_OVERDUE, Why.GROWING, Why.PER_HOUR]


def test_an_hour_helps_more_where_work_is_quick():
    first, second = rank([work("slow", staff_hours=Fraction(360)), work("quick")])
    assert first.key == "quick"
    assert first.gain > 2 * second.gain


def test_a_unit_that_closed_one_case_quickly_is_not_believed_at_once():
    _usual, lucky = sorted(
        rank([work("usual"), work("lucky", closed=1, staff_hours=Fraction(1, 10), arrived=1)]), key=str
    )
    (pace,) = [reason.amount for reason in lucky.reasons if reason.why is Why.PER_HOUR]
    assert pace < 2


def test_pace_is_borrowed_where_there_is_none_and_unknown_where_nobody_has_one():
    here = rank([work("known"), work("new", closed=0, arrived=0, staff_hours=Fraction(0))])
    new = next(one for one in here if one.key == "new")
    assert Reason(Why.BORROWED_PACE, Fraction(1)) in new.reasons
    (alone,) = rank([work("new", closed=0, staff_hours=Fraction(0))])
    assert Reason(Why.PACE_UNKNOWN, Fraction(0)) in alone.reasons
    assert alone.gain == 0


def test_alike_help_goes_where_more_is_overdue_per_person():
    first, second, third = rank(
        [work("town", arrived=90), work("village", arrived=90, people=500), work("road", arrived=90, people=None)]
    )
    assert [first.key, second.key, third.key] == ["village", "town", "road"]
    assert Why.PER_THOUSAND not in [reason.why for reason in third.reasons]


def test_nothing_to_rank():
    assert rank([]) == []


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"overdue": 21}, {"closed": -1}, {"staff_hours": Fraction(-1)}, {"people": -1}]
)
def test_figures_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="days are above zero"):
        work("a", **wrong)


counted = st.integers(0, 40)


@given(st.lists(st.tuples(counted, counted, counted, counted, counted), max_size=6))
def test_everybody_is_ranked_once_and_more_overdue_never_ranks_lower(rows):
    works = [
        Work(number, opened + late, late, arrived, closed, 30, Fraction(hours))
        for number, (opened, late, arrived, closed, hours) in enumerate(rows)
    ]
    ranked = rank(works)
    assert sorted(one.key for one in ranked) == list(range(len(works)))
    assert all(before.gain >= after.gain >= 0 for before, after in pairwise(ranked))
    for number, one in enumerate(works):
        later = Work(one.key, one.open + 5, one.overdue + 5, one.arrived, one.closed, one.days, one.staff_hours)
        place = [found.key for found in rank([*works[:number], later, *works[number + 1 :]])].index(number)
        assert place <= [found.key for found in ranked].index(number)
