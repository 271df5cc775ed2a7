"""What the console reads beside the rest: declarations of one's units, screenings, teams and how far each is, visits set aside."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from linli.campaigns.merging import REACHED, TO_REPEAT
from linli.campaigns.models import (
    Campaign,
    CommunityTally,
    Declaration,
    DestructionProof,
    Door,
    FormVersion,
    Keeping,
    Member,
    MemberKind,
    Membership,
    Submission,
    Team,
)
from linli.campaigns.queries.control import require
from linli.campaigns.queries.coverage import SUMMED, lying_in, reached_in
from linli.campaigns.queries.roster import roster
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.foundation.statement import Statement, prepared
from linli.territory import queries as territory

SHOWN, TEAMS_SHOWN, PEOPLE_SHOWN, QUIET_SHOWN = 100, 50, 50, 50
# A team that was not heard of for so long is looked for: its visits may be on a phone without a network.
QUIET_AFTER = timedelta(hours=3)


def declarations_of(units: Sequence[UUID]) -> list[Declaration]:
    """What was declared for these units, for those above and those below, the newest first. Public."""
    above = {one for unit in units for one in territory.unit(unit).path}
    found = Declaration.objects.filter(Q(unit__path__overlap=list(units)) | Q(unit__in=above))
    return list(found.select_related("unit", "proof").order_by("-starts_at", "-pk")[:SHOWN])


def screenings(declared: Declaration) -> list[Campaign]:
    """Its screenings, the newest first."""
    return _SCREENINGS.all(declared.pk)


def keepings(declared: Declaration) -> list[Keeping]:
    """The exceptions that were recorded, the one that lasts longest first."""
    return _KEEPINGS.all(declared.pk)


def proof_of(declared: Declaration) -> DestructionProof | None:
    return _PROOF.first(declared.pk)


_OF_DECLARATION = "SELECT {{}} FROM {table} WHERE declaration_id = $1::uuid ORDER BY {order}"
_SCREENINGS = Statement(_OF_DECLARATION.format(table="campaigns_campaign", order="id DESC"), Campaign)
_KEEPINGS = Statement(_OF_DECLARATION.format(table="campaigns_keeping", order="until DESC"), Keeping)
_PROOF = Statement(_OF_DECLARATION.format(table="campaigns_destructionproof", order="id"), DestructionProof)


def collected(declared: Declaration) -> int:
    """Doors of which something is known, by the tallies of the actor's units."""
    kept = CommunityTally.objects.filter(campaign__declaration=declared)
    counted = kept.aggregate(visits=Sum("visits"), aside=Sum("aside"))
    return (counted["visits"] or 0) + (counted["aside"] or 0)


def forms_for(unit_id: UUID) -> list[FormVersion]:
    """The newest version of each form of a unit and of those above it."""
    found = FormVersion.objects.filter(unit__in=territory.unit(unit_id).path).order_by("form_id", "-at")
    return list(found.distinct("form_id").defer("xml", "schema"))


def is_divided(campaign: Campaign) -> bool:
    """Whether any door in the actor's units was given to a team; also after the destruction, which leaves sums alone."""
    return CommunityTally.objects.filter(campaign=campaign, buildings__gt=0).exists()


# --- visits set aside -------------------------------------------------------------------------------------------------


def set_aside(
    actor: Actor, campaign: Campaign, unit_id: UUID | None = None, before: UUID | None = None
) -> list[Submission]:
    """Visits that were stored and not counted, the newest first, with one more than a page has. Row security holds the actor's units.

    Of a unit below the screening's: those whose building lies in it. All others are of a door that is nowhere.
    """
    require(actor, Act.SEE)
    found = Submission.objects.filter(campaign=campaign).exclude(aside="").select_related("team", "building")
    if unit_id is not None and unit_id != campaign.unit_id:
        found = found.filter(building__path__contains=[unit_id])
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.defer("answers").order_by("-pk")[: SHOWN + 1])


def without_place(campaign: Campaign) -> int:
    """How many of them are of doors that lie in no building of the campaign."""
    return Submission.objects.filter(campaign=campaign, building=None).exclude(aside="").count()


def doors_with_aside(campaign: Campaign, building_id: UUID) -> set[UUID]:
    """Doors of a building at which a visit was set aside."""
    found = Submission.objects.filter(campaign=campaign, building=building_id).exclude(aside="")
    return set(found.values_list("door", flat=True))


# --- teams ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team with its people and doors, and how many were reached: on a page of teams, in which hour since yesterday."""

    team: Team
    members: int
    doors: int
    reached: int
    by_hour: Mapping[datetime, int]

    def is_quiet(self, now: datetime) -> bool:
        """Doors are left, and nothing was heard for too long."""
        heard = self.team.synced_at or self.team.formed_at
        return self.team.out_at is None and self.reached < self.doors and now - heard >= QUIET_AFTER


def team_lines(actor: Actor, campaign: Campaign, unit_id: UUID, after: int = 0) -> list[TeamLine]:
    """The teams of a unit by number, a page of them and one more."""
    require(actor, Act.SEE, unit_id)
    found = _TEAMS_OF_CITY if unit_id == territory.root().id else _TEAMS_OF_UNIT
    page = found.all(campaign.pk, after, TEAMS_SHOWN + 1, unit_id)
    return _lines(campaign, page, yesterday())


def team_of(actor: Actor, team_id: UUID, act: Act = Act.SEE) -> Team:
    """With its screening. Raises `NotFound`, `NotAllowed`."""
    team = Team.objects.select_related("campaign__declaration").filter(pk=team_id).first()
    if team is None:
        raise NotFound
    require(actor, act, team.unit_id)
    return team


def team_line(actor: Actor, team_id: UUID) -> TeamLine:
    """Raises `NotFound`, `NotAllowed`."""
    team = team_of(actor, team_id)
    return _lines(team.campaign, [team])[0]


class QuietTeam(NamedTuple):
    """A team that is to be looked for: doors are left to it, and nothing was heard of it for too long."""

    name: str
    doors: int
    reached: int
    synced_at: datetime | None


def quiet_teams(actor: Actor, campaign: Campaign, unit_id: UUID, now: datetime) -> list[QuietTeam]:
    """Those of a unit among the first that nothing was heard of, by number. One statement."""
    require(actor, Act.SEE, unit_id)
    asked = _QUIET_OF_CITY if unit_id == territory.root().id else _QUIET_OF_UNIT
    values = [campaign.pk, now - QUIET_AFTER, QUIET_SHOWN, unit_id, sorted(REACHED)]
    return [QuietTeam(*row) for row in prepared(asked, values)]


# The buildings of the doors are asked for as an array: joined, the planner reads every door of the campaign.
_QUIET = """
WITH silent AS (
    SELECT id, number, name, synced_at FROM campaigns_team
    WHERE campaign_id = $1::uuid AND out_at IS NULL AND coalesce(synced_at, formed_at) <= $2::timestamptz AND {inside} LIMIT $3::int
), shares AS (
    SELECT team_id, building_id, doors FROM campaigns_share
    WHERE team_id = ANY (ARRAY(SELECT id FROM silent)) AND taken_at IS NULL
), theirs AS (
    SELECT team_id, sum(doors)::int AS doors FROM shares GROUP BY team_id
), reached AS (
    SELECT team_id, count(*)::int AS doors FROM (
        SELECT unnest(teams) AS team_id FROM campaigns_door
        WHERE campaign_id = $1::uuid AND building_id = ANY (ARRAY(SELECT building_id FROM shares)) AND outcome = ANY ($5::text[])
    ) AS stood GROUP BY team_id
)
SELECT silent.name, theirs.doors, coalesce(reached.doors, 0), silent.synced_at
FROM silent JOIN theirs ON theirs.team_id = silent.id LEFT JOIN reached ON reached.team_id = silent.id
WHERE theirs.doors > coalesce(reached.doors, 0) ORDER BY silent.number
"""
_QUIET_OF_CITY = _QUIET.format(inside="$4::uuid IS NOT NULL ORDER BY number")
# Of a part of the city teams are found by their units and then sorted; by the numbers, all of the city's would be looked through.
_BELOW = "unit_id = ANY (ARRAY(SELECT id FROM territory_unit WHERE path @> ARRAY[$4::uuid]))"
_QUIET_OF_UNIT = _QUIET.format(inside=f"{_BELOW} ORDER BY number + 0")
_TEAMS = "SELECT {{}} FROM campaigns_team WHERE campaign_id = $1::uuid AND number > $2::int AND {inside} LIMIT $3::int"
_TEAMS_OF_CITY = Statement(_TEAMS.format(inside="$4::uuid IS NOT NULL ORDER BY number"), Team)
_TEAMS_OF_UNIT = Statement(_TEAMS.format(inside=f"{_BELOW} ORDER BY number + 0"), Team)


# The buildings as an array, as in `_QUIET`.
_OF_TEAMS = """
WITH shares AS (
    SELECT team_id, building_id, doors FROM campaigns_share WHERE team_id = ANY ($1::uuid[]) AND taken_at IS NULL
)
SELECT 'doors', team_id, NULL::int, sum(doors)::int FROM shares GROUP BY team_id
UNION ALL
SELECT 'reached', team, hour, count(*)::int FROM (
    SELECT unnest(teams) AS team, CASE WHEN visited_at >= $2 THEN extract(epoch FROM visited_at - $2::timestamptz)::int / 3600 END AS hour
    FROM campaigns_door
    WHERE campaign_id = $3::uuid AND building_id = ANY (ARRAY(SELECT building_id FROM shares)) AND outcome = ANY ($4::text[])
) AS stood GROUP BY team, hour
UNION ALL
SELECT 'members', team_id, NULL, count(*)::int FROM campaigns_membership
WHERE team_id = ANY ($1::uuid[]) AND until IS NULL GROUP BY team_id
"""


def _lines(campaign: Campaign, teams: Sequence[Team], since: datetime | None = None) -> list[TeamLine]:
    """Hours are told from a whole hour on; without one, none."""
    counted: dict[str, Counter[UUID]] = {"doors": Counter(), "members": Counter(), "reached": Counter()}
    by_hour: defaultdict[UUID, dict[datetime, int]] = defaultdict(dict)
    values = [[team.pk for team in teams], since, campaign.pk, sorted(REACHED)]
    for what, of, hour, count in prepared(_OF_TEAMS, values):
        counted[what][of] += count
        if since is not None and hour is not None:
            by_hour[of][since + timedelta(hours=hour)] = count
    doors, members, reached = counted.values()
    return [TeamLine(team, members[team.pk], doors[team.pk], reached[team.pk], by_hour[team.pk]) for team in teams]


def yesterday() -> datetime:
    """Since when hours are told: its midnight."""
    today = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=1)


def members_of(team: Team) -> QuerySet[Membership]:
    """Who is in it and who was, the leader first."""
    return team.memberships.select_related("member").order_by(F("until").desc(nulls_first=True), "-leads", "pk")


def people_in_reach(unit_id: UUID) -> dict[str, Any]:
    """What a declaration for a unit would concern."""
    unit = territory.unit(unit_id)
    below = [one for one in territory.index().units if one.level == "community" and unit_id in one.path]
    people = unit.managed_population
    if people is None:
        people = sum(one.managed_population or 0 for one in below)
    return {"households": territory.count_households(unit_id), "residents": people, "communities": len(below)}


# --- what the answers led to ------------------------------------------------------------------------------------------


def followed_up(actor: Actor, campaign: Campaign, unit_id: UUID) -> dict[str, int]:
    """For how many doors of a unit each rule opened a follow-up, released ones too. Row security holds the actor's units."""
    require(actor, Act.SEE, unit_id)
    asked = _FOLLOWED.format(inside=_ANYWHERE if unit_id == territory.root().id else _BUILDINGS_BELOW)
    return dict(prepared(asked, [campaign.pk, unit_id]))


_ANYWHERE = "$2::uuid IS NOT NULL"
_BUILDINGS_BELOW = "building_id IN (SELECT id FROM territory_unit WHERE path @> ARRAY[$2::uuid])"
_FOLLOWED = (
    "SELECT rule, count(DISTINCT door) FROM campaigns_followup WHERE campaign_id = $1::uuid AND {inside} GROUP BY rule"
)


# --- what is left -----------------------------------------------------------------------------------------------------

# A list of doors is for whoever walks to them; of a district or the city it would be read by nobody.
MOST_LISTED = 100_000


@dataclass(frozen=True, slots=True)
class DoorLeft:
    """A door that nobody has reached: where it is, and what came of it so far (empty before the first visit)."""

    building: UUID
    label: str
    outcome: str
    visits: int


def buildings_left(actor: Actor, campaign: Campaign, unit_id: UUID, most: int | None = None) -> dict[UUID, int]:
    """The buildings of a unit in which doors are left, with how many, most first. Row security holds the actor's units."""
    require(actor, Act.SEE, unit_id)
    unit = territory.unit(unit_id)
    inside = lying_in(unit)
    if most is not None and unit.level in SUMMED:
        inside = _NEAR.format(inside=inside)
    asked = _LEFT.format(inside=inside, reached=" + ".join(sorted(REACHED)))
    return dict(prepared(asked, [campaign.pk, unit_id, most]))


_LEFT = """
SELECT building_id, "left" FROM (
    SELECT building_id, doors + found - ({reached}) AS "left" FROM campaigns_tally WHERE {inside}
) AS counted WHERE "left" > 0 ORDER BY "left" DESC, building_id LIMIT $3::int
"""
# The first so many buildings lie in communities where the most in one building is no less than in the community at that place.
_NEAR = """
campaign_id = $1 AND community_id = ANY (ARRAY(
    WITH near AS (SELECT community_id, most_left FROM campaigns_communitytally WHERE {inside} AND most_left > 0)
    SELECT community_id FROM near
    WHERE most_left >= coalesce((SELECT most_left FROM near ORDER BY most_left DESC OFFSET $3 - 1 LIMIT 1), 1)
))
"""


def first_left(campaign: Campaign, buildings: Sequence[UUID], most: int) -> dict[UUID, list[str]]:
    """How the first doors are called that nobody has reached, building by building. Row security holds the actor's units."""
    labels = territory.first_doors(buildings, most, without=reached_in(campaign, buildings))
    values = [campaign.pk, list(buildings), sorted(REACHED)]
    for building, label in prepared(_FOUND_LEFT, values):
        labels[building].append(label)
    return {building: those[:most] for building, those in labels.items()}


_FOUND_LEFT = """
SELECT building_id, label FROM campaigns_door
WHERE campaign_id = $1::uuid AND building_id = ANY ($2::uuid[]) AND found AND outcome <> ALL ($3::text[]) ORDER BY door
"""


def left_to_desk(actor: Actor, campaign: Campaign, unit_id: UUID) -> list[DoorLeft]:
    """The doors of a unit that were visited in vain as often as is tried, those visited most often first. Row security holds the
    actor's units. Of a unit with few enough doors: each is looked at.
    """
    require(actor, Act.SEE, unit_id)
    asked = _TRIED.format(inside=lying_in(territory.unit(unit_id)), to_repeat=" + ".join(_TO_REPEAT))
    values = [campaign.pk, unit_id, campaign.most_attempts, _TO_REPEAT]
    doors = prepared(asked, values)
    listed = {home.id: str(home) for home in territory.doors([door for door, *_rest in doors])} if doors else {}
    return [
        DoorLeft(building, listed.get(door, label), outcome, visits) for door, building, label, outcome, visits in doors
    ]


_TO_REPEAT = sorted(TO_REPEAT)
# The buildings as an array, by which an index finds their doors: joined, every door of the screening would be looked through.
_TRIED = """
SELECT door, building_id, label, outcome, visits FROM campaigns_door
WHERE campaign_id = $1::uuid AND outcome = ANY ($4::text[]) AND visits >= $3::int AND building_id = ANY (ARRAY(
    SELECT building_id FROM campaigns_tally WHERE {inside} AND {to_repeat} > 0
))
ORDER BY visits DESC, building_id, door
"""


def left_in(campaign: Campaign, buildings: Sequence[UUID]) -> list[DoorLeft]:
    """Every door of these buildings that nobody has reached, in their order. Row security holds the actor's units."""
    stood = {
        door.door: door for door in Door.objects.filter(campaign=campaign, building__in=buildings).order_by("door")
    }
    by_building: dict[UUID, list[DoorLeft]] = {building: [] for building in buildings}
    for home in sorted(territory.doors_of(buildings), key=lambda one: (one.entrance, one.floor, one.door)):
        door = stood.pop(home.id, None)
        if door is None or door.outcome not in REACHED:
            left = DoorLeft(home.building_id, str(home), door.outcome if door else "", door.visits if door else 0)
            by_building[home.building_id].append(left)
    for door in stood.values():
        if door.outcome not in REACHED:
            by_building[door.building_id].append(DoorLeft(door.building_id, door.label, door.outcome, door.visits))
    return [door for doors in by_building.values() for door in doors]


# --- the roster -------------------------------------------------------------------------------------------------------


def roster_counts(actor: Actor, unit_id: UUID) -> dict[str, int]:
    """How many of each kind can be sent in a unit."""
    require(actor, Act.RUN, unit_id)
    return dict(prepared(_STRENGTH, [unit_id]))


def roster_page(
    actor: Actor, unit_id: UUID, kind: str = "", skill: str = "", after: UUID | None = None
) -> list[Member]:
    """A page of the roster and one more, by when they joined; names are encrypted, so nobody is found by theirs."""
    found, kinds, since = roster(actor, unit_id), [kind] if kind else MemberKind.values, after or UUID(int=0)
    if skill or territory.unit(unit_id).level not in LARGE:
        # Their ids first: of a subquery the planner does not know that few come.
        asked, which = (_WITH_SKILL, [skill]) if skill else (_OF_UNITS, [])
        values = [unit_id, since, kinds, PEOPLE_SHOWN + 1, *which]
        rows = prepared(asked, values)
        return _MEMBERS.all([member for (member,) in rows])
    shown = found.filter(pk__gt=since, kind__in=kinds) if after or kind else found
    return list(shown.defer("person", "joined_at", "left_at")[: PEOPLE_SHOWN + 1])


_STRENGTH = "SELECT kind, people FROM campaigns_strength WHERE unit_id = $1::uuid AND people > 0"
_MEMBERS = Statement(
    "SELECT {} FROM campaigns_member WHERE id = ANY ($1::uuid[]) AND left_at IS NULL ORDER BY id", Member
)
_WITH_SKILL = """
SELECT member_id FROM campaigns_memberskill
WHERE unit_id = $1::uuid AND skill = $5::text AND kind = ANY ($3::text[]) AND member_id > $2::uuid ORDER BY member_id LIMIT $4::int
"""
# In a district so many members are so near each other in the roster that it is read through; of a smaller unit, unit by unit.
LARGE = ("city", "district")
_OF_UNITS = """
SELECT first.id FROM territory_unit AS own, LATERAL (
    SELECT id FROM campaigns_member
    WHERE unit_id = own.id AND left_at IS NULL AND id > $2::uuid AND kind = ANY ($3::text[]) ORDER BY id LIMIT $4::int
) AS first WHERE own.path @> ARRAY[$1::uuid] ORDER BY first.id LIMIT $4
"""


def member(actor: Actor, member_id: UUID) -> Member:
    """Somebody who is on the roster now. Raises `NotFound`, `NotAllowed`."""
    found = Member.objects.filter(pk=member_id, left_at=None).first()
    if found is None:
        raise NotFound
    require(actor, Act.RUN, found.unit_id)
    return found


def busy(members: Sequence[Member]) -> dict[UUID, tuple[UUID, str]]:
    """The team in which each of them is now: its id, and what it is called."""
    values = [[one.pk for one in members], clock.now()]
    found = prepared(_BUSY, values)
    return {member: (team, name) for member, team, name in found}


# As `roster.in_teams`.
_BUSY = """
SELECT member_id, campaigns_team.id, campaigns_team.name FROM campaigns_membership
JOIN campaigns_team ON campaigns_team.id = team_id
JOIN campaigns_campaign ON campaigns_campaign.id = campaign_id
JOIN campaigns_declaration ON campaigns_declaration.id = declaration_id
WHERE member_id = ANY ($1::uuid[]) AND until IS NULL
    AND campaigns_campaign.closed_at IS NULL AND campaigns_declaration.ended_at IS NULL AND ends_at > $2::timestamptz
"""
