"""What a look is given."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
# So many days are read: Farrington compares with twelve weeks, the last week left out.
DAYS = 92


@dataclass(frozen=True, eq=False)
class Reports:
    """The reports of one district; parallel arrays.

    `case`: ids. `at`: wall time (datetime64[s]). `place`: index into `places`, -1 without. `spot`: the H3 cell of the address, 0 without.
    `unit`: a column for each of district, subdistrict and community, index into `units`, -1 without. `case_class`: index into `classes`,
    -1 without.
    """

    case: NDArray[Any]
    at: NDArray[np.datetime64]
    place: Ints
    spot: Ints
    unit: Ints
    case_class: Ints
    places: Sequence[Hashable]
    positions: Floats
    """Latitude and longitude of each place."""
    units: Sequence[Hashable]
    classes: Sequence[Hashable]
    addresses: int
    """How many addresses the district has, also those without a report."""

    @property
    def day(self) -> NDArray[np.datetime64]:
        return self.at.astype("M8[D]")


@dataclass(frozen=True)
class Calendar:
    """Days that are unlike their weekday."""

    holidays: Collection[date] = ()
    make_up_days: Collection[date] = ()


@dataclass(frozen=True)
class Load:
    """The open work of one body in the district: `due_in` are the working days left of each case, `done` was reported back in the last
    `days` working days, in which `came` new cases came; `limit` is the usual limit in working days."""

    body: Hashable
    cases: Sequence[Hashable]
    due_in: Sequence[int]
    done: int
    came: int
    days: int
    limit: int | None
