"""What is divided and what comes of it, as columns. Places are WGS84 degrees, times minutes, ways metres."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
# A team that belongs to no community but to its whole area; a floor that belongs to no team.
WHOLE_AREA = NOBODY = -1


class NotDivisible(ValueError):
    """Columns that cannot be divided; `code` for programs, the text for people who read logs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Fate(IntEnum):
    """What became of a team in a division."""

    HAS_SHARE = 0
    NO_MEMBERS = 1
    NO_HOURS = 2
    NO_PACE = 3
    # Its area has no doors, or is none of the areas to be divided.
    NO_DOORS_NEAR = 4
    # More teams than floors: everything was given to others.
    NOTHING_LEFT = 5


@dataclass(frozen=True, slots=True)
class Rules:
    """What a visit costs. Differences between teams are in their `pace`: with one price list the cuts are exact."""

    door_minutes: float = 5.0
    # Two where nobody may stand before a door alone: then a team of five works as two.
    people_at_a_door: int = 1
    metres_a_minute: float = 70.0
    # To the next floor, by stairs or by the lift that a building has from `lift_from` floors on (GB 50096: seven).
    stairs_minutes: float = 0.5
    lift_minutes: float = 0.25
    lift_from: int = 7

    def __post_init__(self) -> None:
        if not (self.door_minutes > 0 and np.isfinite(self.door_minutes)):
            raise NotDivisible("no_minutes", "A door takes more than no minutes: loads would all be the same.")
        if not self.metres_a_minute > 0:
            raise NotDivisible("no_speed", "People walk more than no metres a minute.")
        if self.people_at_a_door < 1 or not (self.stairs_minutes >= 0 and self.lift_minutes >= 0):
            raise NotDivisible("wrong_rules", "At least one person stands at a door; no floor takes less than no time.")


@dataclass(frozen=True, slots=True)
class Buildings:
    """One row each; other columns name a building by its row. A place that nobody knows is NaN."""

    community: Integers
    area: Integers
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class Floors:
    """How many doors are on which floor of which entrance."""

    home: Integers
    entrance: Integers
    floor: Integers
    doors: Integers


@dataclass(frozen=True, slots=True)
class Teams:
    """One row each. `community` may be WHOLE_AREA; a start that nobody knows is NaN; `pace` 1 is that of the rules."""

    community: Integers
    area: Integers
    lon: Floats
    lat: Floats
    members: Integers
    minutes_a_day: Floats
    pace: Floats


@dataclass(frozen=True, slots=True)
class Shares:
    """Floors from–to of an entrance, for a team. `order` is the place of the stairwell in the walk through all: sorted by
    it, and from the top floor down, the shares of a team are its way, and those before and after it its neighbours.
    """

    team: Integers
    home: Integers
    entrance: Integers
    floor_from: Integers
    floor_to: Integers
    order: Integers
    doors: Integers
    minutes: Floats


@dataclass(frozen=True, slots=True)
class Plans:
    """One row for each team. `metres` leads through its buildings, `approach` from where it starts to its first door."""

    fate: NDArray[np.int8]
    community: Integers
    doors: Integers
    minutes: Floats
    metres: Floats
    approach: Floats
    days: Floats


@dataclass(frozen=True, slots=True)
class Division:
    """`helped`: a community without a team, and the one whose teams take it along. `uncovered`: communities of areas
    without a team, with their doors. `unplaced`: buildings without a place, walked to as if in their community's middle.
    """

    shares: Shares
    plans: Plans
    helped: dict[int, int]
    uncovered: dict[int, int]
    unplaced: Integers


@dataclass(frozen=True, slots=True)
class Line:
    """Floors in the order in which they are walked. `metres` from the building before, at the first floor of each."""

    field: Integers
    home: Integers
    entrance: Integers
    floor: Integers
    order: Integers
    doors: Integers
    metres: Floats
    minutes: Floats
