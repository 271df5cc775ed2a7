"""How the doors of some communities stand among their teams, and what a change would move. Nothing is stored here: pages show a plan
before it is carried out, and `actions/moving.py` carries it out under a lock.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Case, IntegerField, Max, OuterRef, Q, When
from django.db.models import Exists as There
from numpy.typing import NDArray

from linli.campaigns import changes, division, errors
from linli.campaigns.changes import Change, Standing
from linli.campaigns.division import NOBODY
from linli.campaigns.models import Campaign, Member, MemberKind, Membership, Share, Tally, Team
from linli.campaigns.queries import shifts
from linli.campaigns.queries.control import until_of
from linli.campaigns.queries.coverage import reached_in
from linli.campaigns.queries.roster import in_teams
from linli.foundation import bulk, clock
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.statement import prepared
from linli.territory import queries as territory

_DAY = 86_400
_LEADS = {MemberKind.CADRE: 0, MemberKind.COMMUNITY_WORKER: 1}


class AtWork(NamedTuple):
    """A team, with how many people it has and how many minutes each works in a day."""

    pk: UUID
    number: int
    name: str
    minutes: int
    people: int


@dataclass(frozen=True, slots=True)
class Around:
    """The shares of some communities as they are stored, their teams and buildings, and the numbers that stand for these in columns."""

    running: Campaign
    share_ids: Sequence[int]
    shares: division.Shares
    teams: Sequence[AtWork]
    buildings: Sequence[UUID]
    # Of each building: `territory.HOMES`.
    homes: NDArray[np.void]
    team_number: dict[UUID, int]
    home_number: dict[UUID, int]
    floors: division.Floors
    # Of each row of `floors`: how many doors are done with.
    visited: NDArray[np.int64]

    def can_do(self, gone: UUID | None = None) -> NDArray[np.float64]:
        """Minutes of work that each team still gets done until the screening is due; one that falls out none."""
        days = max((self.running.due_at - clock.now()).total_seconds() / _DAY, 0.1)
        return np.array([0.0 if team.pk == gone else team.minutes * team.people * days for team in self.teams])

    def places(self) -> division.Buildings:
        none = np.zeros(len(self.homes), dtype=np.int64)
        return division.Buildings(none, none, self.homes["lon"].astype(float), self.homes["lat"].astype(float))

    def community_of(self, home: int) -> UUID:
        return UUID(bytes=bytes(self.homes["community"][home]))


@dataclass(frozen=True, slots=True)
class Move:
    """Floors of an entrance with the doors in them that are still to be visited, from one team to another, or from or to nobody."""

    building: UUID
    entrance: int
    floor_from: int
    floor_to: int
    doors: int
    from_team: AtWork | None
    to_team: AtWork | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change moves of what stands around it."""

    around: Around
    before: Standing
    after: Change
    # Of a team that comes: who would be in it.
    newcomers: Sequence[UUID] = ()

    @property
    def doors(self) -> int:
        """Doors that change their team."""
        return sum(one.doors for one in self.after.moved)

    @property
    def whole(self) -> int:
        """All doors that are still to be visited around it."""
        return int(self.after.standing.left.sum())

    @property
    def nobody(self) -> int:
        """Doors that no team has afterwards."""
        return sum(one.doors for one in self.after.moved if one.to_team == NOBODY)

    @property
    def receivers(self) -> int:
        return len({one.to_team for one in self.after.moved} - {NOBODY})

    @property
    def moves(self) -> list[Move]:
        return [
            Move(
                self.around.buildings[one.home],
                one.entrance,
                one.floor_from,
                one.floor_to,
                one.doors,
                self._team(one.from_team),
                self._team(one.to_team),
            )
            for one in self.after.moved
        ]

    def _team(self, number: int) -> AtWork | None:
        return None if number == NOBODY else self.around.teams[number]

    def longest(self, standing: Standing) -> timedelta:
        """How long the team that needs longest still needs, by what a visit was said to take and the hours that teams work."""
        a_day = np.array([team.minutes * team.people for team in self.around.teams])
        needs = standing.minutes_of_teams(len(a_day)) / np.maximum(a_day, 1e-9)
        return timedelta(days=float(needs[a_day > 0].max(initial=0.0)))

    @property
    def stands_for(self) -> str:
        """Other shares or other people make it another plan; visits that arrive meanwhile do not."""
        said = [*self.around.share_ids, *(team.people for team in self.around.teams), *self.newcomers]
        return sha256(repr(said).encode()).hexdigest()[:16]


def without_team(team: Team) -> Plan:
    """What it has left goes to the teams beside it."""
    near = set(Share.objects.filter(team=team, taken_at=None).values_list("community", flat=True))
    around = _around(team.campaign, near | {team.unit_id}, team)
    return _planned(around, lambda now: changes.without_team(now, around.team_number[team.pk], around.can_do(team.pk)))


def without_building(running: Campaign, tally: Tally) -> Plan:
    """What is left in it belongs to nobody."""
    around = _around(running, {tally.community_id})
    return _planned(around, lambda now: changes.without_building(now, around.home_number[tally.building_id]))


def team_that_comes(running: Campaign, community: UUID, size: int, minutes: int) -> tuple[Team, list[Member]]:
    """The team, which is not stored, and who would be in it, its leader first. Raises `NobodyFree`, `InvalidInput`."""
    if not 1 <= size <= 50 or not 1 <= minutes <= 1440:
        raise InvalidInput(field="size")
    people = newcomers(running, community, size)
    if not people:
        raise errors.NobodyFree
    with acting_as(SYSTEM):
        last = Team.objects.filter(campaign=running).aggregate(last=Max("number"))["last"] or 0
    name = f"{territory.unit(community).name}{last + 1}"[:60]
    return Team(campaign=running, unit_id=community, number=last + 1, name=name, minutes=minutes), people


def with_team(team: Team, people: Sequence[Member]) -> Plan:
    """It takes from those of its community who would need longest."""
    around = _around(team.campaign, {team.unit_id}, team, len(people))
    plan = _planned(around, lambda now: changes.with_team(now, around.team_number[team.pk], around.can_do()))
    return replace(plan, newcomers=[one.pk for one in people])


def with_late_doors(running: Campaign, community: UUID) -> Plan:
    """Doors that the lists have now, and no team: of new floors and buildings, and what was nobody's. Each goes to the team beside it."""
    around = _around(running, {community})
    closed = _sealed(around, community)
    before, outside = _stand(around)
    floors, left = around.floors, around.floors.doors > around.visited
    rows = np.array(
        [row for row in outside.tolist() if left[row] and int(floors.home[row]) not in closed], dtype=np.int64
    )
    late = division.Floors(*(getattr(floors, name)[rows] for name in floors.__slots__))
    grown = changes.grown(around.shares, before)
    after = changes.with_doors(before, late, around.places(), _rules(running))
    return Plan(around, before, Change(after.standing, (*grown, *after.moved)))


def newcomers(running: Campaign, community: UUID, count: int) -> list[Member]:
    """Who of the roster is in no team nor on duty elsewhere and can be sent there: those of the community first, and first who can lead.

    Whoever was in a team of this screening that went out comes last: they may be ill.
    """
    path = territory.unit(community).path
    mine = Membership.objects.filter(member=OuterRef("pk"))
    busy, was = in_teams().filter(member=OuterRef("pk")), mine.filter(team__campaign=running)
    with acting_as(SYSTEM):
        near = Q(member__unit__in=path) | Q(member__unit__path__contains=[community])
        elsewhere = list(shifts.elsewhere(community, until_of(running)).filter(near).values_list("member", flat=True))
    free = Member.objects.filter(~There(busy), Q(unit__in=path) | Q(unit__path__contains=[community]), left_at=None)
    free = free.exclude(pk__in=elsewhere)
    nearest = [When(unit=unit, then=len(path) - place) for place, unit in enumerate(path)]
    leads = [When(kind=kind, then=rank) for kind, rank in _LEADS.items()]
    ordered = free.annotate(
        was=There(was),
        away=Case(*nearest, default=0, output_field=IntegerField()),
        rank=Case(*leads, default=len(_LEADS), output_field=IntegerField()),
    ).order_by("was", "away", "rank", "pk")
    return list(ordered[:count])


# By buildings: by community every share of the screening would be looked through.
_GIVEN = """
SELECT id, team_id, building_id, entrance, floor_from, floor_to, place, doors FROM campaigns_share
WHERE campaign_id = %s AND building_id = ANY (%s) AND taken_at IS NULL ORDER BY place, floor_from DESC
"""
_SHARES = np.dtype(
    [
        ("id", ">i8"), ("team", "V16"), ("building", "V16"), ("entrance", ">i2"), ("floor_from", ">i2"), ("floor_to", ">i2"),
        ("place", ">i4"), ("doors", ">i4"),
    ]
)  # fmt: skip


_TEAMS = """
SELECT id, number, name, minutes, (SELECT count(*)::int FROM campaigns_membership WHERE team_id = team.id AND until IS NULL)
FROM campaigns_team AS team WHERE id = ANY ($1::uuid[])
"""


def _around(running: Campaign, communities: Collection[UUID], also: Team | None = None, people: int = 0) -> Around:
    """Everything that stands in these communities, and a team that has nothing there; one that is not stored yet, with its people."""
    with acting_as(SYSTEM):
        homes = territory.places_of_homes(communities)
        if not len(homes):
            raise NotFound
        buildings = [UUID(bytes=home) for home in homes["id"].tolist()]
        given = bulk.read_records(_GIVEN, [running.pk, buildings], _SHARES)
        ids = {UUID(bytes=team) for team in set(given["team"].tolist())} | ({also.pk} if also else set())
        rows = prepared(_TEAMS, [list(ids)])
        floors = territory.doors_by_floor(communities, these=reached_in(running, buildings))
    known = {row[0]: AtWork(*row) for row in rows}
    if also is not None and also.pk not in known:
        known[also.pk] = AtWork(also.pk, also.number, also.name, also.minutes, people)
    teams = sorted(known.values(), key=lambda one: one.number)
    team_number = {team.pk: place for place, team in enumerate(teams)}
    home_number = {building: place for place, building in enumerate(buildings)}
    shares = division.Shares(
        team=_numbered(team_number, given["team"]),
        home=_numbered(home_number, given["building"]),
        order=given["place"].astype(np.int64),
        minutes=np.zeros(len(given)),
        **{name: given[name].astype(np.int64) for name in ("entrance", "floor_from", "floor_to", "doors")},
    )
    return Around(
        running=running,
        share_ids=given["id"].tolist(),
        shares=shares,
        teams=teams,
        buildings=buildings,
        homes=homes,
        team_number=team_number,
        home_number=home_number,
        floors=division.Floors(
            _numbered(home_number, floors["building"]),
            *(floors[name].astype(np.int64) for name in ("entrance", "floor", "doors")),
        ),
        visited=floors["these"].astype(np.int64),
    )


def _numbered(number: dict[UUID, int], ids: NDArray[np.void]) -> NDArray[np.int64]:
    """What stands for each of these ids in columns."""
    by_bytes = {one.bytes: place for one, place in number.items()}
    return np.array([by_bytes[one] for one in ids.tolist()], dtype=np.int64)


def _planned(around: Around, change: Callable[[Standing], Change]) -> Plan:
    before, _outside = _stand(around)
    return Plan(around, before, change(before))


def _stand(around: Around) -> tuple[Standing, NDArray[np.int64]]:
    """How they stand, and the floors that no team has."""
    return changes.stand(around.shares, around.floors, around.visited, _rules(around.running))


def _rules(running: Campaign) -> division.Rules:
    return division.Rules(running.door_time / 10)


def _sealed(around: Around, community: UUID) -> set[int]:
    closed = Tally.objects.filter(campaign=around.running, community=community, sealed_at__isnull=False)
    return {
        around.home_number[building]
        for building in closed.values_list("building", flat=True)
        if building in around.home_number
    }
