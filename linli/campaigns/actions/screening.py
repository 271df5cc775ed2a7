"""Screening: begun for an area, its doors divided among the teams, closed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count, Q
from numpy.typing import NDArray

from linli.campaigns import division, errors, events, queries, rules, state
from linli.campaigns.actions.declaring import use
from linli.campaigns.actions.freeing import free
from linli.campaigns.models import Campaign, Membership, Power, Share, Tally, Team
from linli.campaigns.queries import forms as published
from linli.campaigns.rules import Act
from linli.foundation import bulk, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.territory import queries as territory

_SHARE_COLUMNS = (
    "campaign_id", "team_id", "building_id", "community_id", "entrance", "floor_from", "floor_to", "place", "doors", "given_at",
)  # fmt: skip
_TALLY_COLUMNS = (
    "campaign_id", "building_id", "community_id", "subdistrict_id", "district_id", "doors", "found", "done", "refused",
    "moved", "nobody_home", "other_language", "unsafe", "visits", "aside",
)  # fmt: skip


def start(
    *,
    declaration: UUID,
    unit: UUID,
    name: str,
    due_at: datetime,
    by: Actor,
    form: UUID | None = None,
    most_attempts: int = 3,
    door_minutes: float = 4.0,
) -> Campaign:
    """Begin a screening of a unit in which joint control holds. To ask about health is a power of its own.

    Raises `NotAllowed`, `NotInForce`, `PowerNotGiven`, `EndNeeded`.
    """
    queries.require(by, Act.RUN, unit)
    declared = queries.declaration(declaration)
    if declared.unit_id not in territory.unit(unit).path:
        raise NotFound
    if not 1 <= len(name.strip()) <= 120:
        raise InvalidInput(field="name")
    if not 1 <= most_attempts <= 20 or not 0.1 <= door_minutes <= 600:
        raise InvalidInput(field="most_attempts")
    rules.require_period(clock.now(), due_at)
    powers = [Power.VISIT_HOUSEHOLDS]
    if form is not None and published.form(form).asks_health:
        powers.append(Power.ASK_HEALTH)
    row = Campaign(
        declaration=declared,
        unit_id=unit,
        form_id=form,
        name=name.strip(),
        due_at=due_at,
        most_attempts=most_attempts,
        door_time=round(door_minutes * 10),
    )
    with transaction.atomic():
        for power in powers:
            use(declaration=declaration, power=power, subject=row.name, subject_id=row.id, by=by)
        row.save(force_insert=True)
        state.record(state.CAMPAIGN, row, "start", by)
    return row


@dataclass(frozen=True, slots=True)
class Divided:
    """What a division gave."""

    doors: int
    buildings: int
    stairwells: int
    teams: int
    # Doors of places that no team covers.
    uncovered: int


@dataclass(frozen=True, slots=True)
class _Area:
    """Doors and teams as columns, and the ids that stand behind their numbers."""

    homes: Sequence[Any]
    floors: NDArray[np.void]
    of_home: NDArray[np.int64]
    teams: Sequence[Any]
    members: Sequence[int]
    communities: Sequence[UUID]


def divide(*, campaign: UUID, by: Actor) -> Divided:
    """Give every door of the area to a team, once, before the first visit.

    Raises `NotAllowed`, `NotInForce`, `ScreeningClosed`, `NoHouseholds`, `NoTeams`, `AlreadyDivided`.
    """
    running = queries.campaign(campaign)
    queries.require(by, Act.RUN, running.unit_id)
    queries.require_open(running)
    with acting_as(SYSTEM):
        area = _area(running)
    with transaction.atomic():
        locked = Campaign.objects.select_for_update(of=("self",), no_key=True).select_related("declaration")
        queries.require_open(locked.get(pk=campaign))
        if Share.objects.filter(campaign=campaign).exists():
            raise errors.AlreadyDivided
        result = _divided(running, area)
        with acting_as(SYSTEM):
            bulk.insert(Tally, _TALLY_COLUMNS, _tally_rows(running, area))
            bulk.insert(Share, _SHARE_COLUMNS, _share_rows(running, area, result))
        state.record(state.CAMPAIGN, running, "divide", by, "", {"teams": len(area.teams)})
        events.divided(running.id)
    shares = result.shares
    return Divided(
        doors=int(area.floors["doors"].sum()),
        buildings=len(area.homes),
        stairwells=len(shares.home),
        teams=len(np.unique(shares.team)),
        uncovered=int(area.floors["doors"].sum() - shares.doors.sum()),
    )


def _area(running: Campaign) -> _Area:
    floors = territory.doors_by_floor([running.unit_id])
    if not len(floors):
        raise errors.NoHouseholds
    known = {home.id.bytes: home for home in territory.homes([running.unit_id])}
    ids, of_home = np.unique(floors["building"], return_inverse=True)
    homes = [known[bytes(found)] for found in ids]
    # Counted by itself: of tables that were filled a moment ago PostgreSQL has no statistics to join them by.
    members = dict(
        Membership.objects.filter(until=None)
        .values_list("team")
        .annotate(people=Count("pk"))
        .values_list("team", "people")
    )
    teams = [
        team for team in Team.objects.filter(campaign=running, out_at=None).order_by("number") if team.pk in members
    ]
    if not teams:
        raise errors.NoTeams
    communities = sorted({_community(home) for home in homes})
    return _Area(homes, floors, of_home.astype(np.int64), teams, [members[team.pk] for team in teams], communities)


def _community(home: Any) -> UUID:
    found: UUID = home.path[3]
    return found


def _divided(running: Campaign, area: _Area) -> division.Division:
    """Teams stay in their community; those of a coarser unit, and those whose community has no doors, go where most is left."""
    row_of: dict[UUID | None, int] = {community: row for row, community in enumerate(area.communities)}
    units = {team.unit_id: territory.unit(team.unit_id) for team in area.teams}
    floors = division.Floors(
        area.of_home, *(area.floors[name].astype(np.int64) for name in ("entrance", "floor", "doors"))
    )
    buildings = division.Buildings(
        community=np.array([row_of[_community(home)] for home in area.homes]),
        area=np.zeros(len(area.homes), dtype=np.int64),
        lon=_places(home.lon for home in area.homes),
        lat=_places(home.lat for home in area.homes),
    )
    placed = [units[team.unit_id] for team in area.teams]
    teams = division.Teams(
        community=np.array([row_of.get(_community_of(unit), division.WHOLE_AREA) for unit in placed]),
        area=np.zeros(len(placed), dtype=np.int64),
        lon=_places(unit.lon for unit in placed),
        lat=_places(unit.lat for unit in placed),
        members=np.array(area.members),
        minutes_a_day=np.array([float(team.minutes) for team in area.teams]),
        pace=np.ones(len(placed)),
    )
    return division.divide(floors, buildings, teams, division.Rules(door_minutes=running.door_time / 10))


def _places(degrees: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if one is None else one for one in degrees])


def _community_of(unit: Any) -> UUID | None:
    """The community of a team's unit; None of a coarser one."""
    return unit.path[3] if len(unit.path) > 3 else None


def _tally_rows(running: Campaign, area: _Area) -> Iterator[Sequence[Any]]:
    doors = np.bincount(area.of_home, weights=area.floors["doors"]).astype(int)
    for home, count in zip(area.homes, doors.tolist(), strict=True):
        _city, district, subdistrict, community, *_rest = home.path
        yield (running.id, home.id, community, subdistrict, district, count, *[0] * 9)


def _share_rows(running: Campaign, area: _Area, result: division.Division) -> Iterator[Sequence[Any]]:
    now = clock.now()
    shares = result.shares
    columns = (
        shares.team,
        shares.home,
        shares.entrance,
        shares.floor_from,
        shares.floor_to,
        shares.order,
        shares.doors,
    )
    for team, home, entrance, low, high, place, doors in zip(*(column.tolist() for column in columns), strict=True):
        at = area.homes[home]
        yield (running.id, area.teams[team].pk, at.id, _community(at), entrance, low, high, place, doors, now)


def close(*, campaign: UUID, reason: str, by: Actor) -> Campaign:
    """No more doors are visited for it, and its people are free. Visits that were made before still arrive.

    Raises `NotAllowed`, `ReasonNeeded`, `NotFound`.
    """
    note = rules.words_of(reason, field="reason")
    running = queries.campaign(campaign)
    queries.require(by, Act.RUN, running.unit_id)
    with transaction.atomic():
        row = Campaign.objects.select_for_update(no_key=True).get(pk=campaign)
        if row.closed_at is not None:
            raise NotFound
        row.closed_at = clock.now()
        row.version += 1
        row.save(update_fields=["closed_at", "version"])
        free(Q(team__campaign=row), row.closed_at)
        state.record(state.CAMPAIGN, row, "close", by, note)
    return row
