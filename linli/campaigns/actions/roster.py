"""The roster: who joins it and leaves it, and which teams they form."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

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
from linli.foundation.ids import uuid7
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
_MEMBERSHIP_COLUMNS = ("id", "team_id", "member_id", "leads", "since")


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


def _member_rows(members: Iterable[NewMember]) -> Iterator[Sequence[Any]]:
    now = clock.now()
    for member in members:
        yield (
            uuid7(),
            member.unit,
            member.person,
            member.kind,
            member.organisation[:120],
            privacy.encrypt(member.name.strip(), "campaigns_member.name"),
            privacy.encrypt(member.phone, "campaigns_member.phone") if member.phone else b"",
            rules.phone_key(member.phone),
            list(member.skills),
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
        formed = list(_formed(running, size))
        if not formed:
            raise errors.NoTeams
        use(declaration=running.declaration_id, power=Power.CALL_UP, subject=running.name, subject_id=running.id, by=by)
        _store_teams(running, formed, minutes)
    return len(formed)


@dataclass(frozen=True, slots=True)
class _Formed:
    id: UUID
    unit: UUID
    # The leader first.
    members: Sequence[UUID]


def _formed(running: Campaign, size: int) -> Iterator[_Formed]:
    busy = set(Membership.objects.filter(until=None).values_list("member", flat=True)) | _on_duty_elsewhere(running)
    by_unit: dict[UUID, list[tuple[int, UUID]]] = defaultdict(list)
    known = Member.objects.filter(left_at=None, unit__path__contains=[running.unit_id]).order_by("pk")
    for member, unit, kind in known.values_list("pk", "unit_id", "kind"):
        if member not in busy:
            by_unit[unit].append((_LEADS.get(kind, len(_LEADS)), member))
    for unit, people in sorted(by_unit.items()):
        ordered = [member for _rank, member in sorted(people, key=lambda one: one[0])]
        count = max(len(ordered) // size, 1)
        for place in range(count):
            # The first `count` lead; the rest is dealt out in turn.
            yield _Formed(uuid7(), unit, ordered[place::count])


def _on_duty_elsewhere(running: Campaign) -> set[UUID]:
    with acting_as(SYSTEM):
        away = shifts.away(queries.until_of(running)).filter(lies_in(running.unit_id, "member__unit"))
        return set(away.values_list("member", flat=True))


_LEADS: dict[str, int] = {MemberKind.CADRE: 0, MemberKind.COMMUNITY_WORKER: 1}


def _store_teams(running: Campaign, formed: Sequence[_Formed], minutes: int) -> None:
    now = clock.now()
    last = Team.objects.filter(campaign=running).order_by("-number").values_list("number", flat=True).first() or 0
    names = {unit: territory.unit(unit).name for unit in {team.unit for team in formed}}
    with acting_as(SYSTEM):
        worked = shifts.minutes_of(running.declaration_id)
    bulk.insert(
        Team,
        _TEAM_COLUMNS,
        (
            (
                team.id,
                running.id,
                team.unit,
                number,
                f"{names[team.unit]}{number}"[:60],
                _minutes(team, worked, minutes),
                now,
            )
            for number, team in enumerate(formed, start=last + 1)
        ),
    )
    with taken_by_nobody_else():
        bulk.insert(
            Membership,
            _MEMBERSHIP_COLUMNS,
            (
                (uuid7(), team.id, member, place == 0, now)
                for team in formed
                for place, member in enumerate(team.members)
            ),
        )


@contextmanager
def taken_by_nobody_else() -> Iterator[None]:
    """Another screening may call the same people at the same moment: the database lets one have them. Raises `MovedMeanwhile`."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise errors.MovedMeanwhile from None


def _minutes(team: _Formed, worked: Mapping[UUID, int], usual: int) -> int:
    return rules.minutes_of_team([worked.get(member, 0) for member in team.members], usual)


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
