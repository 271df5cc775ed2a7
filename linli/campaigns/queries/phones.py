"""What a phone takes with it: a team's doors in the order in which they are walked."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from linli.campaigns import errors, sealed
from linli.campaigns.models import Campaign, Door, FormVersion, Membership, Share, Team
from linli.campaigns.queries.control import require_open
from linli.campaigns.rules import end_of
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.moments import dated
from linli.people import labels
from linli.territory import queries as territory
from linli.territory.index import UnitInfo


@dataclass(frozen=True, slots=True)
class WalkedDoor:
    """A door of the lists, with what came of it so far; `outcome` is empty before the first visit. `next_at`: when to come again."""

    id: UUID
    entrance: int
    floor: int
    door: int
    outcome: str
    visits: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class FoundDoor:
    """A household that no list had, as whoever found it called it."""

    id: UUID
    label: str
    outcome: str
    visits: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class WalkedBuilding:
    home: UnitInfo
    doors: Sequence[WalkedDoor]
    found: Sequence[FoundDoor] = ()


@dataclass(frozen=True, slots=True)
class TeamDoors:
    """`giver` and `secret` are whose: with them a phone signs the doors that it hands over (`handing.py`)."""

    team: Team
    buildings: Sequence[WalkedBuilding]
    giver: UUID
    secret: bytes


def doors_of_team(actor: Actor, team_id: UUID) -> TeamDoors:
    """For whoever is in the team now, while its screening is open.

    Raises `VisitsOver`, `ControlOver`, `LeftTeam` for who was in it, `NotInForce` before it begins, `NotFound` for everybody else.

    A member of the public who helps has no post: they see these doors by their team, and the registers of households only through it.
    """
    # Whoever has left sees their team no more; what is read here is their own.
    with acting_as(SYSTEM):
        mine = Membership.objects.filter(team=team_id, member__person=actor.id, member__person__isnull=False)
        last = mine.select_related("team__campaign__declaration").order_by("-since").first()
    if last is None:
        raise NotFound
    _require_inside(last)
    inside, team = last, last.team
    with acting_as(SYSTEM):
        shares = list(Share.objects.filter(team=team, taken_at=None).order_by("place"))
        buildings = list(dict.fromkeys(share.building_id for share in shares))
        stood = {door.door: door for door in Door.objects.filter(campaign=team.campaign, building__in=buildings)}
        found = _found_of(team, [door for door in stood.values() if door.found])
        homes = {home.id: home for home in territory.units_by_id(buildings)}
        listed = territory.doors_of(buildings)
    by_stairwell: dict[tuple[UUID, int], list[Share]] = defaultdict(list)
    for share in shares:
        by_stairwell[share.building_id, share.entrance].append(share)
    place = {share.pk: number for number, share in enumerate(shares)}
    walked: dict[UUID, list[tuple[int, WalkedDoor]]] = {building: [] for building in buildings}
    for door in listed:
        for share in by_stairwell[door.building_id, door.entrance]:
            if share.floor_from <= door.floor <= share.floor_to:
                before = stood.get(door.id)
                shown = WalkedDoor(
                    door.id,
                    door.entrance,
                    door.floor,
                    door.door,
                    before.outcome if before else "",
                    before.visits if before else 0,
                    before.next_at if before else None,
                )
                walked[door.building_id].append((place[share.pk], shown))
    rows = [WalkedBuilding(homes[one], _in_order(walked[one]), found.get(one, ())) for one in buildings]
    return TeamDoors(team, rows, inside.pk, sealed.hand_over_secret(team.campaign.declaration_id, inside.pk))


def _require_inside(last: Membership) -> None:
    """Raises why the doors of the team are not given: closed, over, or left before that."""
    team, left = last.team, last.until
    running, declared = team.campaign, team.campaign.declaration
    end = end_of(declared.ends_at, declared.ended_at)
    ended = min(running.closed_at or end, end)
    if left is None or left >= ended:
        if clock.now() >= ended:
            raise _over(running, ended)
        if left is None and team.out_at is None:
            return require_open(running)
    raise errors.LeftTeam(at=dated(left or team.out_at or ended))


def _over(running: Campaign, ended: datetime) -> errors.VisitsOver | errors.ControlOver:
    if ended != running.closed_at:
        return errors.ControlOver(at=dated(ended))
    with acting_as(SYSTEM):
        closing = [step for step in audit.timeline(running.pk) if step.action == "close"]
    return errors.VisitsOver(at=dated(ended), who=labels.said(closing[-1].actor_label) if closing else "–")


def _found_of(team: Team, doors: Sequence[Door]) -> dict[UUID, list[FoundDoor]]:
    """By building: what no list had."""
    if not doors:
        return {}
    given = Share.objects.filter(
        campaign=team.campaign_id, building__in={door.building_id for door in doors}, taken_at=None
    )
    sharing: dict[UUID, set[UUID]] = defaultdict(set)
    for building, one in given.values_list("building", "team"):
        sharing[building].add(one)
    found: dict[UUID, list[FoundDoor]] = defaultdict(list)
    for door in sorted(doors, key=lambda one: (one.label, one.door)):
        if team.pk in keepers_of(door, sharing[door.building_id]):
            found[door.building_id].append(FoundDoor(door.door, door.label, door.outcome, door.visits, door.next_at))
    return found


def keepers_of(found: Door, sharing: Set[UUID]) -> Set[UUID]:
    """Whose a household is that no list had: theirs who stood there, or where they have left the building, of all who share it."""
    return sharing & set(found.teams) or sharing


def _in_order(doors: Sequence[tuple[int, WalkedDoor]]) -> list[WalkedDoor]:
    """Stairwell after stairwell, each from the top floor down."""
    return [door for _place, door in sorted(doors, key=lambda one: (one[0], -one[1].floor, one[1].door))]


def form_schema(form_id: UUID) -> dict[str, Any]:
    """What a phone draws a form from; forms are for everybody to read. Raises `NotFound`."""
    found: dict[str, Any] | None = FormVersion.objects.filter(pk=form_id).values_list("schema", flat=True).first()
    if found is None:
        raise NotFound
    return found
