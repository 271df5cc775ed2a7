"""The roster: who joins it and leaves it, and which teams they form."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import IntegrityError, connection, transaction
from numpy.typing import NDArray

from linli.campaigns import errors, events, queries, rules, state
from linli.campaigns.actions.declaring import use
from linli.campaigns.actions.freeing import free_of_what_is_over
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.models import Campaign, Member, MemberKind, Membership, Power, Shift, Team
from linli.campaigns.queries import calls, shifts
from linli.campaigns.queries.control import lies_in
from linli.campaigns.rules import Act
from linli.foundation import bulk, clock, privacy
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.ids import uuid7s, words_of
from linli.territory import queries as territory

MOST_AT_ONCE = 1_000_000
_MEMBER_COLUMNS = (
    "id",
    "unit_id",
    "person_id",
    "kind",
    "organisation",
    "name",
    "phone",
    "phone_hash",
    "skills",
    "joined_at",
)
_TEAM_COLUMNS = ("id", "campaign_id", "unit_id", "number", "name", "minutes", "formed_at")
_MEMBERSHIPS = np.dtype([("id", "V16"), ("team_id", "V16"), ("member_id", "V16"), ("leads", "?"), ("since", ">i8")])


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who helps. `person` is their account, where they have one."""

    unit: UUID
    kind: str
    name: str
    phone: str = ""
    organisation: str = ""
    skills: Sequence[str] = ()
    person: UUID | None = None


def enlist(*, members: Sequence[NewMember], by: Actor) -> int:
    """Take people into the roster; returns how many. All or none. Raises `NotAllowed`, `InvalidInput`, `OnRoster`."""
    if not 1 <= len(members) <= MOST_AT_ONCE:
        raise InvalidInput(field="members")
    for unit in {member.unit for member in members}:
        queries.require(by, Act.RUN, unit)
    kinds = set(MemberKind.values)
    if any(member.kind not in kinds or not 1 <= len(member.name.strip()) <= 60 for member in members):
        raise InvalidInput(field="members")
    with once_on_the_roster(), transaction.atomic():
        return bulk.insert(Member, _MEMBER_COLUMNS, _member_rows(members))


@contextmanager
def once_on_the_roster() -> Iterator[None]:
    """Raises `OnRoster` where the database has an entry of the same account, or of a phone of somebody without one."""
    try:
        yield
    except IntegrityError as refusal:
        if "member_one_per_p" not in str(refusal):
            raise
        raise errors.OnRoster(field="phone") from None


def _member_rows(members: Sequence[NewMember]) -> Iterator[Sequence[Any]]:
    """Half a million at once: ids and moments go as text, which is quicker than to ask each value how it is written."""
    now = clock.now().isoformat()
    close_name, close_phone = privacy.encrypting("campaigns_member.name"), privacy.encrypting("campaigns_member.phone")
    for number, member in zip(uuid7s(len(members)).tolist(), members, strict=True):
        yield (
            number.hex(),
            member.unit.hex,
            member.person.hex if member.person else None,
            str(member.kind),
            member.organisation[:120],
            close_name(member.name.strip()),
            close_phone(member.phone) if member.phone else b"",
            rules.phone_key(member.phone),
            list(member.skills) or "{}",
            now,
        )


def count_anew() -> None:
    """The roster and its skills by unit, and the hours by district: units were moved. Who changes them meanwhile waits for it."""
    for anew in ("count_strength", "keep_skills", "count_district_hours"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT campaigns_{anew}_anew()")


def release(*, member: UUID, reason: str, by: Actor) -> Member:
    """Somebody leaves the roster, and the team in which they are. Raises `NotFound`, `NotAllowed`, `ReasonNeeded`."""
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        row = Member.objects.select_for_update().filter(pk=member, left_at=None).first()
        if row is None:
            raise NotFound
        queries.require(by, Act.RUN, row.unit_id)
        row.left_at = clock.now()
        row.save(update_fields=["left_at"])
        Membership.objects.filter(member=row, until=None).update(until=row.left_at)
        # A shift may be of a unit above that of who releases them; so may a call, to which another is asked in their place.
        with acting_as(SYSTEM):
            for call in calls.promised(member=row):
                events.called(call)
            Shift.objects.filter(member=row, starts_at__gte=row.left_at).delete()
            Shift.objects.filter(member=row, ends_at__gt=row.left_at).update(ends_at=row.left_at)
        state.record(state.MEMBER, row, "release", by, note)
    return row


def form_teams(*, campaign: UUID, size: int, minutes: int, by: Actor) -> int:
    """Teams of about `size` from those of the roster of the campaign's area who are in none, unit by unit; returns how many.

    Who is on duty elsewhere before the screening's end is left out.
    Each is led by a cadre or, where these are used up, a community worker; whoever is over joins a team of their unit, so that
    no team is smaller than wanted while its unit has people. Who has shifts works by them, the others `minutes` a day.

    Raises `NotAllowed`, `NotFound`, `NoTeams`, `NotInForce`, `PowerNotGiven`, `MovedMeanwhile`, `Destroyed`.
    """
    running = queries.campaign(campaign)
    queries.require(by, Act.RUN, running.unit_id)
    if not 1 <= size <= 50 or not 1 <= minutes <= 1440:
        raise InvalidInput(field="size")
    with transaction.atomic():
        # It may be of a unit above; with it held, it ends before or after, and frees those of this screening too.
        with acting_as(SYSTEM):
            hold_declaration(running.declaration_id)
        if not Campaign.objects.select_for_update(no_key=True).filter(pk=campaign, closed_at=None).exists():
            raise NotFound
        free_of_what_is_over(lies_in(running.unit_id, "member__unit"))
        people = _free_people(running)
        if not len(people):
            raise errors.NoTeams
        use(declaration=running.declaration_id, power=Power.CALL_UP, subject=running.name, subject_id=running.id, by=by)
        return _store_teams(running, _formed(people, size), minutes)


_PEOPLE = np.dtype([("id", "V16"), ("unit", "V16"), ("rank", ">i4")])
_PEOPLE_THERE = """
SELECT member.id, member.unit_id, coalesce(array_position(%s::text[], member.kind::text), 99) FROM campaigns_member AS member
JOIN territory_unit AS own ON own.id = member.unit_id WHERE member.left_at IS NULL AND own.path @> %s::uuid[]
"""
_BUSY = "SELECT member_id FROM campaigns_membership WHERE until IS NULL"


def _free_people(running: Campaign) -> NDArray[np.void]:
    """Those of the roster of the campaign's area who are in no team and not on duty elsewhere: `_PEOPLE`."""
    people = bulk.read_records(_PEOPLE_THERE, [_LEADS, [running.unit_id]], _PEOPLE)
    busy = bulk.read_records(_BUSY, [], np.dtype([("id", "V16")]))["id"]
    away = np.array([member.bytes for member in _on_duty_elsewhere(running)], dtype="V16")
    return people[~np.isin(people["id"], np.concatenate([busy, away]))]


@dataclass(frozen=True, slots=True)
class _Formed:
    """Teams by number, and the people in them, as columns."""

    # Of each team.
    units: NDArray[np.void]
    # Of each member.
    members: NDArray[np.void]
    team: NDArray[np.int64]
    leads: NDArray[np.bool_]


def _formed(people: NDArray[np.void], size: int) -> _Formed:
    unit, pk = words_of(people["unit"]), words_of(people["id"])
    people = people[np.lexsort((pk[:, 1], pk[:, 0], people["rank"], unit[:, 1], unit[:, 0]))]
    first = np.flatnonzero(np.append(True, people["unit"][1:] != people["unit"][:-1]))
    there = np.diff(first, append=len(people))
    teams = np.maximum(there // size, 1)
    # Of a unit's people the first lead a team each; the rest is dealt out in turn.
    place = np.arange(len(people)) - np.repeat(first, there)
    dealt, before = np.repeat(teams, there), np.repeat(np.cumsum(teams) - teams, there)
    return _Formed(
        units=np.repeat(people["unit"][first], teams),
        members=people["id"],
        team=before + place % dealt,
        leads=place < dealt,
    )


def _on_duty_elsewhere(running: Campaign) -> set[UUID]:
    with acting_as(SYSTEM):
        away = shifts.away(queries.until_of(running)).filter(lies_in(running.unit_id, "member__unit"))
        return set(away.values_list("member", flat=True))


# Who leads, the first first.
_LEADS = [str(MemberKind.CADRE), str(MemberKind.COMMUNITY_WORKER)]


def _store_teams(running: Campaign, formed: _Formed, minutes: int) -> int:
    now = clock.now()
    last = Team.objects.filter(campaign=running).order_by("-number").values_list("number", flat=True).first() or 0
    units = [UUID(bytes=unit) for unit in formed.units.tolist()]
    names = {unit: territory.unit(unit).name for unit in set(units)}
    worked = _minutes(running, formed, minutes)
    ids = uuid7s(len(units))
    bulk.insert(
        Team,
        _TEAM_COLUMNS,
        (
            (
                team.hex(),
                running.id.hex,
                unit.hex,
                number,
                f"{names[unit]}{number}"[:60],
                worked.get(number - last - 1, minutes),
                now.isoformat(),
            )
            for number, (team, unit) in enumerate(zip(ids.tolist(), units, strict=True), start=last + 1)
        ),
    )
    rows = np.empty(len(formed.members), dtype=_MEMBERSHIPS)
    rows["id"], rows["team_id"], rows["member_id"] = uuid7s(len(rows)), ids[formed.team], formed.members
    rows["leads"], rows["since"] = formed.leads, bulk.microseconds(now)
    with taken_by_nobody_else():
        bulk.insert_records(Membership, rows)
    return len(units)


@contextmanager
def taken_by_nobody_else() -> Iterator[None]:
    """Another screening may call the same people at the same moment: the database lets one have them. Raises `MovedMeanwhile`."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise errors.MovedMeanwhile from None


def _minutes(running: Campaign, formed: _Formed, usual: int) -> Mapping[int, int]:
    """Of each team in which somebody has shifts."""
    with acting_as(SYSTEM):
        worked = shifts.minutes_of(running.declaration_id)
    if not worked:
        return {}
    each: dict[int, list[int]] = defaultdict(list)
    for member, team in zip(formed.members.tolist(), formed.team.tolist(), strict=True):
        each[team].append(worked.get(UUID(bytes=member), 0))
    return {team: rules.minutes_of_team(given, usual) for team, given in each.items() if any(given)}


def leave_team(*, member: UUID, reason: str, by: Actor) -> Membership:
    """A member goes out of their team now; visits made before count, later ones go to the desk. Raises `NotFound`, `ReasonNeeded`."""
    note = rules.words_of(reason, field="reason")
    with transaction.atomic():
        held = Membership.objects.filter(member=member, until=None)
        # The screening first, as whoever closes it.
        running = Campaign.objects.select_for_update(no_key=True).filter(pk__in=held.values("team__campaign")).first()
        row = held.select_for_update(of=("self",)).select_related("team").filter(team__campaign=running).first()
        if running is None or row is None:
            raise NotFound
        queries.require(by, Act.RUN, row.team.unit_id)
        row.until = clock.now()
        row.save(update_fields=["until"])
        state.record(state.CAMPAIGN, running, "member_out", by, note, {"team": str(row.team_id), "member": str(member)})
    return row
