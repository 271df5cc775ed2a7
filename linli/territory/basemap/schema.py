"""What of OpenStreetMap stands on the base map: in which layer, as what kind, and from which zoom on. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MIN_ZOOM, MAX_ZOOM = 8, 15

# The layers, from the ground up.
LAND, WATER, STREAMS, BUILDINGS, ROADS, RAIL, NAMES = "land", "water", "streams", "buildings", "roads", "rail", "names"
LAYERS = (LAND, WATER, STREAMS, BUILDINGS, ROADS, RAIL, NAMES)


@dataclass(frozen=True, slots=True)
class Drawn:
    """`min_zoom`: where it appears at the earliest; a small area appears later (`tiles`)."""

    layer: str
    kind: str
    min_zoom: int


Kinds = Mapping[str, Mapping[str, Drawn]]


def _kinds(layer: str, **kinds: tuple[int, str]) -> dict[str, Drawn]:
    """By value of the tag: `kind=(min_zoom, "value value …")`."""
    return {value: Drawn(layer, kind, zoom) for kind, (zoom, values) in kinds.items() for value in values.split()}


LINES: Kinds = {
    "highway": _kinds(
        ROADS,
        motorway=(8, "motorway motorway_link"),
        trunk=(8, "trunk trunk_link"),
        primary=(9, "primary primary_link"),
        secondary=(11, "secondary secondary_link"),
        tertiary=(12, "tertiary tertiary_link"),
        street=(13, "residential unclassified living_street road pedestrian"),
        service=(14, "service"),
        path=(14, "footway cycleway path steps track bridleway"),
    ),
    "railway": _kinds(RAIL, rail=(10, "rail narrow_gauge"), metro=(12, "subway light_rail monorail tram")),
    "waterway": _kinds(STREAMS, river=(8, "river"), canal=(12, "canal"), stream=(14, "stream drain ditch")),
}
AREAS: Kinds = {
    "building": {"": Drawn(BUILDINGS, "building", 14)},
    "natural": _kinds(WATER, water=(8, "water bay"))
    | _kinds(LAND, wood=(8, "wood"), green=(10, "grassland scrub heath")),
    "waterway": _kinds(WATER, water=(8, "riverbank dock")),
    "landuse": _kinds(WATER, water=(8, "reservoir basin"))
    | _kinds(
        LAND,
        wood=(8, "forest"),
        green=(11, "grass meadow recreation_ground village_green cemetery orchard"),
        farm=(11, "farmland farmyard vineyard allotments"),
        built=(10, "residential commercial retail industrial railway"),
    ),
    "leisure": _kinds(LAND, green=(10, "park garden golf_course nature_reserve playground pitch stadium")),
    "amenity": _kinds(LAND, school=(13, "school university college kindergarten"), hospital=(13, "hospital")),
}
# Places that have a name; of areas, a point inside.
NAMED: Kinds = {
    "place": _kinds(
        NAMES,
        city=(8, "city"),
        town=(9, "town borough"),
        suburb=(11, "suburb"),
        village=(12, "village quarter"),
        neighbourhood=(14, "neighbourhood hamlet square"),
    ),
    "railway": _kinds(NAMES, station=(12, "station halt")),
    "leisure": _kinds(NAMES, green=(13, "park garden nature_reserve stadium")),
    "natural": _kinds(NAMES, water=(13, "water")),
    "amenity": _kinds(
        NAMES,
        hospital=(14, "hospital"),
        school=(14, "university college school"),
        public=(14, "townhall police fire_station library community_centre marketplace bus_station"),
        service=(15, "kindergarten clinic social_facility pharmacy theatre"),
    ),
    "building": {"": Drawn(NAMES, "building", 15)},
}
KEYS = tuple(sorted({*LINES, *AREAS, *NAMED}))
# What is said to be there but is not yet, or not any more.
NOT_THERE = ("", "no", "proposed", "construction", "demolished")


def line(tags: Mapping[str, str]) -> Iterator[Drawn]:
    # Sidings and yards would darken a station to a blot.
    if "service" in tags and "railway" in tags:
        return
    if tags.get("area") != "yes":
        yield from _found(LINES, tags)


def area(tags: Mapping[str, str]) -> Iterator[Drawn]:
    yield from _found(AREAS, tags)


def name(tags: Mapping[str, str]) -> Iterator[Drawn]:
    """One at most: a school's building is not named beside the school."""
    if "name" in tags:
        yield from list(_found(NAMED, tags))[:1]


def _found(kinds: Kinds, tags: Mapping[str, str]) -> Iterator[Drawn]:
    for key, of_value in kinds.items():
        value = tags.get(key, "")
        if value not in NOT_THERE and (drawn := of_value.get(value) or of_value.get("")):
            yield drawn


def properties(drawn: Drawn, tags: Mapping[str, str]) -> dict[str, str]:
    """What a tile tells: the kind, the name as the people there write it (in Chinese where there are several), and the English one."""
    told = {"kind": drawn.kind}
    if drawn.layer in (ROADS, NAMES):
        told |= {"name": tags.get("name:zh") or tags.get("name", ""), "name:en": tags.get("name:en", "")}
    return {key: value for key, value in told.items() if value}
