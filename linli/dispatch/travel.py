"""How long it takes to get from one place to another. Pure; a street network that is loaded comes in as another `Travel`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A place: longitude and latitude, WGS84.
Place = tuple[float, float]

# Streets are longer than the line through the air: 1.3 is the middle of what is published for cities.
DETOUR = 1.3
# An electric bicycle among people and at crossings, and somebody on foot.
BIKE_METRES_A_SECOND = 4.2
WALK_METRES_A_SECOND = 1.25

_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Matrix:
    """From every place (row) to every place (column)."""

    metres: NDArray[np.int64]
    seconds: NDArray[np.int64]


Travel = Callable[[Sequence[Place]], Matrix]


def straight(*, speed: float = BIKE_METRES_A_SECOND, detour: float = DETOUR) -> Travel:
    """The line through the air, made longer by `detour`: where no street network is loaded."""

    def travel(places: Sequence[Place]) -> Matrix:
        if not places:
            return Matrix(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64))
        lon, lat = np.array(places, dtype=float).T
        # Within a city the earth is flat enough; each pair is measured at the latitude in its middle.
        across = (lon[:, None] - lon) * np.cos(np.radians((lat[:, None] + lat) / 2))
        metres = np.hypot(across, lat[:, None] - lat) * _METRES_A_DEGREE * detour
        return Matrix(np.rint(metres).astype(np.int64), np.ceil(metres / speed).astype(np.int64))

    return travel
