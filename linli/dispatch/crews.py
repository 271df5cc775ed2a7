"""Who could be sent, one by one and in teams, as they are now or will be in a coming shift."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linli.cases import queries as cases
from linli.dispatch import rules
from linli.dispatch.models import Team
from linli.dispatch.solver import Worker
from linli.dispatch.travel import Mode, Place
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.statement import prepared
from linli.people import queries as people
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who handles for a body that works here, as the solver sees them, and as people know them.

    A team stands for its members who are on duty: `person_id` is its leader.
    """

    worker: Worker
    person_id: UUID
    name: str
    body_id: UUID
    # Nobody knows where they are: they are counted from the middle of the unit of their shift.
    place_is_guess: bool = False
    team_id: UUID | None = None
    members: tuple[tuple[UUID, str], ...] = ()

    @property
    def is_on_duty(self) -> bool:
        return self.worker.starts is not None


def bodies_in(unit_id: UUID) -> set[UUID]:
    return {body.id for body in people.bodies() if unit_id in body.unit_path}


def path_of(person_id: UUID, body_id: UUID | None, unit_id: UUID) -> str:
    """The page of somebody's skills and shifts in a unit; who works for a body above it has theirs there, and is only listed here."""
    here = body_id is not None and unit_id in people.body(body_id).unit_path
    return f"/dispatch/people/{person_id}/" if here else "/dispatch/"


def middle_of(unit_id: UUID) -> Place | None:
    try:
        unit = territory.unit(unit_id)
    except NotFound:
        return None
    return None if unit.lon is None or unit.lat is None else (unit.lon, unit.lat)


# What dispatch keeps of some people: the shift that counts, the place where they last were, the team that they go with, their skills.
_KEPT = """
SELECT one.person, shift.unit_id, shift.body_id, shift.starts_at, shift.ends_at, place.lon, place.lat,
    ARRAY(
        SELECT skill.code FROM dispatch_personskill able JOIN dispatch_skill skill ON skill.id = able.skill_id
        WHERE able.person_id = one.person
    ),
    team.id, team.name, team.body_id, team.leader_id, team.mode, team.most, member.starts_at
FROM unnest($1::uuid[]) AS one (person)
LEFT JOIN LATERAL (
    SELECT * FROM dispatch_shift s WHERE s.person_id = one.person AND s.starts_at <= $4::timestamptz AND s.ends_at > $3::timestamptz
    ORDER BY s.starts_at LIMIT 1
) shift ON true
LEFT JOIN dispatch_position place ON place.person_id = one.person AND place.at >= $5::timestamptz
LEFT JOIN dispatch_teammember member ON member.person_id = one.person
    AND member.starts_at <= $3::timestamptz AND (member.ends_at IS NULL OR member.ends_at > $3::timestamptz)
LEFT JOIN dispatch_team team ON team.id = member.team_id AND team.ended_at IS NULL AND team.body_id = ANY($2::uuid[])
"""


class _Kept(NamedTuple):
    """A row of it."""

    person: UUID
    unit_id: UUID | None
    body_id: UUID | None
    starts: datetime | None
    ends: datetime | None
    lon: float | None
    lat: float | None
    skills: list[str]
    team_id: UUID | None
    team_name: str
    team_body_id: UUID
    leader_id: UUID
    mode: str
    most: int
    member_since: datetime


def workers(body_ids: Collection[UUID], *, coming: bool = False, in_teams: bool = True) -> list[OnDuty]:
    """Everybody who handles for these bodies, on duty or not, and teams in the place of their members who are on duty.

    With `coming` a shift that begins within a day counts too, as it will be then: for rounds. Three statements, however many there
    are. For those who may dispatch.
    """
    now = clock.now()
    handlers = people.handlers_of(body_ids)
    ids = {one.id for one in handlers}
    with acting_as(SYSTEM):
        kept = _kept(ids, body_ids, now, coming=coming)
        held = cases.in_hand_of(ids)
    one_by_one: dict[UUID, OnDuty] = {}
    for one in handlers:
        row = kept[one.id]
        if one.id in one_by_one and (row.starts is None or row.body_id != one.body_id):
            continue
        known = None if row.lon is None or row.lat is None else (row.lon, row.lat)
        place = known or (middle_of(row.unit_id) if row.unit_id else None)
        is_later = row.starts is not None and row.starts > now
        worker = Worker(
            id=str(one.id),
            place=place,
            starts=row.starts,
            ends=row.ends,
            skills=frozenset(row.skills),
            team=str(one.body_id),
            # What they hold now they will have done by then.
            in_hand=0 if is_later else held.get(one.id, 0),
            most=rules.MOST_STOPS if coming else rules.MOST_IN_HAND,
        )
        guess = known is None and place is not None
        one_by_one[one.id] = OnDuty(worker, one.id, one.name, one.body_id, guess)
    return _with_teams(one_by_one, _members(kept.values())) if in_teams else list(one_by_one.values())


def _kept(ids: Collection[UUID], body_ids: Collection[UUID], now: datetime, *, coming: bool) -> dict[UUID, _Kept]:
    latest = now + rules.ROUNDS_AHEAD if coming else now
    asked = [list(ids), list(body_ids), now, latest, now - rules.POSITION_LASTS]
    rows = prepared(_KEPT, asked)
    return {row[0]: _Kept(*row) for row in rows}


def _members(rows: Iterable[_Kept]) -> dict[Team, list[UUID]]:
    """Who goes with which team now, by the team's name; nobody goes with two."""
    found: dict[Team, list[UUID]] = {}
    going = [row for row in rows if row.team_id is not None]
    for row in sorted(going, key=lambda row: (row.team_name, row.team_id, row.member_since, row.person)):
        team = Team(
            id=row.team_id,
            name=row.team_name,
            body_id=row.team_body_id,
            leader_id=row.leader_id,
            mode=row.mode,
            most=row.most,
        )
        found.setdefault(team, []).append(row.person)
    return found


def _with_teams(one_by_one: Mapping[UUID, OnDuty], teams: Mapping[Team, Sequence[UUID]]) -> list[OnDuty]:
    """A team goes while its leader is on duty, with the members who are then; they are not sent one by one."""
    kept, found = dict(one_by_one), []
    for team, members in teams.items():
        leader = one_by_one.get(team.leader_id)
        going = [one for member in members if (one := one_by_one.get(member)) and one.is_on_duty]
        if leader is None or not leader.is_on_duty or team.leader_id not in members:
            nobody = Worker(
                str(team.id), None, None, None, team=str(team.body_id), most=team.most, mode=Mode(team.mode)
            )
            found.append(OnDuty(nobody, team.leader_id, team.name, team.body_id, team_id=team.id))
            continue
        for one in going:
            kept.pop(one.person_id, None)
        found.append(_team(team, leader, going))
    return [*found, *kept.values()]


def _team(team: Team, leader: OnDuty, going: Sequence[OnDuty]) -> OnDuty:
    """It is where its leader is, can do what any of them can, and goes home with the first of them."""
    ends = [one.worker.ends for one in going if one.worker.ends is not None]
    worker = replace(
        leader.worker,
        id=str(team.id),
        ends=min(ends),
        skills=frozenset().union(*(one.worker.skills for one in going)),
        team=str(team.body_id),
        most=team.most,
        mode=Mode(team.mode),
    )
    members = tuple((one.person_id, one.name) for one in going)
    return OnDuty(worker, team.leader_id, team.name, team.body_id, leader.place_is_guess, team.id, members)


def teams_of(ids: Collection[UUID]) -> dict[UUID, Team]:
    """Those of these that are teams and go yet. One statement. For those who may dispatch: the database asks for the unit."""
    return {team.id: team for team in Team.objects.filter(pk__in=ids, ended_at=None)}
