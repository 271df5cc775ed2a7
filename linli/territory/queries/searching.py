"""Names and addresses, found by what somebody types."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.territory import addresses
from linli.territory.index import TerritoryIndex, UnitInfo
from linli.territory.models import Household, Level, Unit
from linli.territory.queries.days import COLUMNS, When, day_of, index, info_of, valid_on
from linli.territory.queries.units import unit


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
    rows = Unit.objects.filter(valid_on(day_of(None)), parent__in=list(parents), level=level, name__in=names)
    infos = [info_of(row) for row in rows.values_list(*COLUMNS)]
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
