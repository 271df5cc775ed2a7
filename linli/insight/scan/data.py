"""What a scan is given and what it finds."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Dates = NDArray[np.datetime64]
Unit = Literal["day", "week", "month", "year"]
Model = Literal["poisson", "permutation"]
Analysis = Literal["retrospective", "prospective"]

# As SaTScan has it, so that the same places lie within the same radius.
EARTH_KM = 6367.0


class Unscannable(ValueError):
    """The data or the settings allow no scan. The message says what is wrong and what to do."""


@dataclass(frozen=True)
class Places:
    """Locations, each once.

    `positions`: shape (places, 2); latitude and longitude in degrees, or with `geographic=False` x and y in kilometres.
    """

    ids: tuple[str, ...]
    positions: Floats
    geographic: bool = True

    @cached_property
    def points(self) -> Floats:
        """Shape (places, 3): where straight lines order as distances over the ground do, in kilometres."""
        if not self.geographic:
            return np.column_stack([self.positions, np.zeros(len(self.ids))])
        latitude, longitude = np.radians(self.positions).T
        flat = np.cos(latitude)
        return EARTH_KM * np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])

    def chord(self, ground_km: float) -> float:
        """The straight line between points so far apart over the ground."""
        if not self.geographic:
            return ground_km
        return float(2 * EARTH_KM * np.sin(min(ground_km / (2 * EARTH_KM), np.pi / 2)))

    def ground(self, chord_km: float) -> float:
        """The other way round."""
        if not self.geographic:
            return chord_km
        return float(2 * EARTH_KM * np.arcsin(min(chord_km / (2 * EARTH_KM), 1.0)))


@dataclass(frozen=True)
class Cases:
    """Cases by place and day; parallel arrays of one length, an entry may stand for several cases.

    `place`: index into `places`. `day`: datetime64[D]. `number`: cases, 1 or more. `stratum`: index of the group of people (age and
    sex, say) whose own rate is expected; 0 where there are no groups.
    """

    places: Places
    place: Ints
    day: Dates
    number: Ints
    stratum: Ints

    @classmethod
    def one_each(cls, places: Places, place: Ints, day: Dates) -> "Cases":
        """Each entry is one case, and nobody belongs to a group."""
        return cls(places, place, day, np.ones(len(place), np.int64), np.zeros(len(place), np.int64))


@dataclass(frozen=True)
class Population:
    """People by place and day of the count; parallel arrays of one length. Between counts it changes linearly; before the first and
    after the last it stays.

    `place`, `stratum`: as in `Cases`. `day`: datetime64[D], at whose first moment so many lived there. `people`: 0 or more.
    """

    place: Ints
    day: Dates
    people: Floats
    stratum: Ints


@dataclass(frozen=True)
class Settings:
    """How to scan. The defaults are SaTScan's.

    `unit`: what windows are made of. `max_share`: of what is at risk (cases expected over the whole period) that a circle may hold,
    `min_share` that it has to. `max_radius_km`: of a circle; in the unit of the positions where they are not geographic.
    `max_days`: of a window; half the period where it is not said. `min_cases`: in a cluster.
    """

    model: Model
    analysis: Analysis
    first: date
    last: date
    unit: Unit = "day"
    max_share: float = 0.5
    max_radius_km: float | None = None
    max_days: int | None = None
    replicates: int = 999
    seed: int = 1
    min_cases: int = 2
    min_share: float = 0.0


@dataclass(frozen=True)
class Cluster:
    """More cases in a circle and a span of time than expected.

    `llr`: log likelihood ratio. `p`: share of replicates, this data among them, whose best cluster is as surprising or more.
    `locations`: by distance from the first, which is the centre. `recurrence_days`: how often chance alone shows something like
    it when scanned once per unit of time; only of prospective scans.
    """

    llr: float
    p: float
    locations: tuple[str, ...]
    radius_km: float
    first: date
    last: date
    observed: int
    expected: float
    recurrence_days: float | None = None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "llr": self.llr,
            "p": self.p,
            "locations": list(self.locations),
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "observed": self.observed,
            "expected": self.expected,
            "radius_km": self.radius_km,
        }
        if self.recurrence_days is not None:
            found["recurrence_days"] = self.recurrence_days
        return found
