"""Doors that change their team while a campaign runs: a team falls out, a building is sealed. Only what must move moves.

A share is never rewritten: it ends, and another begins. So a visit that was made while the door was a team's stays that team's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from linli.campaigns import changes, division, errors, events, queries, rules, state
from linli.campaigns.actions.declaring import use
from linli.campaigns.changes import Change, Standing
from linli.campaigns.merging import REACHED
from linli.campaigns.models import Campaign, Door, Membership, Power, Share, Tally, Team
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved: doors that are left to visit, and the teams to which they went. `nobody`: doors that no team has now."""

    doors: int
    teams: int
    nobody: int


def team_out(*, team: UUID, reason: str, by: Actor) -> Moved:
    """A team goes on no more: its people are free, and what it has left goes to its neighbours.

    Raises `NotFound`, `NotAllowed`, `ReasonNeeded`.
    """
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = Team.objects.select_for_update(of=("self",)).filter(pk=team, out_at=None).first()
        if row is None:
            raise NotFound
        queries.require(by, Act.RUN, row.unit_id)
        running = _locked(row.campaign_id)
        with acting_as(SYSTEM):
            around = _around(running, row)
            moved = _rearranged(
                around, lambda now: changes.without_team(now, around.number[row.pk], around.can_do(row.pk))
            )
        row.out_at = clock.now()
        row.save(update_fields=["out_at"])
        Membership.objects.filter(team=row, until=None).update(until=row.out_at)
        state.record(state.CAMPAIGN, running, "team_out", by, note, {"team": str(row.pk), "doors": moved.doors})
        events.divided(running.id)
    return moved


def seal_building(*, campaign: UUID, building: UUID, reason: str, by: Actor) -> Moved:
    """Nobody goes into a building any more: what is left in it belongs to no team. All else stays as it is.

    Raises `NotFound`, `NotAllowed`, `NotInForce`, `PowerNotGiven`, `ReasonNeeded`.
    """
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        running = _locked(campaign)
        with acting_as(SYSTEM):
            tally = (
                Tally.objects.select_for_update().filter(campaign=running, building=building, sealed_at=None).first()
            )
        if tally is None:
            raise NotFound
        queries.require(by, Act.RUN, tally.community_id)
        name = territory.unit(building).name
        use(declaration=running.declaration_id, power=Power.SEAL_BUILDINGS, subject=name, subject_id=building, by=by)
        with acting_as(SYSTEM):
            here = Share.objects.filter(campaign=running, building=building, taken_at=None).order_by("place")
            first = here.select_related("team").first()
            tally.sealed_at = clock.now()
            tally.save(update_fields=["sealed_at"])
            moved = Moved(0, 0, 0)
            if first is not None:
                around = _around(running, first.team)
                moved = _rearranged(around, lambda now: changes.without_building(now, around.home[building]))
        state.record(state.CAMPAIGN, running, "seal", by, note, {"building": str(building), "doors": moved.doors})
        events.divided(running.id)
    return moved


def _locked(campaign: UUID) -> Campaign:
    row = Campaign.objects.select_for_update(of=("self",)).select_related("declaration").filter(pk=campaign).first()
    if row is None:
        raise NotFound
    if row.declaration.destroyed_at is not None:
        raise errors.Destroyed
    return row


@dataclass(frozen=True, slots=True)
class _Around:
    """The shares of the communities in which a team works, as columns, and the ids behind their numbers."""

    running: Campaign
    shares: list[Share]
    teams: list[Team]
    number: dict[UUID, int]
    buildings: list[UUID]
    home: dict[UUID, int]
    communities: dict[UUID, UUID]
    members: list[int]

    def columns(self) -> division.Shares:
        def column(name: str) -> NDArray[np.int64]:
            return np.array([getattr(share, name) for share in self.shares], dtype=np.int64)

        return division.Shares(
            team=np.array([self.number[share.team_id] for share in self.shares], dtype=np.int64),
            home=np.array([self.home[share.building_id] for share in self.shares], dtype=np.int64),
            entrance=column("entrance"),
            floor_from=column("floor_from"),
            floor_to=column("floor_to"),
            order=column("place"),
            doors=column("doors"),
            minutes=np.zeros(len(self.shares)),
        )

    def can_do(self, gone: UUID) -> NDArray[np.float64]:
        """Minutes of work that each team still gets done until the screening is due; the one that falls out none."""
        days = max((self.running.due_at - clock.now()).total_seconds() / 86_400, 0.1)
        return np.array(
            [
                0.0 if team.pk == gone else team.minutes * count * days
                for team, count in zip(self.teams, self.members, strict=True)
            ]
        )


def _around(running: Campaign, team: Team) -> _Around:
    """Everything of the communities in which the team has shares: there are its neighbours."""
    mine = Share.objects.filter(team=team, taken_at=None)
    near = set(mine.values_list("community", flat=True))
    shares = list(
        Share.objects.filter(campaign=running, community__in=near, taken_at=None).order_by("place", "-floor_from")
    )
    teams = list(Team.objects.filter(pk__in={share.team_id for share in shares} | {team.pk}).order_by("number"))
    buildings = sorted({share.building_id for share in shares})
    people: dict[UUID, int] = dict.fromkeys((one.pk for one in teams), 0)
    for one in Membership.objects.filter(team__in=teams, until=None).values_list("team", flat=True):
        people[one] += 1
    return _Around(
        running=running,
        shares=shares,
        teams=teams,
        number={one.pk: number for number, one in enumerate(teams)},
        buildings=buildings,
        home={building: number for number, building in enumerate(buildings)},
        communities={share.building_id: share.community_id for share in shares},
        members=[people[one.pk] for one in teams],
    )


def _rearranged(around: _Around, change: Callable[[Standing], Change]) -> Moved:
    """The change carried out on the stored shares: those that are as before stay, the others end, and new ones begin."""
    floors, visited = _floors(around)
    before, _outside = changes.stand(around.columns(), floors, visited, division.Rules(around.running.door_time / 10))
    made = change(before)
    after = _rows(around, made.standing.shares)
    kept = {_key(share): share for share in around.shares}
    now = clock.now()
    ended = [share.pk for key, share in kept.items() if key not in after]
    Share.objects.filter(pk__in=ended).update(taken_at=now)
    Share.objects.bulk_create(row for key, row in after.items() if key not in kept)
    to = {one.to_team for one in made.moved}
    return Moved(
        doors=sum(one.doors for one in made.moved),
        teams=len(to - {division.NOBODY}),
        nobody=sum(one.doors for one in made.moved if one.to_team == division.NOBODY),
    )


def _floors(around: _Around) -> tuple[division.Floors, NDArray[np.int64]]:
    """How many doors are on each floor, and how many of them are done with."""
    doors = territory.doors_of(around.buildings)
    reached = set(
        Door.objects.filter(campaign=around.running, building__in=around.buildings, outcome__in=REACHED).values_list(
            "door", flat=True
        )
    )
    counts: dict[tuple[int, int, int], list[int]] = {}
    for door in doors:
        count = counts.setdefault((around.home[door.building_id], door.entrance, door.floor), [0, 0])
        count[0] += 1
        count[1] += door.id in reached
    table = np.array([[*place, *count] for place, count in sorted(counts.items())], dtype=np.int64)
    return division.Floors(*(table[:, column] for column in range(4))), table[:, 4]


def _rows(around: _Around, shares: division.Shares) -> dict[tuple[object, ...], Share]:
    columns = (
        shares.team,
        shares.home,
        shares.entrance,
        shares.floor_from,
        shares.floor_to,
        shares.order,
        shares.doors,
    )
    rows = [
        Share(
            campaign=around.running,
            team=around.teams[team],
            building_id=around.buildings[home],
            community_id=around.communities[around.buildings[home]],
            entrance=entrance,
            floor_from=low,
            floor_to=high,
            place=place,
            doors=doors,
            given_at=clock.now(),
        )
        for team, home, entrance, low, high, place, doors in zip(*(column.tolist() for column in columns), strict=True)
    ]
    return {_key(row): row for row in rows}


def _key(share: Share) -> tuple[object, ...]:
    return (share.team_id, share.building_id, share.entrance, share.floor_from, share.floor_to)
