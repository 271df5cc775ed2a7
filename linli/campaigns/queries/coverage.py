"""How far a campaign is: by building up to the city, and exactly which doors were not reached."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from linli.campaigns.merging import REACHED
from linli.campaigns.models import Campaign, Door, Outcome, Tally
from linli.campaigns.queries.control import require
from linli.campaigns.rules import Act
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.foundation.statement import prepared
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

# Below which column of a tally the parts of a unit are.
_PARTS = {
    "city": "district",
    "district": "subdistrict",
    "subdistrict": "community",
    "community": "building",
    "quarter": "building",
}
# Of these the database keeps the sums (`models/counted.py`); a community has too few buildings to need any.
SUMMED = ("city", "district", "subdistrict", "community")
_COUNTS = ("doors", "found", *Outcome.values, "visits", "aside")

_SUMS = ", ".join(f"sum({name})" for name in ("buildings", "buildings_left", *_COUNTS))
_OUTCOMES = tuple(Outcome.values)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of doors in one unit. `doors` are those of the lists and those found beside them."""

    unit_id: UUID
    doors: int
    found: int
    outcomes: dict[str, int]
    visits: int
    aside: int
    buildings: int
    # Of a unit of which the database keeps the sums: in how many buildings doors are left.
    kept_left: int | None = None
    # A page asks for these again and again: they are summed once.
    reached: int = field(init=False)
    visited: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reached", sum(self.outcomes[outcome] for outcome in REACHED))
        object.__setattr__(self, "visited", sum(self.outcomes.values()))

    @classmethod
    def of_building(cls, tally: Tally) -> "Coverage":
        return _coverage(tally.building_id, 1, None, *(getattr(tally, name) for name in _COUNTS))

    @property
    def to_repeat(self) -> int:
        return self.visited - self.reached

    @property
    def not_visited(self) -> int:
        return self.doors - self.visited

    @property
    def not_reached(self) -> int:
        return self.doors - self.reached

    @property
    def buildings_left(self) -> int:
        """In how many of its buildings doors are left."""
        return int(self.not_reached > 0) if self.kept_left is None else self.kept_left


def coverage(actor: Actor, campaign: Campaign, unit_id: UUID) -> list[Coverage]:
    """The parts of a unit one level down (of a community its buildings), in the order of their ids.

    Raises `NotAllowed`, and `NotFound` where the campaign has nothing there.
    """
    require(actor, Act.SEE, unit_id)
    unit = territory.unit(unit_id)
    part = _PARTS.get(unit.level)
    if part is None or (campaign.unit_id not in unit.path and unit_id not in territory.unit(campaign.unit_id).path):
        raise NotFound
    if part == "building":
        asked = (
            f"SELECT building_id, 1, NULL, {', '.join(_COUNTS)} FROM campaigns_tally WHERE {lying_in(unit)} ORDER BY 1"
        )
    else:
        asked = (
            f"SELECT {part}_id, {_SUMS} FROM campaigns_communitytally WHERE {lying_in(unit)} AND buildings > 0 "
            "GROUP BY 1 ORDER BY 1"
        )
    rows = prepared(asked, [campaign.pk, unit.id])
    if not rows and unit.level == "community":
        # After the destruction its sum is all there is (`actions/coarsening.py`).
        rows = prepared(_WHOLE, [campaign.pk, unit.id])
    return [_coverage(*row) for row in rows]


_WHOLE = f"""
SELECT community_id, {_SUMS} FROM campaigns_communitytally
WHERE campaign_id = $1::uuid AND community_id = $2::uuid AND buildings > 0 GROUP BY 1
"""


def lying_in(unit: UnitInfo) -> str:
    """Which tallies, of buildings or of communities, are those of a screening ($1) in a unit ($2), as SQL."""
    if unit.level == "city":
        inside = "$2::uuid IS NOT NULL"
    elif unit.level in SUMMED:
        inside = f"{unit.level}_id = $2::uuid"
    else:
        inside = "building_id = ANY (ARRAY(SELECT id FROM territory_unit WHERE parent_id = $2::uuid))"
    return f"campaign_id = $1::uuid AND {inside}"


_REACHED = """
SELECT door FROM campaigns_door
WHERE campaign_id = %s::uuid AND building_id = ANY (%s::uuid[]) AND NOT found AND outcome = ANY (%s::text[])
"""


def reached_in(campaign: Campaign, buildings: Sequence[UUID]) -> territory.Select:
    """The doors of the lists that were reached in these buildings."""
    return _REACHED, [campaign.pk, list(buildings), sorted(REACHED)]


def _coverage(unit_id: UUID, buildings: int, kept_left: int | None, doors: int, found: int, *counts: int) -> Coverage:
    """Of the columns in the order of `_COUNTS`."""
    *outcomes, visits, aside = counts
    by_outcome = dict(zip(_OUTCOMES, outcomes, strict=True))
    return Coverage(unit_id, doors + found, found, by_outcome, visits, aside, buildings, kept_left)


@dataclass(frozen=True, slots=True)
class DoorAt:
    """A door of a building with what came of it; `outcome` is empty before the first visit."""

    id: UUID
    label: str
    entrance: int | None
    floor: int | None
    outcome: str
    visits: int
    found: bool
    teams: Sequence[UUID]

    @property
    def is_reached(self) -> bool:
        return self.outcome in REACHED


def standing_of(actor: Actor, campaign: Campaign, building_id: UUID) -> list[DoorAt]:
    """Every door of a building, listed or found, as it stands. Raises `NotFound`, `NotAllowed`."""
    return doors_of_building(actor, campaign, building_in(campaign, building_id))


def building_in(campaign: Campaign, building_id: UUID) -> Tally:
    """The counts of a building. Raises `NotFound`."""
    found = Tally.objects.filter(campaign=campaign, building=building_id).first()
    if found is None:
        raise NotFound
    return found


def doors_of_building(actor: Actor, campaign: Campaign, counted: Tally) -> list[DoorAt]:
    """The same of a building whose counts were asked for. Raises `NotAllowed`."""
    require(actor, Act.SEE, counted.community_id)
    doors = Door.objects.filter(campaign=campaign, building=counted.building_id)
    rows = doors.values_list("door", "label", "outcome", "visits", "found", "teams")
    stood = {row[0]: DoorAt(row[0], row[1], None, None, *row[2:]) for row in rows}
    listed = []
    for home in territory.doors_in(counted.building_id):
        came = stood.pop(home.id, _NOT_VISITED)
        listed.append(
            DoorAt(home.id, str(home), home.entrance, home.floor, came.outcome, came.visits, came.found, came.teams)
        )
    return listed + list(stood.values())


_NOT_VISITED = DoorAt(UUID(int=0), "", None, None, "", 0, False, ())


def not_reached(actor: Actor, campaign: Campaign, building_id: UUID) -> list[DoorAt]:
    """The doors of a building that nobody has reached: not visited, or visited in vain. Exactly those, at this moment."""
    return [door for door in standing_of(actor, campaign, building_id) if not door.is_reached]
