"""The life circle: which services lie within five and fifteen minutes' walk of a community, or of where one stands, and which are missing.

Needs no sign-in and no position. A position is sent in the body of the request, is in no address, and is kept nowhere.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from linli.cases.pages import around, words
from linli.foundation.errors import DomainError
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory import rules as territory_rules
from linli.territory.facilities import circle as rules
from linli.territory.facilities import kinds
from linli.territory.facilities import queries as facilities
from linli.territory.facilities.queries import Near

PAGE = "/service/circle/"
DOT = 10


@dataclass(frozen=True, slots=True)
class Start:
    """Where one walks from: the middle of a unit, or where one stands in it."""

    unit_id: UUID
    lon: float
    lat: float
    here: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def life_circle(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    try:
        start = _here(request) if request.method == "POST" else _middle(request)
    except DomainError as error:
        return _choose(request, problem=str(error), status=error.status)
    if start is None or (("choose" in asked or "name" in asked) and "unit" not in asked):
        return _choose(request)
    return render(request, "cases/resident/circle.html", _context(start))


def _here(request: HttpRequest) -> Start | None:
    """A position that was sent. Raises `InvalidCoordinates`, `OutsideTerritory`."""
    datum = request.POST.get("datum", "")
    place = territory.locate(
        request.POST.get("lon"),
        request.POST.get("lat"),
        datum=datum if datum in territory_rules.DATUMS else territory_rules.WGS84,
    )
    unit = place.community_id or place.subdistrict_id
    if unit is None or place.lon is None or place.lat is None:
        return None
    return Start(unit, place.lon, place.lat, here=True)


def _middle(request: HttpRequest) -> Start | None:
    """The unit of the address, else the one that this reader has chosen before."""
    unit = around.chosen_in(request.GET.get("unit")) or around.unit_of(request)
    at = maps.centre_of(unit) if unit else None
    return Start(unit, *at, here=False) if unit and at else None


def _choose(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    choice = around.choice(request.GET.get("name", ""), request.GET.get("under", ""), PAGE)
    return render(request, "cases/resident/circle_choose.html", choice | {"problem": problem}, status=status)


def _context(start: Start) -> dict[str, Any]:
    found = facilities.life_circle(start.lon, start.lat)
    unit = territory.unit(start.unit_id)
    asked_for = [near for near in found if near.reach.belongs_within is not None]
    there = [near for near in asked_for if not near.reach.missing]
    shown = [near for near in found if near.nearest and near.nearest[0][1] <= rules.FIFTEEN]
    numbers = {near.reach.kind: number for number, near in enumerate(shown, start=1)}
    return {
        "here": start.here,
        "unit_name": unit.name_in(get_language() or ""),
        "above": words.names_of(unit.path[2:-1]),
        "known": any(near.nearest for near in found),
        "told": _("%(there)s of %(all)s kinds are within reach.") % {"there": len(there), "all": len(asked_for)},
        "groups": [
            (
                _("Within 5 minutes"),
                [_item(near, numbers) for near in there if near.reach.belongs_within == rules.FIVE],
            ),
            (
                _("Within 15 minutes"),
                [_item(near, numbers) for near in there if near.reach.belongs_within == rules.FIFTEEN],
            ),
            (_("What is missing"), [_missing(near, numbers) for near in asked_for if near.reach.missing]),
            (_("Also near"), [_item(near, numbers) for near in shown if near.reach.belongs_within is None]),
        ],
        "map": _map(start, shown, numbers),
    }


def _item(near: Near, numbers: dict[Any, int]) -> dict[str, Any]:
    """A kind with its nearest ones within a quarter of an hour."""
    names = [_walk(kinds.name_of(place), metres) for place, metres in near.nearest if metres <= rules.FIFTEEN]
    more = near.reach.in_fifteen - len(names)
    if more > 0:
        names.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": more})
    return {
        "number": numbers.get(near.reach.kind),
        "title": near.reach.kind.label,
        "note": " · ".join(names),
        "badge": _("about %(count)s min") % {"count": rules.minutes(near.nearest[0][1])},
        "tone": "good" if near.reach.belongs_within is not None else "",
    }


def _missing(near: Near, numbers: dict[Any, int]) -> dict[str, Any]:
    """A kind that belongs here and is not here: where the nearest is, if it is anywhere near."""
    minutes = rules.minutes(near.reach.belongs_within or 0)
    if not near.nearest:
        none = _("None within %(count)s minutes, nor within half an hour.")
        return {"title": near.reach.kind.label, "note": none % {"count": minutes}}
    place, metres = near.nearest[0]
    told = _("None within %(count)s minutes. The nearest: %(nearest)s.")
    note = told % {"count": minutes, "nearest": _walk(kinds.name_of(place), metres)}
    return {"title": near.reach.kind.label, "note": note, "number": numbers.get(near.reach.kind)}


def _walk(name: str, metres: float) -> str:
    return _("%(name)s (about %(count)s min)") % {"name": name, "count": rules.minutes(metres)}


def _map(start: Start, shown: list[Near], numbers: dict[Any, int]) -> dict[str, Any]:
    """What is within a quarter of an hour, each with the number of its kind in the list."""
    drawn = maps.map_around(start.unit_id, start.lon, start.lat, rules.FIFTEEN / rules.DETOUR)
    dots = []
    for near in shown:
        number = numbers[near.reach.kind]
        for place, metres in near.nearest:
            x, y = drawn.frame.point(place.lon, place.lat)
            if metres <= rules.FIFTEEN:
                title = f"{number}: {near.reach.kind.label}, {_walk(kinds.name_of(place), metres)}"
                at = f"{place.lon},{place.lat}"
                dots.append({"x": x, "y": y, "at": at, "label_y": y + 4.5, "number": number, "title": title})
    return {
        "unit_id": start.unit_id,
        "view_box": drawn.view_box,
        "frame": drawn.frame,
        "ground": drawn.ground,
        "areas": drawn.areas,
        "font_size": drawn.font_size,
        "pin": drawn.pin,
        "pin_at": drawn.pin_at,
        "pin_radius": drawn.pin_radius,
        "dots": dots,
        "dot_radius": DOT,
    }
