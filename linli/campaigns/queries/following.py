"""What is to be followed up, and where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from linli.campaigns import sealed
from linli.campaigns.models import FollowUp, FollowUpKind, FollowUpNote, Share
from linli.campaigns.rules import MAY, Act
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.people import queries as people
from linli.people.queries import Colleague
from linli.territory import queries as territory

# What is due so soon stands in the inbox, so that a round can be planned; more than these nobody does in a day.
AHEAD, MOST_TASKS = timedelta(hours=24), 100
# What was handed to one colleague, who may be ill or have another post by now, waits for all again once it is overdue by so much.
LEFT_LYING = timedelta(hours=4)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Address:
    """Where a follow-up is: the names from the community down to the door, and the place of the building."""

    names: tuple[str, ...]
    lon: float | None
    lat: float | None
    path: tuple[UUID, ...]

    @property
    def text(self) -> str:
        return " ".join(self.names)

    @property
    def short(self) -> str:
        """Without the community, for those who work in it."""
        return " ".join(self.names[1:])


def addresses_of(places: Iterable[tuple[UUID, UUID]]) -> dict[UUID, Address]:
    """By door, of pairs of building and door, in the city's language; of a door that no list had, to the building. Two statements."""
    wanted = {door: building for building, door in places}
    homes = {home.id: home for home in territory.units_by_id(set(wanted.values()))}
    with acting_as(SYSTEM):
        listed = {door.id: door for door in territory.doors(list(wanted))}
    found: dict[UUID, Address] = {}
    for door_id, building in wanted.items():
        home = homes[building]
        names = [territory.unit(above).name for above in home.path[3:-1]] + [home.name]
        if (door := listed.get(door_id)) is not None:
            names += [f"{door.entrance}单元", f"{door.floor}{door.door:02}"]
        found[door_id] = Address(tuple(names), home.lon, home.lat, tuple(home.path))
    return found


def address_of(building_id: UUID, door_id: UUID) -> str:
    return addresses_of([(building_id, door_id)])[door_id].text


def due_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """Deliveries and check-ins that are due in the actor's units, the longest waiting first."""
    return _visible_to(actor).filter(released_at=None, next_at__lte=clock.now()).order_by("next_at", "pk")


def follow_ups_of(actor: Actor, campaign_id: UUID, door_id: UUID) -> list[FollowUp]:
    """All of a door, the newest first, released ones too."""
    return list(_visible_to(actor).filter(campaign=campaign_id, door=door_id).order_by("-pk"))


def tasks_of(actor: Actor) -> list[FollowUp]:
    """What the actor is to do by this time tomorrow: handed to them, to nobody, or left lying. The longest waiting first."""
    now = clock.now()
    mine = Q(holder=None) | Q(holder=actor.id) | Q(next_at__lte=now - LEFT_LYING)
    due = _visible_to(actor).filter(mine, released_at=None, next_at__lte=now + AHEAD)
    return list(due.order_by("next_at", "pk")[:MOST_TASKS])


def follow_up(actor: Actor, follow_up_id: UUID) -> FollowUp:
    """Raises `NotFound`."""
    found = _visible_to(actor).select_related("campaign").filter(pk=follow_up_id).first()
    if found is None:
        raise NotFound
    return found


def notes_of(follow_ups: Collection[FollowUp]) -> dict[str, str]:
    """What was written at their steps, by the id that the timeline gives it. Ask for the follow-ups first: there it is checked who may."""
    found = FollowUpNote.objects.filter(follow_up__in=follow_ups).select_related("campaign")
    return {str(row.pk): sealed.open_(row.campaign.declaration_id, row.text, row.pk).decode() for row in found}


def can_follow(community_id: UUID) -> list[Colleague]:
    """To whom something of this community can be handed: its grid workers, by name."""
    return people.posted_over(territory.unit(community_id).path, Role.GRID_WORKER)


@dataclass(frozen=True, slots=True)
class AtHome:
    """A door with what is to be done for it, and when the first of it is due."""

    door: UUID
    building: UUID
    open: list[FollowUp]


def at_home(
    actor: Actor, campaign_id: UUID, unit_id: UUID, team_id: UUID | None = None, first: int = 0
) -> list[AtHome]:
    """Households that need something until they are released, the next due first, a page of them and one more."""
    found = _visible_to(actor).filter(campaign=campaign_id, community__path__overlap=[unit_id], released_at=None)
    found = found.exclude(kind=FollowUpKind.CASE)
    if team_id is not None:
        found = found.filter(building__in=_buildings_of(team_id))
    doors = found.values("door").annotate(due=Min("next_at")).order_by("due", "door")[first : first + PAGE + 1]
    order = [row["door"] for row in doors]
    rows: dict[UUID, list[FollowUp]] = {door: [] for door in order}
    for row in found.filter(door__in=order).order_by("next_at", "pk"):
        rows[row.door].append(row)
    return [AtHome(door, rows[door][0].building_id, rows[door]) for door in order if rows[door]]


def _buildings_of(team_id: UUID) -> Collection[UUID]:
    return list(Share.objects.filter(team=team_id, taken_at=None).values_list("building", flat=True).distinct())


def _visible_to(actor: Actor) -> QuerySet[FollowUp]:
    """Those of the units in which the actor follows up."""
    if actor.is_system:
        return FollowUp.objects.all()
    units = [grant.unit_id or territory.root().id for grant in actor.grants if grant.role in MAY[Act.FOLLOW]]
    return FollowUp.objects.filter(community__path__overlap=units) if units else FollowUp.objects.none()
