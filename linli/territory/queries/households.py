"""Buildings and their doors; a door is shown to whom row security shows it."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from linli.foundation import bulk
from linli.foundation.statement import numbered, prepared
from linli.territory.index import UnitInfo
from linli.territory.models import Household, Level, Unit, door_label
from linli.territory.queries.days import COLUMNS, day_of, info_of, valid_on


def count_households(unit_id: UUID) -> int:
    """How many doors lie in a unit today; a grid has them by its micro-grids."""
    inside = Unit.objects.filter(path__contains=[unit_id]).values("pk")
    in_grids = Household.objects.filter(micro_grid__in=inside)
    return Household.objects.filter(building__in=inside).count() or in_grids.count()


def doors(household_ids: Collection[UUID]) -> list[Household]:
    """The doors with these ids that row security shows."""
    return list(Household.objects.filter(pk__in=set(household_ids)))


class HouseholdPlace(NamedTuple):
    """Where a door is."""

    id: UUID
    building_id: UUID
    entrance: int
    floor: int


def places_of_doors(household_ids: Collection[UUID]) -> list[HouseholdPlace]:
    """The same, where alone the place is asked."""
    found = Household.objects.filter(pk__in=set(household_ids))
    return [HouseholdPlace(*row) for row in found.values_list(*HouseholdPlace._fields)]


def doors_of(building_ids: Collection[UUID]) -> list[Household]:
    """The doors of these buildings that row security shows."""
    return list(Household.objects.filter(building__in=set(building_ids)))


# A statement that selects ids of doors, with its values: what another room knows of them.
Select = tuple[str, Sequence[Any]]
NO_IDS: Select = ("SELECT NULL::uuid WHERE false", ())
# Each building's doors are read in their order until there are enough: a tall one has some hundred.
_FIRST_DOORS = """
SELECT place, entrance, floor, door FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place), LATERAL (
    SELECT entrance, floor, door FROM territory_household
    WHERE building_id = wanted.id AND id NOT IN ({without}) ORDER BY entrance, floor, door LIMIT %s::int
) AS home
ORDER BY place, entrance, floor, door
"""


def first_doors(building_ids: Collection[UUID], most: int, without: Select = NO_IDS) -> dict[UUID, list[str]]:
    """The first doors of each building as they are called, but for those whose ids are selected."""
    inner, params = without
    asked = numbered(_FIRST_DOORS.format(without=inner))
    labels: list[list[str]] = [[] for _building in building_ids]
    for place, *door in prepared(asked, [list(building_ids), *params, most]):
        labels[place - 1].append(door_label(*door))
    return dict(zip(building_ids, labels, strict=True))


class DoorPlace(NamedTuple):
    """A door in its building."""

    id: UUID
    entrance: int
    floor: int
    door: int

    def __str__(self) -> str:
        return door_label(self.entrance, self.floor, self.door)


def doors_in(building_id: UUID) -> list[DoorPlace]:
    """The doors of one building, from its first entrance and floor on."""
    found = Household.objects.filter(building=building_id).order_by("entrance", "floor", "door")
    return [DoorPlace(*row) for row in found.values_list(*DoorPlace._fields)]


FLOORS = np.dtype([("building", "V16"), ("entrance", ">i2"), ("floor", ">i2"), ("doors", ">i4"), ("these", ">i4")])
# `= ANY` of an array walks the index in the order that is wanted: a join reads by building and sorts every door.
_BY_FLOOR = """
SELECT building_id, entrance, floor, count(*)::int, {counted}::int FROM territory_household
WHERE building_id = ANY (ARRAY(
    SELECT id FROM territory_unit
    WHERE level IN ('building', 'linpan') AND path && %s::uuid[] AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s)
))
GROUP BY building_id, entrance, floor ORDER BY building_id, entrance, floor
"""


def doors_by_floor(unit_ids: Collection[UUID], these: Select | None = None) -> NDArray[np.void]:
    """How many doors each floor of each stairwell has in these units today, and of them how many whose ids are selected: `FLOORS`."""
    inner, params = these or ("", ())
    # To look up an id for nothing is half of the time that a city's doors take.
    counted = f"(count(*) FILTER (WHERE id IN ({inner})))" if these else "0"
    day = day_of(None)
    return bulk.read_records(_BY_FLOOR.format(counted=counted), [*params, list(unit_ids), day, day], FLOORS)


def homes(unit_ids: Collection[UUID]) -> list[UnitInfo]:
    """The buildings and linpan that lie in these units today, in the order of their ids."""
    found = Unit.objects.filter(
        valid_on(day_of(None)), level__in=[Level.BUILDING, Level.LINPAN], path__overlap=list(unit_ids)
    )
    return [info_of(row) for row in found.order_by("pk").values_list(*COLUMNS)]


HOMES = np.dtype(
    [("id", "V16"), ("district", "V16"), ("subdistrict", "V16"), ("community", "V16"), ("lon", ">f8"), ("lat", ">f8")]
)
_HOMES = """
SELECT id, path[2], path[3], path[4], coalesce(lon, 'NaN'), coalesce(lat, 'NaN') FROM territory_unit
WHERE level IN ('building', 'linpan') AND path && %s::uuid[] AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s) ORDER BY id
"""


def places_of_homes(unit_ids: Collection[UUID]) -> NDArray[np.void]:
    """Where the buildings and linpan are that lie in these units today, in the order of their ids: `HOMES`; NaN where that is not known."""
    day = day_of(None)
    return bulk.read_records(_HOMES, [list(unit_ids), day, day], HOMES)
