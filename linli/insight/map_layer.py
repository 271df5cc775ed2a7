"""Standing warnings on the smart map: where each is, a cluster with its circle."""

from math import cos, radians
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.cases import map_layers
from linli.cases import queries as cases
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS, Layer, Mark
from linli.foundation.access import Actor, Permission
from linli.insight import events, queries, wording
from linli.insight.models import Warning, WarningState
from linli.territory import queries as territory

KM_PER_DEGREE = 111.32


def register() -> None:
    map_layers.register(
        Layer(
            name="warnings",
            label=gettext_lazy("Warnings"),
            window="/api/v1/insight/map/window",
            mark=pgettext_lazy("sign on the map", "W"),
            tone="warn",
            from_zoom=8,
            serves=lambda actor: actor.may(Permission.SEE_CASES),
            listed="/warnings/",
            topics=events.topics_for,
        )
    )


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Mark]:
    """Those of a unit, or of a larger one around it, that still wait for somebody. Two statements. Raises NotFound."""
    cases.require_unit(actor, unit_id)
    touches = Q(units__contains=[unit_id]) | Q(unit__in=territory.unit(unit_id).path)
    found = queries.visible_to(actor).filter(touches, state__in=queries.open_states())
    marks = [mark for row in found.order_by("-id")[:MOST_MARKS] if (mark := _mark(row)) is not None]
    return [mark for mark in marks if _reaches_into(mark, window)]


def _mark(row: Warning) -> Mark | None:
    """None where nobody knows where it is: a unit that was never drawn."""
    unit = territory.unit(row.unit_id)
    lon, lat = (unit.lon, unit.lat) if row.lon is None or row.lat is None else (row.lon, row.lat)
    if lon is None or lat is None:
        return None
    said = [wording.window(row), wording.seen(row), str(WarningState(row.state).label)]
    return Mark(
        lon=lon,
        lat=lat,
        name=wording.title(row),
        href=f"/warnings/{row.pk}/",
        lines=" · ".join(said),
        tone="bad" if row.strong else "warn",
        radius_km=row.radius_km or 0,
    )


def _reaches_into(mark: Mark, window: Window) -> bool:
    high = mark.radius_km / KM_PER_DEGREE
    wide = high / cos(radians(mark.lat))
    return (
        window.west - wide <= mark.lon <= window.east + wide and window.south - high <= mark.lat <= window.north + high
    )
