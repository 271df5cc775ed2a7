"""Visits one by one, for who may read answers: those of a door, and those of a team that its lead looks at."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from linli.campaigns import sealed
from linli.campaigns.models import Campaign, Door, Member, Membership, Submission, Team, VisitPhoto
from linli.campaigns.queries.control import answers_in, note_in, require
from linli.campaigns.rules import Act
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.territory import queries as territory

SHOWN = 100


@dataclass(frozen=True, slots=True)
class VisitSeen:
    """A visit in words' reach: who made it for which team, what they wrote, what is odd about it."""

    id: UUID
    at: datetime
    door: UUID
    door_label: str
    building: UUID | None
    outcome: str
    next_at: datetime | None
    aside: str
    team: str
    by: str
    # Who of the team handed the door over, if it was.
    handed_by: str
    metres_off: int | None
    # Of a door's page alone.
    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    photos: Sequence[UUID] = ()


def visits_of_door(actor: Actor, campaign: Campaign, building: UUID, door: UUID) -> list[VisitSeen]:
    """All that were made at it, the newest first. Raises `NotFound` where there is none, `NotAllowed`, `Destroyed`."""
    found = _newest(Submission.objects.filter(campaign=campaign, building=building, door=door))
    if not found:
        raise NotFound
    require(actor, Act.READ_ANSWERS, found[0].community_id)
    photos: dict[UUID, list[UUID]] = defaultdict(list)
    for visit, photo in VisitPhoto.objects.filter(visit__in=found).order_by("received_at").values_list("visit", "pk"):
        photos[visit].append(photo)
    return [
        replace(seen, answers=_answers(campaign, row), note=note_in(row), photos=photos[row.pk])
        for row, seen in zip(found, _seen(campaign, found), strict=True)
    ]


def to_look_at(actor: Actor, team: Team) -> list[VisitSeen]:
    """A team's visits that a colleague of elsewhere made for it, or whose phone was far from the door; the newest hundred."""
    require(actor, Act.SEE, team.unit_id)
    return _seen(team.campaign, _newest(_odd(team).defer("answers", "note")))


def count_to_look_at(actor: Actor, team: Team) -> tuple[int, int]:
    """How many of a team's visits were handed over, and how many were made from far away."""
    require(actor, Act.SEE, team.unit_id)
    counted = _odd(team).aggregate(handed=Count("handed_by"), far=Count("metres_off"))
    return counted["handed"], counted["far"]


def _odd(team: Team) -> QuerySet[Submission]:
    return Submission.objects.filter(Q(handed_by__isnull=False) | Q(metres_off__isnull=False), team=team)


def _newest(found: QuerySet[Submission]) -> list[Submission]:
    return list(found.select_related("team").order_by("-visited_at", "-pk")[:SHOWN])


def _seen(campaign: Campaign, rows: Sequence[Submission]) -> list[VisitSeen]:
    labels = _labels(campaign, {row.door for row in rows})
    names = {one.person_id: one.name for one in Member.objects.filter(person__in={row.by_id for row in rows})}
    given = Membership.objects.filter(pk__in={row.handed_by for row in rows if row.handed_by})
    givers = {one.pk: one.member.name for one in given.select_related("member")}
    return [
        VisitSeen(
            id=row.pk,
            at=row.visited_at,
            door=row.door,
            door_label=labels.get(row.door, ""),
            building=row.building_id,
            outcome=row.outcome,
            next_at=row.next_at,
            aside=row.aside,
            team=row.team.name if row.team else "",
            by=names.get(row.by_id, ""),
            handed_by=givers.get(row.handed_by, "") if row.handed_by else "",
            metres_off=row.metres_off,
        )
        for row in rows
    ]


def _labels(campaign: Campaign, doors: Collection[UUID]) -> dict[UUID, str]:
    found = Door.objects.filter(campaign=campaign, door__in=doors, found=True)
    return dict(found.values_list("door", "label")) | {home.id: str(home) for home in territory.doors(doors)}


def _answers(campaign: Campaign, row: Submission) -> dict[str, Any]:
    row.campaign = campaign
    return answers_in(row)


def photo(actor: Actor, photo_id: UUID, *, small: bool) -> bytes:
    """A JPEG: for whoever made the visit, and for whoever reads answers there. Raises `NotFound`, `NotAllowed`, `Destroyed`."""
    found = VisitPhoto.objects.select_related("visit__campaign").filter(pk=photo_id).first()
    if found is None:
        raise NotFound
    if actor.id is None or found.by_id != actor.id:
        require(actor, Act.READ_ANSWERS, found.visit.community_id or found.visit.campaign.unit_id)
    name = sealed.beside(found.pk, sealed.THUMBNAIL) if small else found.pk
    return sealed.read_file(found.visit.campaign.declaration_id, name)
