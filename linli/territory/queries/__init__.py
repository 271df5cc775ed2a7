"""Reads of the territory. Units from city to quarter come from an index in memory, one for each state of the territory.

Territory is public reference data: everyone may read it, so nothing here asks who acts.
"""

from linli.territory.queries.boundaries import Outline, boundary, outlines
from linli.territory.queries.days import When, day_of, forget, index
from linli.territory.queries.households import (
    FLOORS,
    HOMES,
    Select,
    count_households,
    doors,
    doors_by_floor,
    doors_in,
    doors_of,
    first_doors,
    homes,
    places_of_doors,
    places_of_homes,
)
from linli.territory.queries.locating import in_gcj02, locate, locate_many, position
from linli.territory.queries.searching import Address, search_addresses, search_names
from linli.territory.queries.units import (
    Spot,
    ancestors,
    children,
    children_of,
    count_below,
    find_by_code,
    find_by_codes,
    levels_below,
    place_of_unit,
    root,
    spots,
    successors,
    told_by,
    unit,
    units_by_id,
)

__all__ = [
    "FLOORS",
    "HOMES",
    "Address",
    "Outline",
    "Select",
    "Spot",
    "When",
    "ancestors",
    "boundary",
    "children",
    "children_of",
    "count_below",
    "count_households",
    "day_of",
    "doors",
    "doors_by_floor",
    "doors_in",
    "doors_of",
    "find_by_code",
    "find_by_codes",
    "first_doors",
    "forget",
    "homes",
    "in_gcj02",
    "index",
    "levels_below",
    "locate",
    "locate_many",
    "outlines",
    "place_of_unit",
    "places_of_doors",
    "places_of_homes",
    "position",
    "root",
    "search_addresses",
    "search_names",
    "spots",
    "successors",
    "told_by",
    "unit",
    "units_by_id",
]
