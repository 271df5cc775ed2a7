"""Who could be sent, one by one and in teams, as they are now or will be in a coming shift."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from linli.cases import queries as cases
from linli.dispatch import rules
from linli.dispatch.models import PersonSkill, Position, Shift, Team, TeamMember
from linli.dispatch.solver import Worker
from linli.dispatch.travel import Mode, Place
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.errors import NotFound
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


def middle_of(unit_id: UUID) -> Place | None:
    try:
        unit = territory.unit(unit_id)
    except NotFound:
        return None
    return None if unit.lon is None or unit.lat is None else (unit.lon, unit.lat)


def workers(body_ids: Collection[UUID], *, coming: bool = False, in_teams: bool = True) -> list[OnDuty]:
    """Everybody who handles for these bodies, on duty or not, and teams in the place of their members who are on duty.

    With `coming` a shift that begins within a day counts too, as it will be then: for rounds. Seven statements, however many there
    are. For those who may dispatch.
    """
    now = clock.now()
    handlers = people.handlers_of(body_ids)
    ids = {one.id for one in handlers}
    latest = now + rules.ROUNDS_AHEAD if coming else now
    with acting_as(SYSTEM):
        found = Shift.objects.filter(person__in=ids, starts_at__lte=latest, ends_at__gt=now)
        shifts = {row.person_id: row for row in found.order_by("-starts_at")}
        fresh = Position.objects.filter(person__in=ids, at__gte=now - rules.POSITION_LASTS)
        places = {row.person_id: (row.lon, row.lat) for row in fresh}
        held = cases.in_hand_of(ids)
        able: dict[UUID, set[str]] = {}
        for person, code in PersonSkill.objects.filter(person__in=ids).values_list("person", "skill__code"):
            able.setdefault(person, set()).add(code)
        teams = _members(body_ids, ids, now) if in_teams else {}
    one_by_one: dict[UUID, OnDuty] = {}
    for one in handlers:
        shift = shifts.get(one.id)
        if one.id in one_by_one and (shift is None or shift.body_id != one.body_id):
            continue
        place = places.get(one.id) or (middle_of(shift.unit_id) if shift else None)
        is_later = shift is not None and shift.starts_at > now
        worker = Worker(
            id=str(one.id),
            place=place,
            starts=shift.starts_at if shift else None,
            ends=shift.ends_at if shift else None,
            skills=frozenset(able.get(one.id, ())),
            team=str(one.body_id),
            # What they hold now they will have done by then.
            in_hand=0 if is_later else held.get(one.id, 0),
            most=rules.MOST_STOPS if coming else rules.MOST_IN_HAND,
        )
        guess = one.id not in places and place is not None
        one_by_one[one.id] = OnDuty(worker, one.id, one.name, one.body_id, guess)
    return _with_teams(one_by_one, teams)


def _members(body_ids: Collection[UUID], ids: Collection[UUID], now: datetime) -> dict[Team, list[UUID]]:
    """Who goes with which team of these bodies now. One statement."""
    found: dict[Team, list[UUID]] = {}
    in_force = TeamMember.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        team__body__in=body_ids,
        team__ended_at=None,
        starts_at__lte=now,
        person__in=ids,
    )
    for row in in_force.select_related("team").order_by("team__name", "team_id", "starts_at", "pk"):
        found.setdefault(row.team, []).append(row.person_id)
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
