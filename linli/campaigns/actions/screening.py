"""Screening: begun for an area, its doors divided among the teams, closed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Q
from numpy.typing import NDArray

from linli.campaigns import division, errors, events, queries, rules, state
from linli.campaigns.actions.declaring import use
from linli.campaigns.actions.freeing import free
from linli.campaigns.models import Campaign, Outcome, Power, Share, Tally
from linli.campaigns.queries import forms as published
from linli.campaigns.rules import Act
from linli.foundation import bulk, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

_TEAMS = np.dtype([("id", "V16"), ("unit", "V16"), ("minutes", ">i2")])
_TEAMS_THERE = """
SELECT id, unit_id, minutes FROM campaigns_team WHERE campaign_id = %s AND out_at IS NULL ORDER BY number
"""
# Counted by itself: of tables that were filled a moment ago PostgreSQL has no statistics to join them by.
_MEMBERS = np.dtype([("team", "V16"), ("people", ">i4")])
_MEMBERS_THERE = """
SELECT team_id, count(*)::int FROM campaigns_membership WHERE until IS NULL GROUP BY team_id ORDER BY team_id
"""
_SHARES = np.dtype(
    [
        ("campaign_id", "V16"), ("team_id", "V16"), ("building_id", "V16"), ("community_id", "V16"), ("entrance", ">i2"),
        ("floor_from", ">i2"), ("floor_to", ">i2"), ("place", ">i4"), ("doors", ">i4"), ("given_at", ">i8"),
    ]
)  # fmt: skip
_COUNTS = ("doors", "found", *Outcome.values, "visits", "aside")
_TALLIES = np.dtype(
    [(f"{unit}_id", "V16") for unit in ("campaign", "building", "community", "subdistrict", "district")]
    + [(count, ">i4") for count in _COUNTS]
)


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
    """Doors and teams as columns: half a million floors are no rows of Python's."""

    # `territory.HOMES`, of those with doors.
    homes: NDArray[np.void]
    # `territory.FLOORS`, and the row of the home of each.
    floors: NDArray[np.void]
    of_home: NDArray[np.int64]
    # `_TEAMS`, and how many people are in each.
    teams: NDArray[np.void]
    members: NDArray[np.int64]


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
            bulk.insert_records(Tally, _tallies(running, area))
            bulk.insert_records(Share, _shares(running, area, result))
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
    # Floors come by building, and homes by id.
    first = np.append(True, floors["building"][1:] != floors["building"][:-1])
    homes = territory.places_of_homes([running.unit_id])
    homes = homes[np.searchsorted(homes["id"], floors["building"][first])]
    teams = bulk.read_records(_TEAMS_THERE, [running.pk], _TEAMS)
    members = bulk.read_records(_MEMBERS_THERE, [], _MEMBERS)
    with_people = np.isin(teams["id"], members["team"])
    if not with_people.any():
        raise errors.NoTeams
    teams = teams[with_people]
    people = members["people"][np.searchsorted(members["team"], teams["id"])]
    return _Area(homes, floors, np.cumsum(first) - 1, teams, people.astype(np.int64))


def _divided(running: Campaign, area: _Area) -> division.Division:
    """Teams stay in their community; those of a coarser unit, and those whose community has no doors, go where most is left."""
    communities, of_home = np.unique(area.homes["community"], return_inverse=True)
    floors = division.Floors(
        area.of_home, *(area.floors[name].astype(np.int64) for name in ("entrance", "floor", "doors"))
    )
    buildings = division.Buildings(
        community=of_home,
        area=np.zeros(len(area.homes), dtype=np.int64),
        lon=area.homes["lon"].astype(np.float64),
        lat=area.homes["lat"].astype(np.float64),
    )
    row_of = {UUID(bytes=community): row for row, community in enumerate(communities.tolist())}
    ids, of_team = np.unique(area.teams["unit"], return_inverse=True)
    units = [territory.unit(UUID(bytes=unit)) for unit in ids.tolist()]
    teams = division.Teams(
        community=np.array([_row_of_community(row_of, unit) for unit in units])[of_team],
        area=np.zeros(len(of_team), dtype=np.int64),
        lon=_places(unit.lon for unit in units)[of_team],
        lat=_places(unit.lat for unit in units)[of_team],
        members=area.members,
        minutes_a_day=area.teams["minutes"].astype(np.float64),
        pace=np.ones(len(of_team)),
    )
    return division.divide(floors, buildings, teams, division.Rules(door_minutes=running.door_time / 10))


def _places(degrees: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if one is None else one for one in degrees])


def _row_of_community(rows: Mapping[UUID, int], unit: UnitInfo) -> int:
    """Of a team's unit, where that lies in a community with doors."""
    return rows.get(unit.path[3], division.WHOLE_AREA) if len(unit.path) > 3 else division.WHOLE_AREA


def _tallies(running: Campaign, area: _Area) -> NDArray[np.void]:
    found = np.zeros(len(area.homes), dtype=_TALLIES)
    found["campaign_id"] = np.void(running.pk.bytes)
    found["building_id"] = area.homes["id"]
    for unit in ("community", "subdistrict", "district"):
        found[f"{unit}_id"] = area.homes[unit]
    found["doors"] = np.bincount(area.of_home, weights=area.floors["doors"])
    return found


def _shares(running: Campaign, area: _Area, result: division.Division) -> NDArray[np.void]:
    shares = result.shares
    found = np.empty(len(shares.team), dtype=_SHARES)
    found["campaign_id"] = np.void(running.pk.bytes)
    found["team_id"] = area.teams["id"][shares.team]
    found["building_id"], found["community_id"] = area.homes["id"][shares.home], area.homes["community"][shares.home]
    for name in ("entrance", "floor_from", "floor_to", "doors"):
        found[name] = getattr(shares, name)
    found["place"] = shares.order
    found["given_at"] = bulk.microseconds(clock.now())
    return found


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
