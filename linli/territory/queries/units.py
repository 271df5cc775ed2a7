"""Units by id, by code, and by what they lie in."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from linli.foundation.statement import prepared
from linli.territory import memory
from linli.territory.errors import NoTerritory, UnknownUnit
from linli.territory.index import Place, UnitInfo
from linli.territory.models import (
    LOCATED_LEVELS,
    NEAREST_LEVELS,
    PARENT_LEVEL,
    FormerPlacement,
    Level,
    Succession,
    Unit,
)
from linli.territory.queries.days import COLUMNS, When, day_of, index, info_of, placements_since, valid_on


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
    row = Unit.objects.filter(pk=unit_id).values_list(*COLUMNS).first()
    if row is None:
        raise UnknownUnit(unit=unit_id)
    if at is None:
        return info_of(row)
    former = FormerPlacement.objects.filter(unit=unit_id, valid_to__gt=day_of(at)).order_by("valid_to").first()
    return info_of(row, (former.parent_id, former.path) if former else None)


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
    moved = placements_since(day)
    here = [child for child, (parent, _path) in moved.items() if parent in unit_ids]
    below = Unit.objects.filter(valid_on(day)).filter((parents & ~Q(pk__in=list(moved))) | Q(pk__in=here))
    if level is not None:
        below = below.filter(level=level)
    return [info_of(row, moved.get(row[0])) for row in below.order_by("code").values_list(*COLUMNS)]


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
    return Unit.objects.filter(valid_on(day_of(None)), path__contains=[unit_id]).exclude(pk=unit_id).count()


def units_by_id(unit_ids: Collection[UUID]) -> list[UnitInfo]:
    """Units of any level, as they are now: in one statement, whatever their number; in none where there are none."""
    return [info_of(row) for row in Unit.objects.filter(pk__in=set(unit_ids)).values_list(*COLUMNS)]


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
    return [Spot(*row) for row in prepared(_SPOTS, [list(unit_ids)])]


def find_by_code(code: str, at: When = None) -> UnitInfo | None:
    """The unit that has this code on a day."""
    day = day_of(at)
    row = Unit.objects.filter(valid_on(day), code=code).values_list("pk", flat=True).first()
    return unit(row, at) if row else None


def find_by_codes(codes: Iterable[str], at: When = None) -> dict[str, UnitInfo]:
    """The units that have these codes on a day, by code; unknown codes are left out. Two queries in all."""
    day = day_of(at)
    rows = Unit.objects.filter(valid_on(day), code__in=set(codes)).values_list(*COLUMNS)
    moved = placements_since(day)
    return {row[1]: info_of(row, moved.get(row[0])) for row in rows}


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
