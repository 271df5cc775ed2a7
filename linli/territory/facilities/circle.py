"""The life circle (便民生活圈): which kinds of services lie within five and fifteen minutes' walk of a place, and which are missing. Pure.

What belongs into which circle is this program's choice after the idea of GB 50180-2018, whose tables were not read: within five
minutes the community's station, a place for sport, a kindergarten, day care for elders, a public toilet; within fifteen clinic, school,
library, park, bus stop, market, canteen and pharmacy. Market and pharmacy are named by the Ministry of Commerce's guide to the
quarter-of-an-hour circle (《城市一刻钟便民生活圈建设指南》, July 2021), which was read in part. How far one walks is taken from
memory of the same standard: 300 m and 1,000 m. Read to confirm it: ten minutes are about 500 m (Encyclopedia of China,
十分钟生活圈居住区), and fifteen a radius of 1 km in planners' use (Urban Planning International 2022/5); nothing was found for 300 m.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linli.territory.models import FacilityKind
from linli.territory.rules import METRES_PER_DEGREE

# Metres of walking.
FIVE, FIFTEEN, HALF_AN_HOUR = 300.0, 1000.0, 2000.0
# A way along streets is longer than a straight line: about 1.2 to 1.4 times in a town.
DETOUR = 1.3
METRES_A_MINUTE = FIFTEEN / 15
NAMED = 3

WITHIN_FIVE = (
    FacilityKind.SERVICE_CENTRE, FacilityKind.KINDERGARTEN, FacilityKind.ELDER_CARE, FacilityKind.SPORTS, FacilityKind.TOILET,
)  # fmt: skip
WITHIN_FIFTEEN = (
    FacilityKind.MARKET, FacilityKind.CANTEEN, FacilityKind.PHARMACY, FacilityKind.CLINIC, FacilityKind.SCHOOL, FacilityKind.LIBRARY,
    FacilityKind.PARK, FacilityKind.BUS_STOP,
)  # fmt: skip
# What no circle asks for here, and people look for.
BESIDE = tuple(kind for kind in FacilityKind if kind not in {*WITHIN_FIVE, *WITHIN_FIFTEEN})


@dataclass(frozen=True, slots=True)
class Reach:
    """A kind of services around a place: the nearest ones (their positions among what was given) with metres of walking."""

    kind: FacilityKind
    nearest: tuple[tuple[int, float], ...]
    in_five: int
    in_fifteen: int

    @property
    def belongs_within(self) -> float | None:
        """Metres of walking within which one of this kind belongs; None where no circle asks for it."""
        return FIVE if self.kind in WITHIN_FIVE else FIFTEEN if self.kind in WITHIN_FIFTEEN else None

    @property
    def missing(self) -> bool:
        """Whether a circle asks for it and has none."""
        within = self.belongs_within
        return within is not None and not (self.nearest and self.nearest[0][1] <= within)


def walking_metres(lon: float, lat: float, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far one walks from a place to others, in metres: the straight line, and what streets add to it."""
    east = (lons - lon) * np.cos(np.radians(lat))
    return np.hypot(east, lats - lat) * METRES_PER_DEGREE * DETOUR


def minutes(metres: float) -> int:
    """Minutes of walking, begun ones counted whole."""
    return max(1, int(-(-metres // METRES_A_MINUTE)))


def circle(kinds: Sequence[str], metres: NDArray[np.float64]) -> list[Reach]:
    """Every kind, in the order of the circles, from services of these kinds at these distances."""
    found = np.asarray(kinds, dtype=object)
    return [
        _reach(kind, np.flatnonzero(found == kind.value), metres) for kind in (*WITHIN_FIVE, *WITHIN_FIFTEEN, *BESIDE)
    ]


def _reach(kind: FacilityKind, at: NDArray[np.int64], metres: NDArray[np.float64]) -> Reach:
    own = metres[at]
    nearest = at[np.argsort(own, kind="stable")[:NAMED]]
    return Reach(
        kind,
        tuple((int(position), float(metres[position])) for position in nearest),
        int((own <= FIVE).sum()),
        int((own <= FIFTEEN).sum()),
    )
