"""A unit's boundary drawn anew, on the map, by its corners or from a file: what follows is shown before it is saved."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import shapely
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language

from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.errors import DomainError, NotAllowed, NotFound
from linli.foundation.files import FileTooLarge
from linli.foundation.tabular import decode
from linli.territory import actions, fates, maps, queries, redrawing, rules, shapes
from linli.territory.errors import BoundaryChanged, UnitClosed
from linli.territory.forms import BoundaryForm
from linli.territory.index import UnitInfo
from linli.territory.queries import Outline
from linli.web import unit_boundary_effects
from linli.web.unit_saving import read_or_sent, shown_then_done

# Former outlines that are drawn on the page; each can be downloaded.
MOST_DRAWN = 5


@read_or_sent
def redraw(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    unit = queries.unit(unit_id)
    if not actor.may(Permission.EDIT_TERRITORY, unit.path):
        raise NotAllowed
    if queries.told_by(unit.level) != "boundary":
        raise NotFound
    if unit.valid_to is not None:
        raise UnitClosed(name=_name(unit), day=unit.valid_to)
    drawn = queries.outlines(unit.id)
    present = next((one for one in drawn if one.valid_to is None), None)
    initial = {"on": _first_day(unit, present), "drawn_over": present.id if present else ""}
    form, status = BoundaryForm(request.POST or None, request.FILES or None, initial=initial), 200
    if request.method == "POST" and form.is_valid():
        answer, status = _shown_then_saved(request, form, unit, actor)
        if answer is not None:
            return answer
    earlier = [one for one in drawn if one is not present]
    context = {
        "form": form,
        "unit": unit,
        "title": _name(unit),
        "drawing": maps.map_of_outlines(unit.id, present.shape if present else None, None),
        "present": present,
        "earlier": [_told(unit, one, present, place < MOST_DRAWN) for place, one in enumerate(earlier)],
    }
    return render(request, "web/unit_boundary.html", context, status=status)


def _shown_then_saved(
    request: HttpRequest, form: BoundaryForm, unit: UnitInfo, actor: Actor
) -> tuple[HttpResponse | None, int]:
    known = form.cleaned_data
    try:
        geometry = redrawing.read(_text(known), name=_name(unit), code=unit.code)
        # From here on a file is part of what was written: it stands in the field, and is sent again.
        sent: QueryDict = request.POST.copy()
        sent["drawn"] = redrawing.compact(geometry)
        request.POST = form.data = sent  # type: ignore[assignment]
        shape = redrawing.outline(geometry, name=_name(unit), datum=known["datum"])
        if known["datum"] != rules.WGS84:
            # The map draws what the field says, and is in WGS84.
            sent["drawn"], sent["datum"] = shapely.to_geojson(shape), rules.WGS84
    except DomainError as refusal:
        form.add_error("file" if known["file"] else "drawn", str(refusal))
        return None, refusal.status
    answer, status = shown_then_done(request, form, lambda: _redrawn(unit, shape, known, actor), _effect)
    if answer is None and form.has_error(NON_FIELD_ERRORS, BoundaryChanged.code):
        newest = next((one for one in queries.outlines(unit.id) if one.valid_to is None), None)
        sent["drawn_over"] = str(newest.id) if newest else ""
    return answer, status


def _text(known: dict[str, Any]) -> str:
    """Raises `FileTooLarge`, `UnreadableTable`."""
    file: UploadedFile[Any] | None = known["file"]
    if file is None:
        return str(known["drawn"])
    if (file.size or 0) > redrawing.MOST_BYTES:
        raise FileTooLarge(field="file", limit=redrawing.MOST_BYTES // 1_000_000)
    return decode(file.read(), file.name or "")


def _redrawn(unit: UnitInfo, shape: Any, known: dict[str, Any], actor: Actor) -> Sequence[Any]:
    redrawn = actions.redraw(
        unit=unit.id,
        shape=shape,
        on=known["on"],
        reason=known["reason"],
        source=known["source"],
        drawn_over=known["drawn_over"],
        give_way=known["give_way"],
        by=actor,
    )
    return [redrawn.unit, redrawn]


def _effect(made: Sequence[Any]) -> Any:
    return unit_boundary_effects.effect_of(made[1])


def _first_day(unit: UnitInfo, present: Outline | None) -> date:
    """What holds today is kept: it may be another from tomorrow on."""
    earliest = present.valid_from + timedelta(days=1) if present else unit.valid_from
    return max(queries.day_of(None), earliest)


def _told(unit: UnitInfo, one: Outline, present: Outline | None, drawn: bool) -> dict[str, Any]:
    now = present.shape if present else None
    return {
        "since": one.valid_from,
        "until": one.valid_to,
        "area": fates.in_square_kilometres(shapes.area_m2(one.shape)),
        "source": one.source,
        "drawing": maps.map_of_outlines(unit.id, one.shape, now) if drawn else None,
    }


def _name(unit: UnitInfo) -> str:
    return unit.name_in(get_language() or "")
