"""Doors that change their team while a campaign runs: a team falls out or comes, a building is sealed, doors are found late.

Only what must move moves. A share is never rewritten: it ends, and another begins. So a visit that was made while the door was a
team's stays that team's. What a change would move is a plan (`queries/moving.py`) that is shown before; `seen` names the one that was
looked at, and where others moved doors meanwhile nothing is done.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Q

from linli.campaigns import division, errors, events, queries, rules, state
from linli.campaigns.actions.declaring import use
from linli.campaigns.actions.freeing import free_of_what_is_over
from linli.campaigns.actions.roster import taken_by_nobody_else
from linli.campaigns.models import Campaign, Membership, Power, Share, Tally, Team
from linli.campaigns.queries import moving
from linli.campaigns.queries.moving import Around, Plan
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


def team_out(*, team: UUID, reason: str, by: Actor, seen: str = "") -> Moved:
    """A team goes on no more: its people are free, and what it has left goes to its neighbours.

    Raises `NotFound`, `NotAllowed`, `NotInForce`, `ScreeningClosed`, `ReasonNeeded`, `MovedMeanwhile`.
    """
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = Team.objects.select_for_update(of=("self",), no_key=True).filter(pk=team, out_at=None).first()
        if row is None:
            raise NotFound
        queries.require(by, Act.RUN, row.unit_id)
        row.campaign = running = _locked(row.campaign_id)
        moved = _carried_out(moving.without_team(row), seen)
        row.out_at = clock.now()
        row.save(update_fields=["out_at"])
        Membership.objects.filter(team=row, until=None).update(until=row.out_at)
        _tell(running, "team_out", by, note, moved, team=row.pk)
    return moved


def team_comes(
    *, campaign: UUID, community: UUID, size: int, minutes: int, reason: str, by: Actor, seen: str = ""
) -> Moved:
    """A team is formed of people of the roster who are free, and takes from those who would need longest. Calling them up is a power.

    Raises `NotFound`, `NotAllowed`, `NotInForce`, `ScreeningClosed`, `PowerNotGiven`, `NobodyFree`, `ReasonNeeded`, `MovedMeanwhile`.
    """
    note = rules.words_of(reason, field="reason")
    queries.require(by, Act.RUN, community)
    with transaction.atomic():
        running = _locked(campaign)
        team, people = moving.team_that_comes(running, community, size, minutes)
        use(declaration=running.declaration_id, power=Power.CALL_UP, subject=team.name, subject_id=team.pk, by=by)
        plan = moving.with_team(team, people)
        team.save(force_insert=True)
        free_of_what_is_over(Q(member__in=people))
        with taken_by_nobody_else():
            Membership.objects.bulk_create(
                Membership(team=team, member=member, leads=place == 0) for place, member in enumerate(people)
            )
        moved = _carried_out(plan, seen)
        _tell(running, "team_in", by, note, moved, team=team.pk)
    return moved


def seal_building(*, campaign: UUID, building: UUID, reason: str, by: Actor, seen: str = "") -> Moved:
    """Nobody goes into a building any more: what is left in it belongs to no team. All else stays as it is.

    Raises `NotFound`, `NotAllowed`, `NotInForce`, `ScreeningClosed`, `PowerNotGiven`, `ReasonNeeded`, `MovedMeanwhile`.
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
        moved = _carried_out(moving.without_building(running, tally), seen)
        with acting_as(SYSTEM):
            tally.sealed_at = clock.now()
            tally.save(update_fields=["sealed_at"])
        _tell(running, "seal", by, note, moved, building=building)
    return moved


def take_late_doors(*, campaign: UUID, community: UUID, reason: str, by: Actor, seen: str = "") -> Moved:
    """Doors that the lists have now, and no team, join the team beside them. To visit them is a power.

    Raises `NotFound`, `NotAllowed`, `NotInForce`, `ScreeningClosed`, `PowerNotGiven`, `NothingLate`, `ReasonNeeded`, `MovedMeanwhile`.
    """
    note = rules.words_of(reason, field="reason")
    queries.require(by, Act.RUN, community)
    with transaction.atomic():
        running = _locked(campaign)
        name = territory.unit(community).name
        power = Power.VISIT_HOUSEHOLDS
        use(declaration=running.declaration_id, power=power, subject=name, subject_id=community, by=by)
        plan = moving.with_late_doors(running, community)
        if not plan.doors:
            raise errors.NothingLate
        moved = _carried_out(plan, seen)
        _count_anew(plan.around)
        _tell(running, "late", by, note, moved, community=community)
    return moved


def _locked(campaign: UUID) -> Campaign:
    """Not its key: visits that arrive meanwhile refer to it, and would wait while they hold what is asked for next."""
    row = (
        Campaign.objects.select_for_update(of=("self",), no_key=True)
        .select_related("declaration")
        .filter(pk=campaign)
        .first()
    )
    if row is None:
        raise NotFound
    if row.declaration.destroyed_at is not None:
        raise errors.Destroyed
    queries.require_open(row)
    return row


def _tell(running: Campaign, action: str, by: Actor, note: str, moved: Moved, **about: UUID) -> None:
    state.record(
        state.CAMPAIGN,
        running,
        action,
        by,
        note,
        {**{name: str(one) for name, one in about.items()}, "doors": moved.doors},
    )
    events.divided(running.id)


def _carried_out(plan: Plan, seen: str) -> Moved:
    """On the stored shares: those that are as before stay, the others end, and new ones begin. Raises `MovedMeanwhile`."""
    if seen and seen != plan.stands_for:
        raise errors.MovedMeanwhile
    around, after = plan.around, _rows(plan.around, plan.after.standing.shares)
    kept = dict(
        zip(_keys(around.shares), zip(around.share_ids, around.shares.doors.tolist(), strict=True), strict=True)
    )
    with acting_as(SYSTEM):
        ended = [share for key, (share, _doors) in kept.items() if key not in after]
        Share.objects.filter(pk__in=ended).update(taken_at=clock.now())
        more = [
            Share(pk=share, doors=after[key].doors)
            for key, (share, doors) in kept.items()
            if key in after and doors != after[key].doors
        ]
        Share.objects.bulk_update(more, ["doors"])
        Share.objects.bulk_create(row for key, row in after.items() if key not in kept)
    return Moved(doors=plan.doors, teams=plan.receivers, nobody=plan.nobody)


def _rows(around: Around, shares: division.Shares) -> dict[tuple[int, ...], Share]:
    columns = (shares.order.tolist(), shares.doors.tolist())
    return {
        key: Share(
            campaign=around.running,
            team_id=around.teams[key[0]].pk,
            building_id=around.buildings[key[1]],
            community_id=around.community_of(key[1]),
            entrance=key[2],
            floor_from=key[3],
            floor_to=key[4],
            place=place,
            doors=doors,
            given_at=clock.now(),
        )
        for key, place, doors in zip(_keys(shares), *columns, strict=True)
    }


def _keys(shares: division.Shares) -> Iterable[tuple[int, ...]]:
    """Which floors each share gives to whom: team, building, entrance, from, to."""
    columns = (shares.team, shares.home, shares.entrance, shares.floor_from, shares.floor_to)
    return zip(*(column.tolist() for column in columns), strict=True)


def _count_anew(around: Around) -> None:
    """Each building has as many doors as its lists have now; one that was built since is counted from now on."""
    listed = np.bincount(around.floors.home, weights=around.floors.doors, minlength=len(around.homes)).astype(int)
    with acting_as(SYSTEM):
        known = {tally.building_id: tally for tally in _tallies(around)}
        new = []
        for home, (building, doors) in enumerate(zip(around.buildings, listed.tolist(), strict=True)):
            if building in known:
                known[building].doors = doors
            elif doors:
                _city, district, subdistrict, community = territory.unit(around.community_of(home)).path
                tally = Tally(
                    campaign=around.running,
                    building_id=building,
                    community_id=community,
                    subdistrict_id=subdistrict,
                    district_id=district,
                    doors=doors,
                )
                new.append(tally)
        Tally.objects.bulk_create(new)
        Tally.objects.bulk_update(known.values(), ["doors"])


def _tallies(around: Around) -> list[Tally]:
    found = Tally.objects.select_for_update().filter(campaign=around.running, building__in=around.buildings)
    return list(found.order_by("building"))
