"""What cases bring to the smart map beside cases themselves: safety hazards, and the places of the territory that people go to.

A class is a safety hazard where the catalogue names the number that is called when lives are at risk, and asks for proof that it is gone;
the catalogue is where this is changed. What was settled in the last 30 days stays, in a weaker sign, as rectified.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.cases import cells, map_layers, rules
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS, Layer, Mark
from linli.cases.models import DONE_STATES, Case, State
from linli.cases.pages import words
from linli.cases.queries.narrowing import Filters, narrowed, require_unit
from linli.cases.rows import Point
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.access import Actor, Permission
from linli.territory import queries as territory
from linli.territory.facilities import kinds
from linli.territory.facilities import queries as facilities

RECTIFIED_SHOWN = timedelta(days=30)
WIDE = ("city", "district")


def register() -> None:
    # Drawn in this order: what is there every day below what is dangerous.
    map_layers.register(
        Layer(
            name="services",
            label=gettext_lazy("Services and facilities"),
            window="/api/v1/territory/map/window",
            mark=pgettext_lazy("sign on the map", "S"),
            tone="info",
            from_zoom=13,
            serves=lambda actor: actor.may(Permission.SEE_CASES),
            marks=services,
            usual=False,
        )
    )
    map_layers.register(
        Layer(
            name="hazards",
            label=gettext_lazy("Safety hazards"),
            window="/api/v1/cases/map/hazards",
            mark=pgettext_lazy("sign on the map", "H"),
            tone="bad",
            from_zoom=11,
            serves=lambda actor: actor.may(Permission.SEE_CASES),
            marks=hazards,
        )
    )


def services(actor: Actor, unit_id: UUID, most: int) -> list[Mark]:
    """They are published: whoever sees the map sees them."""
    found = facilities.facilities(unit_id)[:most]
    return [Mark(one.lon, one.lat, kinds.name_of(one), lines=kinds.lines_of(one)) for one in found]


def hazards(
    actor: Actor,
    unit_id: UUID,
    most: int = MOST_MARKS,
    window: Window | None = None,
    zoom: float = cells.POINTS_FROM_ZOOM,
) -> list[Mark]:
    """Open ones first, the newest first; what was settled is told where there is room for it. Two statements. Raises NotFound."""
    require_unit(actor, unit_id)
    ranges = cells.ranges_in(window, rules.CELL_RESOLUTION) if window else None
    placed = _placed(window, ranges)
    still = narrowed(actor, Filters(unit_id=unit_id, open_only=True)).filter(placed)
    found = _points(still, most)
    # Of a district or the city they are too many to be read, and to be looked for.
    near = zoom >= cells.POINTS_FROM_ZOOM and ranges if window else territory.unit(unit_id).level not in WIDE
    if near:
        settled = Filters(unit_id=unit_id, states=DONE_STATES, ended_from=clock.now() - RECTIFIED_SHOWN)
        found += _points(narrowed(actor, settled).filter(placed), most - len(found))
    kinds = {kind: duties.minor_class(kind).label for kind in {case.case_class_id for case in found}}
    states = {state.value: str(state.label) for state in State}
    now = clock.now()
    return [_hazard(case, kinds, states, now) for case in found]


def _points(found: QuerySet[Case], most: int) -> list[Point]:
    return [Point(*row) for row in found.order_by("-pk").values_list(*Point._fields)[:most]]


def _placed(window: Window | None, ranges: list[tuple[int, int]] | None) -> Q:
    placed = Q(case_class__in=_hazardous(), lon__isnull=False, lat__isnull=False)
    if window is not None:
        placed &= Q(lon__range=(window.west, window.east), lat__range=(window.south, window.north))
    if ranges:
        placed &= reduce(or_, (Q(cell__gte=first, cell__lt=last) for first, last in ranges))
    return placed


def _hazardous() -> list[UUID]:
    """Whoever asks for help at home, or a crowd, needs no proof: that is no hazard of a place."""
    return [one.id for one in duties.classes() if one.emergency_number and one.proof_required]


def _hazard(case: Point, kinds: Mapping[UUID, str], states: Mapping[str, str], now: datetime) -> Mark:
    reference = case.reference
    still = case.closed_at is None
    return Mark(
        lon=case.lon,
        lat=case.lat,
        name=f"{kinds[case.case_class_id]} {reference}",
        href=f"/case/{reference}/",
        lines=" · ".join(said for said in _said(case, states, now) if said),
        tone="" if still else "quiet",
        weak=not still,
    )


def _said(case: Point, states: Mapping[str, str], now: datetime) -> list[str]:
    if case.closed_at is not None:
        day = date_format(timezone.localtime(case.closed_at), _("M j"))
        return [_("Rectified"), day]
    left, _tone = words.due_words(case, now)
    return [states[case.state], left]
