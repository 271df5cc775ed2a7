"""Reads of facilities. They are published, as the territory is: everyone may read them."""

from dataclasses import dataclass
from math import cos, radians
from uuid import UUID

import numpy as np

from linli.territory import queries
from linli.territory.facilities import circle
from linli.territory.facilities.circle import Reach
from linli.territory.models import Facility
from linli.territory.rules import METRES_PER_DEGREE

MOST = 2000


@dataclass(frozen=True, slots=True)
class Sides:
    """Of a window of the map, in degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Near:
    """A kind of services around a place: the nearest ones with metres of walking, and what else is to be said of the kind."""

    reach: Reach
    nearest: list[tuple[Facility, float]]


def life_circle(lon: float, lat: float) -> list[Near]:
    """What lies around a place, kind by kind, up to half an hour's walk. Two statements; the place is kept nowhere."""
    north = circle.HALF_AN_HOUR / circle.DETOUR / METRES_PER_DEGREE
    east = north / cos(radians(lat))
    window = {"lon__range": (lon - east, lon + east), "lat__range": (lat - north, lat + north)}
    rows = list(Facility.objects.filter(closed_at=None, **window).values_list("pk", "kind", "lon", "lat"))
    ids, kinds, lons, lats = zip(*rows, strict=True) if rows else ((), (), (), ())
    metres = circle.walking_metres(lon, lat, np.array(lons, dtype=float), np.array(lats, dtype=float))
    close = np.flatnonzero(metres <= circle.HALF_AN_HOUR)
    found = circle.circle([kinds[position] for position in close], metres[close])
    at = [ids[position] for position in close]
    places = Facility.objects.in_bulk([at[position] for reach in found for position, _metres in reach.nearest])
    return [Near(reach, [(places[at[position]], far) for position, far in reach.nearest]) for reach in found]


def facilities(unit_id: UUID, sides: Sides | None = None) -> list[Facility]:
    """The open ones of a unit, in a window where one is given. One statement. Raises `UnknownUnit`."""
    unit = queries.unit(unit_id)
    found = Facility.objects.filter(closed_at=None)
    if unit.parent_id is not None:
        found = found.filter(unit__path__contains=[unit.id])
    if sides is not None:
        found = found.filter(lon__range=(sides.west, sides.east), lat__range=(sides.south, sides.north))
    return list(found.order_by("kind", "name", "pk")[:MOST])
