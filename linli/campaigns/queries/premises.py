"""The register of reopening: premises of a unit, one of them with its checks, and how many opened day by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from linli.campaigns.models import Check, Premises, Standing
from linli.campaigns.queries.control import lies_in, may, require
from linli.campaigns.rules import Act
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.territory import queries as territory

PAGE, DAYS = 50, 30


def listed(actor: Actor, unit_id: UUID, standing: str = "", after: UUID | None = None) -> list[Premises]:
    """Those of a unit and what lies below it, by when they were registered: a page, and one more."""
    require(actor, Act.SEE, unit_id)
    found = Premises.objects.filter(lies_in(unit_id)).defer("responsible", "phone", "commitments").order_by("pk")
    if standing:
        found = found.filter(standing=standing)
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found[: PAGE + 1])


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[tuple[Premises, datetime | None]]:
    """Those of a unit, below it, and of larger ones around it that the actor sees, whose place lies in a window of the map; each with
    its last inspection."""
    require(actor, Act.SEE, unit_id)
    around = [one for one in territory.unit(unit_id).path if may(actor, Act.SEE, one)]
    found = Premises.objects.filter(
        Q(unit__path__contains=[unit_id]) | Q(unit__in=around),
        lon__range=(window.west, window.east),
        lat__range=(window.south, window.north),
    )
    last = found.annotate(inspected=Max("checks__at")).order_by("pk")[:MOST_MARKS]
    return [(row, row.inspected) for row in last]


def counts(actor: Actor, unit_id: UUID) -> dict[str, int]:
    """How many stand how."""
    require(actor, Act.SEE, unit_id)
    found = Premises.objects.filter(lies_in(unit_id)).order_by("standing")
    return dict(found.values_list("standing").annotate(Count("pk")))


def one(actor: Actor, premises_id: UUID) -> Premises:
    """Raises `NotFound`."""
    require(actor, Act.SEE)
    found = Premises.objects.filter(pk=premises_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    opened: int
    conditional: int
    closed: int


def by_day(actor: Actor, unit_id: UUID) -> list[Day]:
    """What inspections found on each of the last days, the oldest first."""
    require(actor, Act.SEE, unit_id)
    today = timezone.localdate(clock.now())
    first = today - timedelta(days=DAYS - 1)
    found = Check.objects.filter(lies_in(unit_id, "premises__unit"), at__gte=clock.now() - timedelta(days=DAYS))
    days = found.annotate(day=TruncDate("at")).order_by("day").values_list("day", "result").annotate(many=Count("pk"))
    counted: Mapping[tuple[date, str], int] = {(day, result): many for day, result, many in days}
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    return [
        Day(
            day, *(counted.get((day, result), 0) for result in (Standing.OPENED, Standing.CONDITIONAL, Standing.CLOSED))
        )
        for day in dates
    ]
