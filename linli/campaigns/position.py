"""Whether a visit's phone was near the building. Pure.

A visit that was made from far away is kept and counts all the same: a building may stand wrongly on the map, and a position may be read in
a stairwell without sky. It is shown to the team's lead, who knows the place.
"""

from dataclasses import dataclass

from linli.territory.rules import metres_between

# Further than this beyond what the phone itself says that it may be wrong by: a large courtyard, and a register's point at its gate.
FAR_METRES = 150.0
# A position that is less exact than this says nothing, and asks nothing of anybody.
VAGUE_METRES = 1_000.0


@dataclass(frozen=True, slots=True)
class Position:
    """Where the phone was (WGS84), and within how many metres that is right."""

    lon: float
    lat: float
    accuracy: float

    @property
    def is_possible(self) -> bool:
        return abs(self.lon) <= 180 and abs(self.lat) <= 90 and 0 <= self.accuracy < 1e8


def metres_off(at: Position | None, lon: float | None, lat: float | None) -> int | None:
    """How far the phone was from the building, where that is too far; otherwise None."""
    if at is None or lon is None or lat is None or at.accuracy > VAGUE_METRES:
        return None
    metres = float(metres_between(at.lon, at.lat, lon, lat))
    return round(metres) if metres > FAR_METRES + at.accuracy else None
