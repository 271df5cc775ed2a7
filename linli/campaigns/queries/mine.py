"""What was collected at one door, and which doors' codes somebody may hand over."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.campaigns import answering, sealed
from linli.campaigns.answering import Said
from linli.campaigns.models import (
    Campaign,
    Declaration,
    Door,
    DoorCode,
    FollowUp,
    Home,
    Membership,
    Share,
    Submission,
    VisitPhoto,
)
from linli.campaigns.queries import homes
from linli.campaigns.queries.control import answers_in, is_open, may, note_in
from linli.campaigns.queries.phones import keepers_of
from linli.campaigns.queries.roster import my_teams
from linli.campaigns.rules import Act
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotFound
from linli.territory import queries as territory

MOST_SHARES = 200


@dataclass(frozen=True, slots=True)
class HomeDoor:
    """A door as it is called in its building."""

    id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class VisitTold:
    """One visit, with what was answered as the form asked it, what the visitor wrote beside it, and its photos."""

    row: Submission
    said: Sequence[Said]
    note: str
    photos: Sequence[UUID]


def doors_to_tell(actor: Actor, running: Campaign, building_id: UUID) -> list[HomeDoor]:
    """All doors of a building for whoever leads joint control there; for a team that visits there now, those that its phones have."""
    with acting_as(SYSTEM):
        shares = list(Share.objects.filter(campaign=running, building=building_id))
        if not shares:
            return []
        leads = may(actor, Act.RUN, shares[0].community_id)
        given = shares if leads else _of_own_teams(actor, running, shares)
        homes = [
            HomeDoor(home.id, str(home))
            for home in territory.doors_in(building_id)
            if leads or any(s.entrance == home.entrance and s.floor_from <= home.floor <= s.floor_to for s in given)
        ]
        found = Door.objects.filter(campaign=running, building=building_id, found=True).order_by("label")
        own = {share.team_id for share in given}
        sharing = {share.team_id for share in shares if share.taken_at is None}
        return homes + [HomeDoor(one.door, one.label) for one in found if leads or own & keepers_of(one, sharing)]


def _of_own_teams(actor: Actor, running: Campaign, shares: Sequence[Share]) -> list[Share]:
    """Those of the shares that are the actor's teams' now, while their screening is open."""
    if actor.id is None or not is_open(running):
        return []
    inside = Membership.objects.filter(member__person=actor.id, until=None, team__campaign=running, team__out_at=None)
    teams = set(inside.values_list("team", flat=True))
    return [share for share in shares if share.taken_at is None and share.team_id in teams]


def buildings_to_tell(actor: Actor) -> list[tuple[UUID, UUID]]:
    """By screening, the buildings of the actor's teams in the order of their walk: as many as a page shows."""
    teams = [team for team in my_teams(actor) if is_open(team.campaign)]
    found = Share.objects.filter(team__in=teams, taken_at=None).order_by("team", "place")
    rows = found.values_list("campaign", "building")[:MOST_SHARES] if teams else ()
    return list(dict.fromkeys(rows))


def codes_of(declaration_id: UUID, building_id: UUID) -> Mapping[UUID | None, datetime]:
    """By door: when its code was made. For who may make them."""
    with acting_as(SYSTEM):
        rows = DoorCode.objects.filter(declaration=declaration_id, building=building_id)
        return dict(rows.values_list("door", "made_at"))


def address_of_code(row: DoorCode) -> str:
    """The door in the city's words; empty after its data are gone."""
    if row.door is None or row.building_id is None:
        return ""
    with acting_as(SYSTEM):
        home = next(iter(territory.doors([row.door])), None)
        found = None if home else Door.objects.filter(campaign__declaration=row.declaration_id, door=row.door).first()
    places = [*territory.ancestors(row.building_id)[-2:], territory.unit(row.building_id)]
    label = str(home) if home else found.label if found else ""
    return " ".join([*(unit.name for unit in places), label])


def visits_told(declared: Declaration, door: UUID, language: str) -> list[VisitTold]:
    """Every visit to a door under a declaration, those set aside too, the newest first. For who holds the door's code."""
    found = Submission.objects.filter(campaign__declaration=declared, door=door)
    with acting_as(SYSTEM):
        rows = list(found.select_related("campaign__form", "team").order_by("-visited_at", "-pk"))
        photos: dict[UUID, list[UUID]] = defaultdict(list)
        for visit, one in VisitPhoto.objects.filter(visit__in=rows).order_by("pk").values_list("visit", "pk"):
            photos[visit].append(one)
    return [
        VisitTold(row, answering.in_words(row.campaign.form, answers_in(row), language), note_in(row), photos[row.pk])
        for row in rows
    ]


def photo_told(home: Home, photo_id: UUID, *, small: bool) -> bytes:
    """A JPEG that was taken at the door of an account, under the declaration whose code bound it. Raises `NotFound`, `Destroyed`."""
    if homes.code_of(home) is None:
        raise NotFound
    of = {"visit__door": home.door, "visit__campaign__declaration": home.declaration_id}
    with acting_as(SYSTEM):
        if not VisitPhoto.objects.filter(pk=photo_id, **of).exists():
            raise NotFound
    return sealed.read_file(home.declaration_id, sealed.beside(photo_id, sealed.THUMBNAIL) if small else photo_id)


def follow_ups_told(declared: Declaration, door: UUID) -> list[FollowUp]:
    """What followed from the answers, the newest first."""
    with acting_as(SYSTEM):
        return list(FollowUp.objects.filter(campaign__declaration=declared, door=door).order_by("-opened_at"))
