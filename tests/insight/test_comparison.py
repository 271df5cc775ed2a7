from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from linli.insight.comparison import Counted, Spell, Standing, before_after, compare, exact_limits, rate_per_thousand


def test_rates_are_exact():
    assert rate_per_thousand(1, 3) == Fraction(1000, 3)
    assert rate_per_thousand(5, 0) is None


def test_limits_of_a_count_are_those_of_the_tables():
    """Garwood 1936, table 1: five cases, 1.623 to 11.668; none, 0 to 3.689."""
    five, none = exact_limits(5), exact_limits(0)
    assert (five.low, five.high) == (pytest.approx(1.623, abs=5e-4), pytest.approx(11.668, abs=5e-4))
    assert (none.low, none.high) == (0, pytest.approx(3.689, abs=5e-4))


def test_limits_are_byars_from_ten_on_nearly():
    """The guidance takes Byar's approximation from ten cases on and says that it is within 0.2 % there."""
    for cases in (10, 30, 200):
        root = np.sqrt(cases + 1)
        byar = (cases + 1) * (1 - 1 / (9 * (cases + 1)) + 1.959964 / (3 * root)) ** 3
        assert exact_limits(cases).high == pytest.approx(byar, rel=0.002)


def test_a_unit_without_people_is_said_to_have_none_and_changes_no_other():
    units = [Counted("a", 10, 1000), Counted("b", 30, 2000), Counted("c", 21, 1500)]
    park = compare([*units, Counted("park", 40, 0)])[-1]
    assert (park.standing, park.cases, park.rate, park.shrunk, park.interval) == (
        Standing.NO_PEOPLE,
        40,
        None,
        None,
        None,
    )
    assert compare([*units, Counted("park", 40, 0)])[:3] == compare(units)


def test_one_unit_alone_is_not_compared():
    (only,) = compare([Counted("a", 10, 1000)])
    assert (only.standing, only.funnel, only.rate) == (Standing.ALONE, None, 10)
    assert compare([]) == []


def test_a_small_unit_is_not_shamed_by_chance_and_a_large_one_is_named():
    others = [Counted(number, 100 + number, 10_000) for number in range(12)]
    small, large = Counted("small", 2, 100), Counted("large", 200, 10_000)
    found = {one.key: one for one in compare([*others, small, large])}
    # Both have twice the rate of the others.
    assert found["small"].rate == found["large"].rate == 20
    assert found["small"].standing is Standing.USUAL
    assert found["large"].standing is Standing.VERY_HIGH
    assert found["small"].shrunk < 13 < 17 < found["large"].shrunk


def test_one_of_few_units_does_not_hide_itself():
    """Without drawing it in, one of eight could lie at most the root of eight, 2.8 times the spread, away: never beyond 998 of 1,000."""
    units = [Counted(number, 100 + number, 10_000) for number in range(7)]
    *others, twice = compare([*units, Counted("twice", 200, 10_000)])
    assert twice.standing is Standing.VERY_HIGH
    assert {one.standing for one in others} <= {Standing.USUAL, Standing.LOW}


def test_the_usual_cases_are_the_last_that_are_not_looked_at():
    units = [Counted(number, 40, 2000 + number) for number in range(7)]
    fewest, most = compare([*units, Counted("a", 40, 2000)])[-1].usual
    for cases, standing in ((fewest, Standing.USUAL), (most, Standing.USUAL)):
        assert compare([*units, Counted("a", cases, 2000)])[-1].standing is standing
    assert compare([*units, Counted("a", fewest - 3, 2000)])[-1].standing is Standing.LOW
    assert compare([*units, Counted("a", most + 3, 2000)])[-1].standing is Standing.HIGH


def test_no_case_anywhere_is_usual():
    assert {one.standing for one in compare([Counted(number, 0, 500) for number in range(5)])} == {Standing.USUAL}


def test_of_units_that_are_alike_few_are_named():
    """500 units of one rate: beyond the outer limits one in 500 would be, on average."""
    rng = np.random.default_rng(11)
    people = rng.integers(50, 20_000, 500)
    units = [Counted(number, int(rng.poisson(0.01 * size)), int(size)) for number, size in enumerate(people)]
    standings = [one.standing for one in compare(units)]
    assert sum(one in {Standing.VERY_HIGH, Standing.VERY_LOW} for one in standings) <= 4
    assert sum(one is Standing.USUAL for one in standings) > 450


def test_shrunk_rates_are_nearer_the_truth_than_raw_ones():
    rng = np.random.default_rng(12)
    truth = rng.gamma(8, 0.01 / 8, 300)
    people = rng.integers(50, 3000, 300)
    found = compare([Counted(n, int(rng.poisson(truth[n] * people[n])), int(people[n])) for n in range(300)])
    raw = np.array([float(one.rate) for one in found]) - 1000 * truth
    shrunk = np.array([one.shrunk for one in found]) - 1000 * truth
    assert (shrunk**2).mean() < 0.5 * (raw**2).mean()


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 10_000)), max_size=12))
def test_every_unit_gets_a_whole_answer(counted):
    units = [Counted(number, *pair) for number, pair in enumerate(counted)]
    found = compare(units)
    assert [one.key for one in found] == list(range(len(units)))
    peopled = [one for one in found if one.people]
    total = Fraction(sum(1000 * one.cases for one in peopled), sum(one.people for one in peopled)) if peopled else 0
    for one in peopled:
        assert one.interval.low <= one.rate <= one.interval.high
        low, high = sorted((float(one.rate), float(total)))
        assert low - 1e-6 * (1 + low) <= one.shrunk <= high + 1e-6 * (1 + high)


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="never below zero"):
        Counted("a", 1, -5)


def test_before_and_after_against_the_surroundings():
    """The example of Wilson 2021 as discussed in public: 50 to 30 here, 60 to 55 around; logarithm of the ratio -0.424."""
    effect = before_after(Spell([50]), Spell([30]), Spell([60]), Spell([55]))
    assert (effect.area, effect.surroundings) == (Fraction(3, 5), Fraction(11, 12))
    assert np.log(effect.ratio) == pytest.approx(-0.424, abs=0.01)
    error = np.sqrt(1 / 50.5 + 1 / 30.5 + 1 / 60.5 + 1 / 55.5)
    assert np.log(effect.interval.high / effect.interval.low) / 2 == pytest.approx(1.959964 * error)
    assert not effect.clear
    assert effect.avoided == pytest.approx(15.6, abs=0.7)


def test_spells_of_unlike_length_are_compared_by_the_week():
    effect = before_after(Spell([100] * 10), Spell([50] * 5), Spell([200] * 10), Spell([200] * 5))
    assert effect.area == Fraction(1, 2)
    assert effect.ratio == pytest.approx(0.5, rel=0.01)
    assert effect.clear
    assert effect.avoided == pytest.approx(250, rel=0.01)


def test_nothing_to_compare_is_answered_without_a_number():
    for spells in (([], [5], [5], [5]), ([0], [0], [5], [5]), ([5], [5], [0], [0]), ([5], [5], [5], [])):
        effect = before_after(*map(Spell, spells))
        assert effect.ratio is None
        assert not effect.clear


def test_an_area_that_came_down_to_nothing_has_an_interval():
    effect = before_after(Spell([5] * 8), Spell([0] * 8), Spell([20] * 8), Spell([20] * 8))
    assert effect.area == 0
    assert 0 < effect.interval.low < effect.ratio < effect.interval.high < 0.3
    assert effect.avoided == pytest.approx(40, rel=0.05)


@pytest.mark.parametrize("wider", [1.0, 3.0])
def test_where_nothing_changed_nineteen_of_twenty_intervals_say_so(wider):
    rng = np.random.default_rng(13)

    def spell(mean: float) -> Spell:
        if wider == 1:
            return Spell(rng.poisson(mean, 12).tolist())
        return Spell(stats.nbinom.rvs(mean / (wider - 1), 1 / wider, size=12, random_state=rng).tolist())

    clear = [before_after(spell(6), spell(9), spell(20), spell(30)).clear for _run in range(600)]
    assert sum(clear) / 600 < 0.075
