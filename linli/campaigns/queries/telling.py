"""Notices that are told at doors: which there are, how far each is, and which doors are left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from linli.campaigns import telling as rule
from linli.campaigns.models import Door, FollowUp, FollowUpKind, Telling, TellingEnd, TellingMark, TellingPlace, ToldHow
from linli.campaigns.queries import homes
from linli.campaigns.queries.control import may, require
from linli.campaigns.rules import MAY, Act
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.statement import Statement
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

SHOWN = 50
# More buildings nobody goes to in a day; the rest follow when these are done.
MOST_TASKS = 60
_PARTS = {
    "city": "district",
    "district": "subdistrict",
    "subdistrict": "community",
    "community": "building",
    "quarter": "building",
}
_LEFT = F("doors") - F("app") - F("sms") - F("told") - F("leaflet")


def running() -> Q:
    """What is told now: begun, neither over nor ended, and not outliving the declaration that allows it."""
    now = clock.now()
    allowed = Q(declaration__ended_at=None, declaration__ends_at__gt=now)
    # That something is over is said after its declaration, as long as its data are there.
    holds = Q(declaration=None) | allowed | Q(over_of__isnull=False, declaration__destroyed_at=None)
    return Q(ended_at=None, starts_at__lte=now, ends_at__gt=now) & holds


def is_running(row: Telling) -> bool:
    return Telling.objects.filter(running(), pk=row.pk).exists()


def over_for(length: timedelta) -> QuerySet[Telling]:
    """Those that have been over for so long."""
    then = clock.now() - length
    return Telling.objects.filter(Q(ended_at__lte=then) | Q(ends_at__lte=then))


def to_call_off(length: timedelta) -> QuerySet[Telling]:
    """Those that are over since at most so long, by the clock, with their declaration or withdrawn, and of which nobody was told that."""
    now = clock.now()
    then = now - length
    by_clock = Q(ended_at=None, ends_at__lte=now, ends_at__gt=then)
    declared = Q(ended_at=None, declaration__ended_at__lte=now, declaration__ended_at__gt=then)
    withdrawn = Q(ended_why=TellingEnd.CANCELLED, ended_at__gt=then)
    kept = Q(declaration=None) | Q(declaration__destroyed_at=None)
    stood = Exists(
        TellingPlace.objects.filter(telling=OuterRef("pk"), closed=False).filter(Q(told__gt=0) | Q(leaflet__gt=0))
    )
    return Telling.objects.filter(by_clock | declared | withdrawn, kept, stood, over_of=None, all_clear=None).order_by(
        "pk"
    )


def doors_that_were_told(row: Telling) -> dict[UUID, list[UUID]]:
    """By building: the doors that know of it from somebody who stood there. For the system."""
    found: dict[UUID, list[UUID]] = {}
    for place in TellingPlace.objects.filter(telling=row, closed=False).filter(Q(told__gt=0) | Q(leaflet__gt=0)):
        told = [door for door, how in standings_of(place).items() if how in (ToldHow.TOLD, ToldHow.LEAFLET)]
        if told:
            found[place.building_id] = told
    return found


def tellings_of(actor: Actor) -> list[Telling]:
    """Those that concern the actor's units, the newest first."""
    tops = _tops(actor, Act.SEE)
    return [row for row in Telling.objects.order_by("-pk")[: 4 * SHOWN] if inside(row, tops)][:SHOWN]


def telling(actor: Actor, telling_id: UUID) -> Telling:
    """For whoever sees joint control in a unit that it concerns. Raises `NotFound`, `NotAllowed`."""
    found = Telling.objects.select_related("declaration").filter(pk=telling_id).first()
    if found is None:
        raise NotFound
    if not actor.is_system and not inside(found, _tops(actor, Act.SEE)):
        raise NotAllowed
    return found


def telling_of_notice(notice: UUID) -> Telling | None:
    """By which a warning, or a declaration, is told at doors."""
    return _OF_NOTICE.first(notice)


_OF_NOTICE = Statement("SELECT {} FROM campaigns_telling WHERE notice = $1::uuid LIMIT 1", Telling)


def count_to_tell(units: Sequence[UUID], *, looked_after: bool) -> int:
    """How many households of these units would be told at the door now: a number alone, for whoever writes the notice."""
    with acting_as(SYSTEM):
        if looked_after:
            asked = FollowUp.objects.filter(kind=FollowUpKind.CHECK_IN, released_at=None)
            return asked.filter(building__path__overlap=list(units)).values("door").distinct().count()
        bound = homes.at_home_in(units).values("door").distinct().count()
        return max(sum(territory.count_households(unit) for unit in units) - bound, 0)


def _tops(actor: Actor, act: Act) -> list[UUID]:
    return [grant.unit_id or territory.root().id for grant in actor.grants if grant.role in MAY[act]]


def inside(row: Telling, tops: Sequence[UUID]) -> list[UUID]:
    """The units of it in which one works: its own, or those of one's own that lie in them."""
    own = [unit for unit in row.units if not set(territory.unit(unit).path).isdisjoint(tops)]
    return own or [top for top in tops if not set(territory.unit(top).path).isdisjoint(row.units)]


@dataclass(frozen=True, slots=True)
class Told:
    """How far a notice is in a unit."""

    unit_id: UUID
    doors: int
    how: dict[str, int]
    buildings: int
    # Of a building: where it is marked.
    place: UUID | None = None

    @property
    def left(self) -> int:
        return self.doors - sum(self.how[one] for one in rule.REACHED)


def parts_of(actor: Actor, row: Telling, unit: UnitInfo) -> list[Told]:
    """The parts of a unit one level down (of a community its buildings), most left first. Raises `NotAllowed`, `NotFound`."""
    require(actor, Act.SEE, unit.id)
    part = _PARTS.get(unit.level)
    if part is None:
        raise NotFound
    found = TellingPlace.objects.filter(telling=row, closed=False)
    if unit.level == "quarter":
        found = found.filter(building__parent=unit.id)
    elif unit.level != "city":
        found = found.filter(**{unit.level: unit.id})
    of_building = {"place": F("pk")} if part == "building" else {}
    summed = found.values(of=F(f"{part}_id"), **of_building).annotate(
        buildings=Count("pk"), all_doors=Sum("doors"), **{f"all_{how}": Sum(how) for how in ToldHow.values}
    )
    rows = [_told(one) for one in summed]
    return sorted(rows, key=lambda one: (-one.left, one.unit_id.hex))


def _told(row: Mapping[str, Any]) -> Told:
    how = {one: row[f"all_{one}"] for one in ToldHow.values}
    return Told(row["of"], row["all_doors"], how, row["buildings"], row.get("place"))


# --- at the doors -----------------------------------------------------------------------------------------------------


def tasks_of(actor: Actor) -> list[TellingPlace]:
    """Buildings in which the actor, as a grid worker, tells somebody of something now; those with looked-after people first."""
    units = [grant.unit_id or territory.root().id for grant in actor.grants if grant.role == Role.GRID_WORKER]
    told = list(Telling.objects.filter(running())) if units else []
    if not told:
        return []
    first = FollowUp.objects.filter(building=OuterRef("building"), kind=FollowUpKind.CHECK_IN, released_at=None)
    found = TellingPlace.objects.filter(telling__in=told, closed=False, community__path__overlap=units).annotate(
        left_now=_LEFT, first=Exists(first)
    )
    ordered = found.filter(left_now__gt=0).order_by("-first", "telling__ends_at", "building__code")
    return list(ordered.select_related("telling")[:MOST_TASKS])


def place_to_tell(actor: Actor, place_id: UUID) -> TellingPlace:
    """With its telling, for whoever follows up there. Raises `NotFound`."""
    found = TellingPlace.objects.select_related("telling__declaration").filter(pk=place_id, closed=False).first()
    if found is None or not may(actor, Act.FOLLOW, found.community_id):
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class DoorTold:
    """A door as it is called in its building; `first`: somebody there is asked for again and again."""

    id: UUID
    label: str
    entrance: int | None
    how: str = ""
    tries: int = 0
    first: bool = False


def doors_of(place: TellingPlace) -> list[DoorTold]:
    """The doors that are meant, without how they stand. Ask for the place first: there it is checked who may."""
    with acting_as(SYSTEM):
        listed = [DoorTold(one.id, str(one), one.entrance) for one in territory.doors_in(place.building_id)]
        if not (place.telling.looked_after or place.telling.over_of_id):
            return listed
        meant = set(place.only or ())
        rest = meant - {one.id for one in listed}
        found = (
            Door.objects.filter(building=place.building_id, door__in=rest)
            .order_by("door", "-visited_at")
            .distinct("door")
        )
        return [one for one in listed if one.id in meant] + [DoorTold(one.door, one.label, None) for one in found]


def standings_of(place: TellingPlace) -> dict[UUID, str]:
    """How each door stands that was marked."""
    return {door: rule.standing(marks) for door, marks in _marks_of(place).items()}


def _marks_of(place: TellingPlace) -> dict[UUID, list[tuple[datetime, UUID, str]]]:
    marks: dict[UUID, list[tuple[datetime, UUID, str]]] = defaultdict(list)
    for door, at, pk, how in TellingMark.objects.filter(place=place).values_list("door", "at", "pk", "how"):
        marks[door].append((at, pk, how))
    return marks


def doors_told(place: TellingPlace) -> list[DoorTold]:
    """The doors that are meant, as they stand. Ask for the place first: there it is checked who may."""
    marks = _marks_of(place)
    with acting_as(SYSTEM):
        open_ = FollowUp.objects.filter(building=place.building_id, kind=FollowUpKind.CHECK_IN, released_at=None)
        first = set(open_.values_list("door", flat=True))
    return [
        DoorTold(
            one.id,
            one.label,
            one.entrance,
            rule.standing(marks[one.id]) if one.id in marks else "",
            sum(how in rule.AT_THE_DOOR for _at, _pk, how in marks.get(one.id, ())),
            one.id in first,
        )
        for one in doors_of(place)
    ]
