"""Values of groups and of neighbours, column by column."""

import numpy as np

from linli.campaigns.division.columns import Floats, Integers


def nearest(rising: Floats, wanted: Floats) -> Integers:
    """The row of `rising` that is nearest to each wanted value."""
    above = np.searchsorted(rising, wanted).clip(1, len(rising) - 1)
    return above - (wanted - rising[above - 1] <= rising[above] - wanted)


def sums(group: Integers, values: Integers | Floats, count: int) -> Floats:
    """The sum of the values of each group."""
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def means(group: Integers, values: Floats, count: int) -> Floats:
    return sums(group, values, count) / np.maximum(np.bincount(group, minlength=count), 1)
