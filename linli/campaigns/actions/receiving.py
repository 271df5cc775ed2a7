"""Visits as they come from the phones: stored once, counted once, in any order, as often as they are sent.

A batch is one transaction in a number of statements that does not grow with it. Its team and its declaration are locked first
(`locks.py`): the same batch sent twice at once is stored once, and nothing comes after the data were destroyed. Then the tallies of its
buildings, in the order of their ids: what the doors of a building are is then nobody else's to change.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from linli.campaigns import answering, errors, events, following, handing, merging, position, rules, sealed
from linli.campaigns.actions.hours import count_hours
from linli.campaigns.actions.households import along_with_households
from linli.campaigns.actions.locks import hold_team
from linli.campaigns.merging import Standing
from linli.campaigns.models import (
    Aside,
    Campaign,
    Door,
    FollowUp,
    Membership,
    Outcome,
    Share,
    Submission,
    Tally,
    Team,
)
from linli.campaigns.position import Position
from linli.foundation import bulk, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed
from linli.territory import queries as territory

MOST = 500
MOST_ANSWERS = 64 * 1024
MOST_NOTE = 500
# Between a visit and its sending by the phone's clock: one whose battery was empty begins in 1970.
LONGEST = timedelta(days=36525)
_AS_SAID = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
_AS_KEPT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_SUBMISSION = tuple(field.attname for field in Submission._meta.concrete_fields)
_DOOR = tuple(field.attname for field in Door._meta.concrete_fields)
_TALLY = ("id", "found", "visits", "aside", *Outcome.values)
_values_of, _door_values, _tally_values = attrgetter(*_SUBMISSION), attrgetter(*_DOOR), attrgetter(*_TALLY)
_DOOR_STOOD = "ON CONFLICT (campaign_id, door) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("outcome", "visits", "visited_at", "next_at", "submission", "teams")
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a phone says of one visit. Times are its own clock's."""

    id: UUID
    door: UUID
    outcome: str
    visited_at: datetime
    answers: Mapping[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None
    # Of a door that no list had: the building, and how it is called there.
    found_in: UUID | None = None
    found_label: str = ""
    note: str = ""
    # Whose phone handed the door over (a membership), and what proves it (`handing.py`).
    handed_by: UUID | None = None
    handed_proof: str = ""
    position: Position | None = None

    def digest(self) -> bytes:
        """SHA-256 over what was sent, the id without."""
        said: list[Any] = [
            str(self.door),
            self.outcome,
            self.visited_at.isoformat(),
            self.answers,
            self.next_at.isoformat() if self.next_at else None,
            str(self.found_in) if self.found_in else None,
            self.found_label,
        ]
        beside = [
            self.note,
            str(self.handed_by or ""),
            self.handed_proof,
            astuple(self.position) if self.position else None,
        ]
        if any(beside):
            said.append(beside)
        return sha256(_AS_SAID.encode(said).encode()).digest()


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a batch: by id `stored`, `known` (it was here already) or why it was set aside."""

    fates: dict[UUID, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a door is, and which teams had or have it, up to when; one that no list had is of all who share its building."""

    building: UUID
    community: UUID
    given: Sequence[Share] = ()
    found: bool = False

    def was_given(self, team: UUID, at: datetime) -> bool:
        """A visit that was made before the door was moved to another team counts, however late it arrives."""
        return any(s.team_id == team and (s.taken_at is None or at < s.taken_at) for s in self.given)


def receive(*, team: UUID, device: UUID, sent_at: datetime, visits: Sequence[Visit], by: Actor) -> Received:
    """Store a batch. Raises `NotAllowed` for who never was in the team, `Destroyed`, `TooManyAtOnce`, `InvalidInput`.

    Nothing that was stored is ever refused later; what does not count is set aside with its reason.
    """
    if len(visits) > MOST:
        raise errors.TooManyAtOnce(most=MOST)
    _require_sensible(visits, sent_at)
    # What was said twice in one batch is said once; the first counts, as it would in two batches.
    unique: dict[UUID, Visit] = {}
    for visit in visits:
        unique.setdefault(visit.id, visit)
    with acting_as(SYSTEM), transaction.atomic():
        hold_team(team)
        member = _membership(team, by)
        return _store(member.team.campaign, team, device, sent_at, list(unique.values()), member, by)


def _require_sensible(visits: Sequence[Visit], sent_at: datetime) -> None:
    for visit in visits:
        if visit.outcome not in Outcome.values or visit.visited_at.tzinfo is None:
            raise InvalidInput(field="visits")
        if abs(sent_at - visit.visited_at) > LONGEST:
            raise InvalidInput(field="visits")
        if len(visit.found_label) > 60 or len(visit.note) > MOST_NOTE or len(json.dumps(visit.answers)) > MOST_ANSWERS:
            raise InvalidInput(field="visits")
        if visit.position is not None and not visit.position.is_possible:
            raise InvalidInput(field="visits")


def _membership(team: UUID, by: Actor) -> Membership:
    """The sender's last time in the team, with its campaign. Raises `NotAllowed`."""
    mine = Membership.objects.filter(team=team, member__person=by.id, member__person__isnull=False)
    found = mine.select_related("team__campaign__declaration", "team__campaign__form").order_by("-since").first()
    if found is None:
        raise NotAllowed
    return found


def _store(
    running: Campaign,
    team: UUID,
    device: UUID,
    sent_at: datetime,
    visits: list[Visit],
    member: Membership,
    by: Actor,
) -> Received:
    now = clock.now()
    close = sealed.closing(running.declaration_id)
    places = _places(running, visits)
    moments = {visit.id: merging.moment_of(visit.visited_at, sent_at, now) for visit in visits}
    givers = _givers(running, visits, moments, by)
    off = _metres_off(places, visits)
    tallies = _locked_tallies(running, {place.building for place in places.values()})
    known = dict(Submission.objects.filter(pk__in=[visit.id for visit in visits]).values_list("pk", "digest"))
    fates: dict[UUID, str] = {}
    rows: list[Submission] = []
    for visit in visits:
        digest = visit.digest()
        changed = False
        if visit.id in known:
            fates[visit.id] = "known"
            changed = bytes(known[visit.id]) != digest
            if not changed:
                continue
        at = moments[visit.id]
        place = places.get(visit.door)
        giver = givers.get(visit.id)
        # It counts for the team that holds the door, whoever went there.
        of_team = giver.team_id if giver else team
        aside = Aside.CHANGED if changed else _aside(running, of_team, visit, place, at, member)
        row = Submission(
            id=uuid5(visit.id, digest.hex()) if changed else visit.id,
            campaign_id=running.pk,
            team_id=of_team,
            door=visit.door,
            building_id=place.building if place else None,
            community_id=place.community if place else None,
            found=place.found if place else visit.found_in is not None,
            outcome=visit.outcome,
            aside=aside,
            visited_at=at,
            received_at=now,
            next_at=visit.next_at,
            device=device,
            by_id=by.id,
            handed_by=giver.pk if giver else None,
            metres_off=off.get(visit.id),
            digest=digest,
        )
        if visit.answers:
            row.answers = close(_AS_KEPT.encode(visit.answers).encode(), row.id)
        if visit.note:
            row.note = close(visit.note.encode(), sealed.beside(row.id, sealed.NOTE))
        rows.append(row)
        fates[visit.id] = aside or "stored"
    rows = _unsent(rows)
    bulk.insert_some(Submission, _SUBMISSION, [_values_of(row) for row in rows])
    to_follow = _follow(running, rows, {visit.id: visit for visit in visits})
    _count(running, tallies, rows, {visit.id: visit for visit in visits})
    Team.objects.filter(pk=team).update(synced_at=now)
    Membership.objects.filter(pk=member.pk).update(heard_at=now)
    if rows:
        events.received(running.id, len(rows))
    if to_follow:
        events.to_follow(running.id)
    return Received(fates)


def _follow(running: Campaign, rows: Sequence[Submission], visits: Mapping[UUID, Visit]) -> int:
    """What follows from the answers is kept with the visit itself; one of a kind for a door, however often it is visited."""
    if running.form is None:
        return 0
    found = [
        FollowUp(
            campaign=running,
            submission=row.id,
            door=row.door,
            building_id=row.building_id,
            community_id=row.community_id,
            rule=rule.name,
            kind=rule.kind,
            every_hours=rule.every_hours,
            next_at=row.visited_at + timedelta(hours=rule.every_hours) if rule.every_hours else None,
        )
        for row in rows
        if not row.aside and row.building_id and row.community_id
        for rule in following.rules_that_hold(visits[row.id].answers)
    ]
    if found:
        along_with_households(running, found, {row.id: row.visited_at for row in rows})
        FollowUp.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


def _unsent(rows: list[Submission]) -> list[Submission]:
    """Without those changed ones that were set aside before."""
    changed = [row.pk for row in rows if row.aside == Aside.CHANGED]
    there = set(Submission.objects.filter(pk__in=changed).values_list("pk", flat=True)) if changed else set()
    return [row for row in rows if row.pk not in there]


def _places(running: Campaign, visits: Sequence[Visit]) -> dict[UUID, _Place]:
    """By door; one that no list had lies where it was first found. Doors outside the campaign are left out."""
    listed = territory.places_of_doors([visit.door for visit in visits])
    found = _found_in(running, visits, {door.id for door in listed})
    shares: dict[UUID, list[Share]] = defaultdict(list)
    buildings = {door.building_id for door in listed} | set(found.values())
    for share in Share.objects.filter(campaign=running, building__in=buildings):
        shares[share.building_id].append(share)
    places: dict[UUID, _Place] = {}
    for door in listed:
        given = shares.get(door.building_id)
        if given:
            floors = [s for s in given if s.entrance == door.entrance and s.floor_from <= door.floor <= s.floor_to]
            places[door.id] = _Place(door.building_id, given[0].community_id, floors)
    for found_door, building in found.items():
        given = shares.get(building)
        if given:
            places[found_door] = _Place(building, given[0].community_id, given, found=True)
    return places


def _found_in(running: Campaign, visits: Sequence[Visit], listed: Set[UUID]) -> dict[UUID, UUID]:
    """The buildings of doors that no list had: as known from earlier visits, or as the first of these visits names it."""
    unlisted = [visit for visit in visits if visit.door not in listed]
    if not unlisted:
        return {}
    known = Door.objects.filter(campaign=running, door__in={visit.door for visit in unlisted}, found=True)
    buildings = dict(known.values_list("door", "building"))
    for visit in unlisted:
        if visit.found_in is not None:
            buildings.setdefault(visit.door, visit.found_in)
    return buildings


def _givers(
    running: Campaign, visits: Sequence[Visit], moments: Mapping[UUID, datetime], by: Actor
) -> dict[UUID, Membership]:
    """By visit: who of this campaign handed its door over, where that is proven and counts (`handing.py`). Another hand-over is none."""
    handed = [visit for visit in visits if visit.handed_by is not None]
    if not handed:
        return {}
    said = {visit.handed_by for visit in handed if visit.handed_by}
    others = Membership.objects.filter(pk__in=said, team__campaign=running).exclude(member__person=by.id)
    members = {one.pk: one for one in others}
    givers: dict[UUID, Membership] = {}
    for visit in handed:
        giver = members.get(visit.handed_by) if visit.handed_by else None
        if giver is None or (giver.until is not None and moments[visit.id] >= giver.until):
            continue
        secret = sealed.hand_over_secret(running.declaration_id, giver.pk)
        if handing.is_proven(visit.handed_proof, secret, running.pk, visit.door):
            givers[visit.id] = giver
    return givers


def _metres_off(places: Mapping[UUID, _Place], visits: Sequence[Visit]) -> dict[UUID, int | None]:
    """By visit that says where its phone was: how far from the building, where that is too far."""
    told = [visit for visit in visits if visit.position is not None and visit.door in places]
    if not told:
        return {}
    homes = {home.id: home for home in territory.units_by_id({places[visit.door].building for visit in told})}
    off: dict[UUID, int | None] = {}
    for visit in told:
        home = homes[places[visit.door].building]
        off[visit.id] = position.metres_off(visit.position, home.lon, home.lat)
    return off


def _aside(
    running: Campaign, team: UUID, visit: Visit, place: _Place | None, at: datetime, member: Membership
) -> Aside:
    """Why a visit does not count, if it does not."""
    if place is None:
        return Aside.UNKNOWN_DOOR
    declared = running.declaration
    # First these two: with either everybody left their team.
    if at >= rules.end_of(declared.ends_at, declared.ended_at):
        return Aside.AFTER_END
    if running.closed_at is not None and at >= running.closed_at:
        return Aside.CLOSED
    if member.until is not None and at >= member.until:
        return Aside.REMOVED
    if not place.was_given(team, at):
        return Aside.NOT_YOURS
    if visit.answers and running.form is not None and not answering.are_allowed(running.form, visit.answers, at):
        return Aside.ANSWERS
    return Aside.NO


def _locked_tallies(running: Campaign, buildings: set[UUID]) -> dict[UUID, Tally]:
    found = Tally.objects.select_for_update().filter(campaign=running, building__in=buildings).order_by("building")
    return {tally.building_id: tally for tally in found}


def _count(
    running: Campaign, tallies: Mapping[UUID, Tally], rows: Sequence[Submission], visits: Mapping[UUID, Visit]
) -> None:
    """What the doors are now, and what of it each building counts."""
    doors: dict[UUID, Door] = {}
    counting = [row for row in rows if not row.aside]
    for door in Door.objects.filter(campaign=running, door__in={row.door for row in counting}):
        doors[door.door] = door
    stood = list(doors.values())
    changed: set[UUID] = set()
    for row in rows:
        if row.building_id is None:
            continue
        tally = tallies[row.building_id]
        changed.add(row.building_id)
        if row.aside:
            tally.aside += 1
            continue
        tally.visits += 1
        before = doors.get(row.door)
        doors[row.door] = after = _after(running, before, row, visits[row.id])
        if before is None:
            tally.found += row.found
        if before is None or before.outcome != after.outcome:
            if before is not None:
                setattr(tally, before.outcome, getattr(tally, before.outcome) - 1)
            setattr(tally, after.outcome, getattr(tally, after.outcome) + 1)
    stand = [doors[door] for door in {row.door for row in counting}]
    bulk.insert_some(Door, _DOOR, [_door_values(door) for door in stand], _DOOR_STOOD)
    count_hours(running, stood, stand)
    bulk.update_some(Tally, _TALLY, [_tally_values(tallies[building]) for building in changed])


def _after(running: Campaign, before: Door | None, row: Submission, visit: Visit) -> Door:
    # A visit that counts has a place.
    assert row.team_id is not None
    assert row.building_id is not None
    assert row.community_id is not None
    new = merging.Visit(row.id, row.outcome, row.visited_at, row.team_id, row.next_at)
    stood = None
    if before is not None:
        best = merging.Visit(before.submission, before.outcome, before.visited_at, row.team_id, before.next_at)
        stood = Standing(best, before.visits, frozenset(before.teams))
    now = merging.standing([new], stood)
    assert now is not None
    return Door(
        campaign_id=running.pk,
        door=row.door,
        building_id=row.building_id,
        community_id=row.community_id,
        found=row.found,
        label=before.label if before else visit.found_label,
        outcome=now.best.outcome,
        visits=now.visits,
        visited_at=now.best.at,
        next_at=now.best.next_at,
        submission=now.best.id,
        teams=sorted(now.teams),
    )
