"""How long it takes to get from one place to another. Pure; a street network that is loaded comes in as another `Travel`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

# A place: longitude and latitude, WGS84.
Place = tuple[float, float]

# Streets are longer than the line through the air: 1.3 is the middle of what is published for cities.
DETOUR = 1.3
# An electric bicycle among people and at crossings; a car among other cars in a city, parking included; somebody on foot.
BIKE_METRES_A_SECOND = 4.2
CAR_METRES_A_SECOND = 6.9
WALK_METRES_A_SECOND = 1.25

METRES_A_DEGREE = 111_195.0


class Mode(StrEnum):
    """How somebody goes. People go by bicycle; a team goes as it is told."""

    WALK = "walk"
    BIKE = "bike"
    CAR = "car"


SPEEDS = {Mode.WALK: WALK_METRES_A_SECOND, Mode.BIKE: BIKE_METRES_A_SECOND, Mode.CAR: CAR_METRES_A_SECOND}


class Measured(StrEnum):
    """What ways were measured by."""

    # Through the air only where no street leads.
    STREETS = "streets"
    AIR = "air"
    # Through the air, because there were more places than the streets can be asked for at once.
    TOO_MANY = "too_many"
    # Differently for different ways of going.
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Matrix:
    """From every place (row) to every place (column), for one way of going, and what it was measured by."""

    metres: NDArray[np.int64]
    seconds: NDArray[np.int64]
    measured: Measured = Measured.AIR


class Travel(Protocol):
    def __call__(self, places: Sequence[Place], mode: Mode = Mode.BIKE, /) -> Matrix: ...


def metres_between(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Through the air, place by place. Within a city the earth is flat enough; each pair is measured at the latitude in its middle."""
    middle = np.radians((some[..., 1] + others[..., 1]) / 2)
    across, along = (some[..., 0] - others[..., 0]) * np.cos(middle), some[..., 1] - others[..., 1]
    # `np.hypot` guards against sizes that degrees never have, and takes three times as long.
    metres: NDArray[np.float64] = np.sqrt(across * across + along * along) * METRES_A_DEGREE
    return metres


def straight(*, detour: float = DETOUR) -> Travel:
    """The line through the air, made longer by `detour`: where no street network is loaded."""

    def travel(places: Sequence[Place], mode: Mode = Mode.BIKE, /) -> Matrix:
        if not places:
            return Matrix(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64))
        at = np.array(places, dtype=float)
        metres = metres_between(at[:, None], at[None]) * detour
        return Matrix(np.rint(metres).astype(np.int64), np.ceil(metres / SPEEDS[mode]).astype(np.int64))

    return travel
