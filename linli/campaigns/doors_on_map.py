"""Coverage on the smart map: each building of the screenings that run, coloured by what most of its doors are."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.campaigns import queries
from linli.campaigns.models import Campaign, Tally
from linli.campaigns.pages.common import names_of
from linli.campaigns.pages.screening.coverage_map import STANDINGS, standing_of
from linli.campaigns.queries import Coverage
from linli.campaigns.rules import MAY, Act, Stage
from linli.cases import map_layers
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS, Layer, Mark
from linli.foundation.access import Actor
from linli.territory import queries as territory

NAME = "doors"


def register() -> None:
    map_layers.register(
        Layer(
            name=NAME,
            label=gettext_lazy("Doors of joint control"),
            window="/api/v1/campaigns/doors/window",
            mark=pgettext_lazy("sign on the map", "D"),
            tone="quiet",
            from_zoom=14,
            serves=lambda actor: bool(actor.roles() & MAY[Act.SEE]),
            marks=in_unit,
            # A city in joint control has a mark for every building: they would cover what the map is opened for.
            usual=False,
        )
    )


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Mark]:
    """Three statements; one while nothing is screened there. Raises `NotAllowed`."""
    found = _tallies(actor, unit_id)
    return _marks(
        found.filter(
            building__lon__range=(window.west, window.east), building__lat__range=(window.south, window.north)
        ),
        MOST_MARKS,
    )


def in_unit(actor: Actor, unit_id: UUID, most: int) -> list[Mark]:
    """The same as a list."""
    return _marks(_tallies(actor, unit_id), most)


def _tallies(actor: Actor, unit_id: UUID) -> QuerySet[Tally]:
    """Of the screenings that run there now. Row security holds the actor's units."""
    queries.require(actor, Act.SEE, unit_id)
    there = Q(unit__in=territory.unit(unit_id).path) | Q(unit__path__contains=[unit_id])
    open_ = Campaign.objects.filter(there, closed_at=None).select_related("declaration")
    running = [row.pk for row in open_ if queries.stage_of(row.declaration) is Stage.IN_FORCE]
    if not running:
        return Tally.objects.none()
    return Tally.objects.filter(campaign__in=running, building__path__contains=[unit_id])


def _marks(found: QuerySet[Tally], most: int) -> list[Mark]:
    placed = found.filter(building__lon__isnull=False).select_related("building").order_by("-campaign", "building")
    rows = list(placed[:most])
    names = names_of([row.building_id for row in rows]) if rows else {}
    return [_mark(row, names) for row in rows]


def _mark(row: Tally, names: dict[UUID, str]) -> Mark:
    part = Coverage.of_building(row)
    sign, word, tone = STANDINGS[standing_of(part)]
    assert row.building.lon is not None
    assert row.building.lat is not None
    left = {"left": f"{part.not_reached:,}", "doors": f"{part.doors:,}"}
    return Mark(
        lon=row.building.lon,
        lat=row.building.lat,
        name=names.get(row.building_id, ""),
        href=f"/control/screenings/{row.campaign_id}/buildings/{row.building_id}/",
        lines=" · ".join([str(word), _("%(left)s of %(doors)s doors left") % left]),
        tone=tone or "quiet",
        mark=str(sign),
    )
