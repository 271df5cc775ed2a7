"""Reads of facilities. They are published, as the territory is: everyone may read them."""

from dataclasses import dataclass
from uuid import UUID

from linli.territory import queries
from linli.territory.models import Facility

MOST = 2000


@dataclass(frozen=True, slots=True)
class Sides:
    """Of a window of the map, in degrees."""

    west: float
    south: float
    east: float
    north: float


def facilities(unit_id: UUID, sides: Sides | None = None) -> list[Facility]:
    """The open ones of a unit, in a window where one is given. One statement. Raises `UnknownUnit`."""
    unit = queries.unit(unit_id)
    found = Facility.objects.filter(closed_at=None)
    if unit.parent_id is not None:
        found = found.filter(unit__path__contains=[unit.id])
    if sides is not None:
        found = found.filter(lon__range=(sides.west, sides.east), lat__range=(sides.south, sides.north))
    return list(found.order_by("kind", "name", "pk")[:MOST])
