"""Circles around every place: which places each holds, in order of distance."""

# Compiled for whatever types they are called with.
# mypy: allow-untyped-defs

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linli.insight.scan.data import Floats, Places

# Places whose distances differ by less are equally far (a tenth of a millimetre, in km): a circle holds both or neither.
SAME_KM = 1e-7


@dataclass(frozen=True)
class Circles:
    """Rows of members behind one another: centre i has `members[starts[i]:starts[i + 1]]`, nearest first.

    `closes[k]`: whether a circle may end with member k; it may not between two places that are equally far,
    nor before it holds enough.
    """

    starts: NDArray[np.int64]
    members: NDArray[np.int32]
    closes: NDArray[np.bool_]


def circles_around(
    places: Places, mass: Floats, max_mass: float, max_radius_km: float | None, min_mass: float = 0.0
) -> Circles:
    """Around every place, of places that have `mass` (cases expected), as far as radius and mass allow."""
    counted = np.flatnonzero(mass > 0).astype(np.int32)
    reach = np.inf if max_radius_km is None else places.chord(max_radius_km)
    points = places.points
    starts, rows, closing = [0], [], []
    for centre in range(len(points)):
        members, closes = _row(
            points, points[centre], counted, mass, min_mass * (1 - 1e-12), max_mass * (1 + 1e-12), reach
        )
        rows.append(members)
        closing.append(closes)
        starts.append(starts[-1] + len(members))
    return Circles(np.array(starts), np.concatenate(rows), np.concatenate(closing))


@njit(cache=True, nogil=True)
def _row(points, centre, counted, mass, min_mass, max_mass, reach):
    near = np.empty(len(counted), np.int32)
    distance = np.empty(len(counted))
    found = 0
    for place in counted:
        away = np.sqrt(
            (points[place, 0] - centre[0]) ** 2
            + (points[place, 1] - centre[1]) ** 2
            + (points[place, 2] - centre[2]) ** 2
        )
        if away <= reach + SAME_KM:
            near[found] = place
            distance[found] = away
            found += 1
    order = np.argsort(distance[:found])
    near = near[:found][order]
    distance = distance[:found][order]
    closes = np.ones(found, np.bool_)
    held = 0.0
    fits = 0
    for k in range(found):
        held += mass[near[k]]
        if held > max_mass:
            break
        closes[k] = held >= min_mass and (k + 1 == found or distance[k + 1] - distance[k] > SAME_KM)
        if closes[k]:
            fits = k + 1
    return near[:fits].copy(), closes[:fits].copy()
