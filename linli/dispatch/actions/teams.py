"""Teams: who goes together, how, and who answers for it."""

from collections.abc import Collection
from uuid import UUID

from django.db import IntegrityError, transaction

from linli.cases.rules import clean_text, says_something
from linli.dispatch import errors, events, queries, rules
from linli.dispatch.models import Team, TeamMember
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import InvalidInput
from linli.people import queries as people
from linli.territory import queries as territory


def form_team(
    *, name: str, unit: UUID, body: UUID, leader: UUID, members: Collection[UUID], mode: str, most: int, by: Actor,
) -> Team:  # fmt: skip
    """People who handle for the body go together from now on. Raises NotFound, NotAllowed, NoSuchWorker, WrongTeam, InATeamAlready."""
    path = territory.unit(unit).path
    rules.require(by, rules.PLANNERS, path)
    made = Team(unit_id=unit, body_id=body)
    with transaction.atomic():
        _set(made, name, leader, mode, most)
        made.save(force_insert=True)
        _let_go_together(made, {leader, *members})
        events.planned(unit, path)
    return made


def change_team(
    *, team: UUID, name: str, leader: UUID, members: Collection[UUID], mode: str, most: int, by: Actor
) -> Team:
    """Who goes with it from now on, and how. Who has gone with it stays on record. Raises as `form_team`."""
    found = queries.team(by, team)
    with transaction.atomic():
        _set(found, name, leader, mode, most)
        found.save()
        _let_go_together(found, {leader, *members})
        events.planned(found.unit_id, territory.unit(found.unit_id).path)
    return found


def end_team(*, team: UUID, by: Actor) -> None:
    """It goes no more; its members are sent one by one again. Raises NotFound."""
    found = queries.team(by, team)
    now = clock.now()
    with transaction.atomic():
        Team.objects.filter(pk=found.pk).update(ended_at=now)
        _end(found, keep=())
        events.planned(found.unit_id, territory.unit(found.unit_id).path)


def _set(team: Team, name: str, leader: UUID, mode: str, most: int) -> None:
    if not says_something(name):
        raise InvalidInput(field="name")
    if mode not in Team.Mode.values or not 1 <= most <= rules.MOST_OF_A_TEAM:
        raise errors.WrongTeam(field="most")
    team.name, team.leader_id, team.mode, team.most = clean_text(name, 60), leader, mode, most


def _let_go_together(team: Team, members: Collection[UUID]) -> None:
    if not 2 <= len(members) <= rules.MOST_MEMBERS:
        raise errors.WrongTeam(field="members")
    # A body works in one line of the territory with the unit, as shifts do.
    home, path = people.body(team.body_id).unit_path, territory.unit(team.unit_id).path
    if home[-1] not in path and path[-1] not in home:
        raise errors.NoSuchWorker(field="members")
    if not set(members) <= {one.id for one in people.handlers_of([team.body_id])}:
        raise errors.WrongTeam(field="members")
    _end(team, keep=members)
    have = {row.person_id for row in queries.members_of([team.id]).get(team.id, [])}
    try:
        with transaction.atomic():
            TeamMember.objects.bulk_create(
                [TeamMember(team=team, person_id=one, starts_at=clock.now()) for one in sorted(set(members) - have)]
            )
    except IntegrityError:
        raise errors.InATeamAlready(field="members") from None


def _end(team: Team, keep: Collection[UUID]) -> None:
    now = clock.now()
    going = TeamMember.objects.filter(team=team, ends_at=None).exclude(person__in=keep)
    # Who joined this very moment has never gone with it.
    going.filter(starts_at__gte=now).delete()
    going.update(ends_at=now)
