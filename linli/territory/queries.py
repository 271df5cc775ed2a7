"""Reads of the territory. Units from city to quarter come from an index in memory, one for each state of the territory.

Territory is public reference data: everyone may read it, so nothing here asks who acts.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from django.db.models import Q
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.foundation import bulk, clock
from linli.foundation.statement import numbered
from linli.territory import addresses, memory, rules
from linli.territory.errors import (
    DatumSuspected,
    InvalidCoordinates,
    NoTerritory,
    OutsideCity,
    SwappedCoordinates,
    UnknownUnit,
)
from linli.territory.index import Grids, Place, Positions, TerritoryIndex, UnitInfo
from linli.territory.models import (
    LOCATED_LEVELS,
    NEAREST_LEVELS,
    PARENT_LEVEL,
    Boundary,
    FormerPlacement,
    Household,
    Level,
    Succession,
    Unit,
    door_label,
)

When = datetime | date | None

# Drop what is in memory: called on `territory.changed`.
forget = memory.forget


def day_of(at: When) -> date:
    """The day in the city's time zone; today where none is given."""
    moment = clock.now() if at is None else at
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return moment


def index(at: When = None) -> TerritoryIndex:
    """The territory as it was on a day, from memory if it was asked for before. About a second to read a whole city."""
    return memory.current().index(day_of(at), _days_of_change, _read_index)


def _days_of_change() -> list[date]:
    """The days on which a unit, a boundary or a placement changed; between two of them nothing that is located does."""
    days: set[date] = set()
    units = Unit.objects.exclude(level__in=[Level.BUILDING, Level.LINPAN])
    for rows in (units, Boundary.objects.all()):
        for column in ("valid_from", "valid_to"):
            days.update(rows.exclude(**{column: None}).order_by().values_list(column, flat=True).distinct())
    days.update(FormerPlacement.objects.order_by().values_list("valid_to", flat=True).distinct())
    return sorted(days)


def _valid(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))


_COLUMNS = (
    "id", "code", "level", "kind", "name", "name_en", "parent_id", "path", "managed_population", "lon", "lat",
    "derived", "valid_from", "valid_to",
)  # fmt: skip


def _info(row: Sequence[Any], placement: tuple[UUID, list[UUID]] | None = None) -> UnitInfo:
    parent_id, path = placement or (row[6], row[7])
    identity, rest = tuple(row[:6]), tuple(row[8:])
    return UnitInfo(*identity, parent_id, tuple(path), *rest)  # type: ignore[call-arg]  # the columns are its fields


def _placements(day: date) -> dict[UUID, tuple[UUID, list[UUID]]]:
    """Parent and path of the units that have been moved since that day."""
    former = FormerPlacement.objects.filter(valid_to__gt=day).order_by("unit", "-valid_to")
    return {unit: (parent, path) for unit, parent, path in former.values_list("unit_id", "parent_id", "path")}


def _read_index(day: date) -> TerritoryIndex:
    placements = _placements(day)
    rows = Unit.objects.filter(_valid(day), level__in=LOCATED_LEVELS).values_list(*_COLUMNS)
    units = [_info(row, placements.get(row[0])) for row in rows]
    boundaries = Boundary.objects.filter(_valid(day)).values_list("unit_id", "geometry", "derived")
    ids, shapes, derived = zip(*boundaries, strict=True) if boundaries else ((), (), ())
    shapes = shapely.from_wkb([bytes(shape) for shape in shapes])
    known = {unit.id for unit in units}
    by_unit = {i: (shape, d) for i, shape, d in zip(ids, shapes, derived, strict=True) if i in known}
    territory = TerritoryIndex(units, by_unit, _read_grids(day, placements))
    territory.prepare()
    return territory


# A row for each grid would take seconds to read in Python: four long values take a tenth.
_GRIDS = """
SELECT string_agg(uuid_send(id), ''), string_agg(uuid_send(parent_id), ''),
       string_agg(float8send(coalesce(lon, 'NaN')), ''), string_agg(float8send(coalesce(lat, 'NaN')), '')
FROM (
    SELECT id, parent_id, lon, lat FROM territory_unit
    WHERE level = ANY(%(levels)s)
      AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to > %(day)s)
    ORDER BY id
) AS grid
"""


def _read_grids(day: date, placements: dict[UUID, tuple[UUID, list[UUID]]]) -> Grids | None:
    levels = [level.value for level in NEAREST_LEVELS]
    with connection.cursor() as cursor:
        cursor.execute(_GRIDS, {"levels": levels, "day": day})
        ids, parents, lons, lats = cursor.fetchone()
    if ids is None:
        return None
    parent_of = dict(zip(_pieces(ids), _pieces(parents), strict=True))
    for moved, (parent, _path) in placements.items():
        if moved.bytes in parent_of:
            parent_of[moved.bytes] = parent.bytes
    return Grids(parent_of, np.frombuffer(lons, ">f8").astype(float), np.frombuffer(lats, ">f8").astype(float))


def _pieces(ids: bytes) -> list[bytes]:
    return [ids[start : start + 16] for start in range(0, len(ids), 16)]


def locate(lon: Any, lat: Any, at: When = None, *, datum: str = rules.WGS84, claimed: UUID | None = None) -> Place:
    """Where a point lies, to the finest unit.

    `datum` declares GCJ-02 or BD-09 input, which is converted. `claimed` is a unit that the reporter named: where the
    point does not lie in it but would as GCJ-02 or BD-09, the datum is suspected; where it would in neither, the place
    says `outside_claimed`.
    Raises `InvalidCoordinates`, `SwappedCoordinates`, `DatumSuspected`, `OutsideCity` or `NoTerritory`.
    """
    lon, lat = rules.degrees(lon, "lon"), rules.degrees(lat, "lat")
    territory = index(at)
    if not territory.has_boundaries:
        raise NoTerritory(day=day_of(at))
    if not rules.on_earth(lon, lat):
        if rules.on_earth(lat, lon) and territory.place(lat, lon):
            raise SwappedCoordinates(lat, lon)
        raise InvalidCoordinates(field="lat")
    true_lon, true_lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
    place = territory.place(true_lon, true_lat)
    if place is not None and (claimed is None or claimed in place.path):
        return place
    if claimed is not None and claimed not in territory.position:
        # A grid or a building has no boundary to lie in: the unit that it belongs to has.
        claimed = next((above for above in reversed(unit(claimed, at).path) if above in territory.position), claimed)
        if place is not None and claimed in place.path:
            return place
    if datum == rules.WGS84:
        _refuse_other_datum(territory, lon, lat, claimed)
    if place is not None:
        return replace(place, outside_claimed=True)
    if territory.place(lat, lon):
        raise SwappedCoordinates(lat, lon)
    raise OutsideCity(lon, lat)


def _refuse_other_datum(territory: TerritoryIndex, lon: float, lat: float, claimed: UUID | None) -> None:
    """Raise `DatumSuspected` if the point fits (the city, or the claimed unit) when read as GCJ-02 or BD-09."""
    for datum in (rules.GCJ02, rules.BD09):
        true_lon, true_lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
        if (true_lon, true_lat) == (lon, lat):
            continue
        place = territory.place(true_lon, true_lat)
        if place is not None and (claimed is None or claimed in place.path):
            raise DatumSuspected(datum, true_lon, true_lat)


def position(lon: Any, lat: Any, datum: str = rules.WGS84) -> tuple[float, float]:
    """A point in WGS84, in the city or not. Raises `InvalidCoordinates`, `UnknownDatum`."""
    lon, lat = rules.degrees(lon, "lon"), rules.degrees(lat, "lat")
    if not rules.on_earth(lon, lat):
        raise InvalidCoordinates(field="lat")
    true_lon, true_lat = (float(value) for value in rules.to_wgs84(lon, lat, datum))
    return true_lon, true_lat


def in_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A WGS84 point as the maps of China's phones number it."""
    shifted_lon, shifted_lat = rules.wgs84_to_gcj02(lon, lat)
    return float(shifted_lon), float(shifted_lat)


def locate_many(lons: Any, lats: Any, at: When = None, *, datum: str = rules.WGS84) -> Positions:
    """Positions in `index(at).units` of the finest units of many points; `index.NOWHERE` (-1) outside the city."""
    return index(at).locate_many(*rules.to_wgs84(lons, lats, datum))


def unit(unit_id: UUID, at: When = None) -> UnitInfo:
    """A unit by id, closed ones too. `at` gives the parent and the path it had on that day."""
    today = index()
    if at is not None:
        then = index(at)
        if unit_id in then.position:
            return then.units[then.position[unit_id]]
        return _unit_from_database(unit_id, at)
    if unit_id in today.position:
        return today.units[today.position[unit_id]]
    return memory.current().unit(unit_id, _unit_from_database)


def _unit_from_database(unit_id: UUID, at: When = None) -> UnitInfo:
    row = Unit.objects.filter(pk=unit_id).values_list(*_COLUMNS).first()
    if row is None:
        raise UnknownUnit(unit=unit_id)
    if at is None:
        return _info(row)
    former = FormerPlacement.objects.filter(unit=unit_id, valid_to__gt=day_of(at)).order_by("valid_to").first()
    return _info(row, (former.parent_id, former.path) if former else None)


def place_of_unit(unit_id: UUID, at: When = None) -> Place:
    """The place of a unit that was named instead of a position: its label point, and the units above it."""
    named = unit(unit_id, at)
    levels = {level.level: level.id for level in [unit(above, at) for above in named.path]}
    return Place(
        unit_id=named.id,
        level=named.level,
        name=named.name,
        lon=named.lon,
        lat=named.lat,
        path=named.path,
        district_id=levels.get(Level.DISTRICT),
        subdistrict_id=levels.get(Level.SUBDISTRICT),
        community_id=levels.get(Level.COMMUNITY),
        quarter_id=levels.get(Level.QUARTER),
        grid_id=levels.get(Level.MICRO_GRID) or levels.get(Level.ORDINARY_GRID),
        derived=named.derived,
    )


def root(at: When = None) -> UnitInfo:
    """The city. Raises `NoTerritory` where none is loaded."""
    for info in index(at).units:
        if info.level == Level.CITY:
            return info
    raise NoTerritory(day=day_of(at))


def ancestors(unit_id: UUID, at: When = None) -> list[UnitInfo]:
    """The units above, root first, without itself."""
    return [unit(above, at) for above in unit(unit_id, at).path[:-1]]


def children(unit_id: UUID | None, at: When = None, *, level: str | None = None) -> list[UnitInfo]:
    """The units directly below (the cities, for None), by code. Today's parentage is read from the database."""
    return _below(Q(parent=unit_id), {unit_id}, at, level)


def children_of(unit_ids: Collection[UUID], at: When = None, *, level: str | None = None) -> list[UnitInfo]:
    """The units directly below any of these, by code."""
    return _below(Q(parent__in=unit_ids), set(unit_ids), at, level)


def _below(parents: Q, unit_ids: Collection[UUID | None], at: When, level: str | None) -> list[UnitInfo]:
    day = day_of(at)
    moved = _placements(day)
    here = [child for child, (parent, _path) in moved.items() if parent in unit_ids]
    below = Unit.objects.filter(_valid(day)).filter((parents & ~Q(pk__in=list(moved))) | Q(pk__in=here))
    if level is not None:
        below = below.filter(level=level)
    return [_info(row, moved.get(row[0])) for row in below.order_by("code").values_list(*_COLUMNS)]


def levels_below(level: str) -> list[Level]:
    """The levels that may stand directly below a unit of this one; none for the finest."""
    return [below for below, above in PARENT_LEVEL.items() if above == level]


def told_by(level: str) -> str:
    """What tells a point to lie in a unit of this level: `boundary`, or `position` (the nearest of its kind); else ''."""
    if level in LOCATED_LEVELS:
        return "boundary"
    return "position" if level in NEAREST_LEVELS else ""


def count_below(unit_id: UUID) -> int:
    """How many units lie below it today, of every level."""
    return Unit.objects.filter(_valid(day_of(None)), path__contains=[unit_id]).exclude(pk=unit_id).count()


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
    for place, *door in connection.execute_prepared(asked, [list(building_ids), *params, most]):  # type: ignore[attr-defined]
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


def units_by_id(unit_ids: Collection[UUID]) -> list[UnitInfo]:
    """Units of any level, as they are now: in one statement, whatever their number; in none where there are none."""
    return [_info(row) for row in Unit.objects.filter(pk__in=set(unit_ids)).values_list(*_COLUMNS)]


class Spot(NamedTuple):
    """What a page says of a unit: how it is called, below which, and where it is."""

    id: UUID
    level: str
    name: str
    name_en: str
    parent_id: UUID | None
    lon: float | None
    lat: float | None

    def name_in(self, language: str) -> str:
        """As `UnitInfo` says it."""
        return self.name if language.startswith("zh") or not self.name_en else self.name_en


_SPOTS = f"SELECT {', '.join(Spot._fields)} FROM territory_unit WHERE id = ANY ($1::uuid[])"


def spots(unit_ids: Collection[UUID]) -> list[Spot]:
    """Units of any level, as they are now: in one statement, whatever their number; in none where there are none."""
    if not unit_ids:
        return []
    return [Spot(*row) for row in connection.execute_prepared(_SPOTS, [list(unit_ids)])]  # type: ignore[attr-defined]


def homes(unit_ids: Collection[UUID]) -> list[UnitInfo]:
    """The buildings and linpan that lie in these units today, in the order of their ids."""
    found = Unit.objects.filter(
        _valid(day_of(None)), level__in=[Level.BUILDING, Level.LINPAN], path__overlap=list(unit_ids)
    )
    return [_info(row) for row in found.order_by("pk").values_list(*_COLUMNS)]


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


def boundary(unit_id: UUID) -> BaseGeometry | None:
    """Its boundary as it is drawn now, also one that begins later."""
    found = Boundary.objects.filter(unit=unit_id, valid_to=None).values_list("geometry", flat=True).first()
    return None if found is None else shapely.from_wkb(bytes(found))


class Outline(NamedTuple):
    """A boundary as it was drawn, for the days from `valid_from` up to, and without, `valid_to`."""

    id: UUID
    valid_from: date
    valid_to: date | None
    source: str
    derived: bool
    shape: BaseGeometry


def outlines(unit_id: UUID) -> list[Outline]:
    """Every boundary that it has, or had, the newest first; one that begins later too."""
    rows = Boundary.objects.filter(unit=unit_id).order_by("-valid_from")
    found = rows.values_list("pk", "valid_from", "valid_to", "source", "derived", "geometry")
    return [Outline(*row[:-1], shape=shapely.from_wkb(bytes(row[-1]))) for row in found]


def find_by_code(code: str, at: When = None) -> UnitInfo | None:
    """The unit that has this code on a day."""
    day = day_of(at)
    row = Unit.objects.filter(_valid(day), code=code).values_list("pk", flat=True).first()
    return unit(row, at) if row else None


def find_by_codes(codes: Iterable[str], at: When = None) -> dict[str, UnitInfo]:
    """The units that have these codes on a day, by code; unknown codes are left out. Two queries in all."""
    day = day_of(at)
    rows = Unit.objects.filter(_valid(day), code__in=set(codes)).values_list(*_COLUMNS)
    moved = _placements(day)
    return {row[1]: _info(row, moved.get(row[0])) for row in rows}


def search_names(text: str, within: UUID | None = None, limit: int = 20, at: When = None) -> list[UnitInfo]:
    """Units from city to quarter whose name on a day holds `text`: those that begin with it first, then the coarser."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    known = index(at)
    found = [
        (not name.startswith(wanted), position)
        for position, name in enumerate(known.folded_names)
        if wanted in name and (within is None or within in known.units[position].path)
    ]
    return [known.units[position] for _later, position in sorted(found)[:limit]]


@dataclass(frozen=True, slots=True)
class Address:
    """An address that exists: a unit from district to building or linpan, and in it a door where one was asked for."""

    unit: UnitInfo
    household_id: UUID | None = None
    entrance: int | None = None
    floor: int | None = None
    door: int | None = None

    def label(self, language: str) -> str:
        """Names from the subdistrict down, then entrance and door: 双桥子街道 水碾河社区 锦绣花园 3栋 2单元 501."""
        units = [unit(above) for above in self.unit.path[2:]] or [self.unit]
        parts = [above.name_in(language) for above in units]
        if self.entrance is not None:
            parts.append(f"{self.entrance}单元" if language.startswith("zh") else f"Unit {self.entrance}")
        if self.floor is not None and self.door is not None:
            parts.append(f"{self.floor}{self.door:02}")
        return (" " if language.startswith("zh") else ", ").join(parts)


# A name that fits more places than this is not told apart by its buildings: more words are needed.
MOST_PLACES_WITH_BUILDINGS = 400


def search_addresses(text: str, *, within: Sequence[UUID] | None = None, limit: int = 8) -> list[Address]:
    """Addresses of today that begin as the text says: names are looked for in memory, then buildings of the quarters
    that they name, then the doors of these few buildings. `within` keeps to these units and what is below them.

    At most three statements, each by an index; households only show to whom row security shows them.
    """
    wanted = addresses.parse(text)
    places = _places_named(wanted.words, within)
    if wanted.building is None and wanted.linpan is None:
        return [Address(place) for place in places[:limit]]
    buildings = _buildings(places[:MOST_PLACES_WITH_BUILDINGS], wanted, limit)
    if wanted.entrance is None and wanted.door is None:
        return [Address(building) for building in buildings]
    return _doors(buildings, wanted, limit) or [Address(building) for building in buildings]


def _places_named(words: Sequence[str], within: Sequence[UUID] | None) -> list[UnitInfo]:
    """Units in which every word is part of the own name or of a name above, the best told first.

    A unit counts when its own name holds a word, or when it lies in a unit that does; the own name comes first, then the
    coarser unit, then the code.
    """
    known = index()
    if not words:
        return []
    named = [[position for position, name in enumerate(known.folded_names) if word in name] for word in words]
    if not all(named):
        # Names written in one: "水碾河社区锦绣花园" is cut at the names above.
        cut = _cut(words, known)
        return _places_named(cut, within) if cut != tuple(words) else []
    holds = [{known.units[position].id for position in positions} for positions in named]
    if within is not None:
        holds.append(set(within))
    found = []
    for position in set().union(*named):
        # The unit itself ends its path.
        path = known.units[position].path
        if not any(ids.isdisjoint(path) for ids in holds):
            own = sum(known.folded_names[position].startswith(word) for word in words)
            found.append((-own, position))
    return [known.units[position] for _own, position in sorted(found)]


def _cut(words: Sequence[str], known: TerritoryIndex) -> tuple[str, ...]:
    """Words cut behind the name, whole or without its ending, of a district, subdistrict or community that begins them."""
    cut: list[str] = []
    for word in words:
        while start := max(
            (stem for stem in known.name_beginnings if word.startswith(stem) and stem != word), key=len, default=""
        ):
            cut.append(start)
            word = word[len(start) :]
        cut.append(word)
    return tuple(cut)


def _buildings(places: Sequence[UnitInfo], wanted: addresses.Wanted, limit: int) -> list[UnitInfo]:
    """Buildings (or linpan) with the number, in these places and below them, in the order of the places."""
    below = index().below
    parents: dict[UUID, int] = {}
    waiting = list(places)
    while waiting and len(parents) < MOST_PLACES_WITH_BUILDINGS:
        place = waiting.pop(0)
        parents.setdefault(place.id, len(parents))
        waiting += [child for child in below.get(place.id, ()) if child.id not in parents]
    level = Level.BUILDING if wanted.linpan is None else Level.LINPAN
    names = addresses.building_names(wanted.building) if wanted.building is not None else [f"{wanted.linpan}号林盘"]
    # `= ANY` of one array of values is looked up in the index of parents and names, whatever the number of parents.
    rows = Unit.objects.filter(_valid(day_of(None)), parent__in=list(parents), level=level, name__in=names)
    infos = [_info(row) for row in rows.values_list(*_COLUMNS)]
    return sorted(infos, key=lambda info: (parents[info.path[-2]], info.code))[:limit]


def _doors(buildings: Sequence[UnitInfo], wanted: addresses.Wanted, limit: int) -> list[Address]:
    """The doors that were asked for, in the order of the buildings; of an entrance alone, the entrance."""
    asked = {"entrance": wanted.entrance, "floor": wanted.floor, "door": wanted.door}
    rows = Household.objects.filter(
        building__in=[building.id for building in buildings],
        **{name: value for name, value in asked.items() if value is not None},
    ).order_by("building", "entrance", "floor", "door")
    order = {building.id: number for number, building in enumerate(buildings)}
    if wanted.door is None:
        there = dict(rows.order_by().values_list("building_id", "entrance").distinct())
        return [Address(one, entrance=there[one.id]) for one in buildings if one.id in there][:limit]
    found = sorted(rows.values_list("building_id", "pk", "entrance", "floor", "door"), key=lambda row: order[row[0]])
    return [Address(buildings[order[row[0]]], *row[1:]) for row in found[:limit]]


def successors(unit_id: UUID, at: When = None) -> list[UnitInfo]:
    """The units that live on on a day in place of a closed one: itself while it is valid."""
    day = day_of(at)
    found, open_ids = [], [unit_id]
    while open_ids:
        row = Unit.objects.filter(pk=open_ids.pop()).values_list("pk", "valid_to").first()
        if row is None:
            raise UnknownUnit(unit=unit_id)
        if row[1] is None or row[1] > day:
            found.append(unit(row[0]))
        else:
            open_ids += Succession.objects.filter(old=row[0]).values_list("new_id", flat=True)
    return sorted(set(found), key=lambda info: info.code)
