"""A rate carries its denominator: it is exact, says both numbers, and of nobody there is none."""

from fractions import Fraction

import pytest

from linli.campaigns.rules import rate


@pytest.mark.parametrize(
    ("count", "of", "said"),
    [
        (166, 21_000_000, "0.79 (166 / 21,000,000)"),
        (0, 21_000_000, "0.00 (0 / 21,000,000)"),
        (1, 1, "100,000.00 (1 / 1)"),
        (2, 3, "66,666.67 (2 / 3)"),
        # In the middle: 0.125 in 100,000.
        (1, 800_000, "0.12 (1 / 800,000)"),
        (3, 800_000, "0.38 (3 / 800,000)"),
    ],
)
def test_a_rate_is_said_with_both_its_numbers(count: int, of: int, said: str) -> None:
    found = rate(count, of)
    assert found is not None
    assert str(found) == said
    assert found.per_100_000 * of == Fraction(count * 100_000)


@pytest.mark.parametrize("count", [0, 1])
def test_of_nobody_there_is_no_rate(count: int) -> None:
    assert rate(count, 0) is None
