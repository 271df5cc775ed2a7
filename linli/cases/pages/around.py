"""What is going on around a reader: the public's cases of a community as a list and on its map. Needs no sign-in, no position."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import lifecycle, queries
from linli.cases.pages import words
from linli.cases.queries import PublicCase, PublicFilters
from linli.duties import queries as duties
from linli.foundation.access import actor_of
from linli.foundation.errors import DomainError
from linli.people import queries as people
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory import rules as territory_rules
from linli.territory.index import UnitInfo
from linli.territory.models import Level

COOKIE = "around"
A_YEAR = 365 * 24 * 3600
SIZE = 20
MOST_NAMES = 12
# Units that a reader's surroundings can be, finest last.
LEVELS = (Level.SUBDISTRICT, Level.COMMUNITY, Level.QUARTER)
NAMED = (Level.DISTRICT, Level.SUBDISTRICT, Level.COMMUNITY)
OPEN = {"open": True, "closed": False}


@require_safe
def around(request: HttpRequest) -> HttpResponse:
    """The list and the map of one unit, or the choice of one."""
    asked = request.GET
    if "lon" in asked:
        return _from_position(request)
    unit = chosen_in(asked.get("unit")) or (unit_of(request) if "choose" not in asked and "name" not in asked else None)
    if unit is None:
        return render(request, "cases/resident/choose.html", choice(asked.get("name", ""), asked.get("under", "")))
    shown = territory.unit(unit)
    response = render(request, "cases/resident/around.html", _context(request, shown))
    if "unit" in asked:
        _remember(response, unit)
    return response


def unit_of(request: HttpRequest) -> UUID | None:
    """Where this reader's pages begin: what they chose last, else where they reported last."""
    return chosen_in(request.COOKIES.get(COOKIE)) or queries.last_community(actor_of(request))


def chosen_in(value: str | None) -> UUID | None:
    """The unit of an address or a cookie, if it is one that can be looked at."""
    unit = _known(value or "")
    return unit.id if unit is not None and unit.level in LEVELS else None


def _remember(response: HttpResponse, unit: UUID) -> None:
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(COOKIE, str(unit), max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)


def _from_position(request: HttpRequest) -> HttpResponse:
    """Lead from a position to its community: the address that stays tells the community and not the place."""
    asked = request.GET
    datum = asked.get("datum", "")
    try:
        place = territory.locate(
            asked.get("lon"),
            asked.get("lat"),
            datum=datum if datum in territory_rules.DATUMS else territory_rules.WGS84,
        )
    except DomainError as error:
        context = choice("") | {"problem": str(error)}
        return render(request, "cases/resident/choose.html", context, status=error.status)
    unit = place.community_id or place.subdistrict_id
    return redirect(f"/around/?unit={unit}" if unit else "/around/?choose=1")


def served() -> UUID | None:
    """The smallest unit that holds every community with a body of its own: where the choice and the maps begin."""
    paths = [body.unit_path for body in people.bodies() if territory.unit(body.unit_id).level == Level.COMMUNITY]
    above = [ids[0] for ids in zip(*paths, strict=False) if len(set(ids)) == 1]
    return above[-1] if above else None


def choice(name: str, under: str = "", page: str = "/around/") -> dict[str, Any]:
    """What can be chosen for a page: what a name finds, or everything below a unit, down to the community."""
    if name:
        found = [unit for unit in territory.search_names(name, limit=MOST_NAMES * 3) if unit.level in LEVELS]
        return {"name": name, "items": [_choice_item(unit, page, here=True) for unit in found[:MOST_NAMES]]}
    start = _known(under) or _known(str(served())) or territory.root()
    below = [unit for unit in territory.children(start.id) if unit.level in NAMED]
    items = [_choice_item(unit, page, here=unit.level == Level.COMMUNITY) for unit in below]
    whole = [_choice_item(start, page, here=True)] if start.level in LEVELS else []
    return {"name": "", "items": [*whole, *items], "under": start.name_in(get_language() or "")}


def _known(value: str) -> UnitInfo | None:
    try:
        return territory.unit(UUID(value))
    except (ValueError, DomainError):
        return None


def _choice_item(unit: UnitInfo, page: str, *, here: bool) -> dict[str, Any]:
    """A unit that is chosen (`here`), or opened to choose below it."""
    name = unit.name_in(get_language() or "")
    whole = here and unit.level == Level.SUBDISTRICT
    return {
        "title": _("All of %(name)s") % {"name": name} if whole else name,
        "note": words.names_of(unit.path[1:-1]),
        "href": f"{page}?unit={unit.id}" if here else f"{page}?choose=1&under={unit.id}",
        "icon": "map",
    }


def _context(request: HttpRequest, unit: UnitInfo) -> dict[str, Any]:
    show = request.GET.get("show", "open")
    major = request.GET.get("class", "")
    before = key_of(request.GET.get("before"))
    filters = PublicFilters(unit_id=unit.id, open=OPEN.get(show), class_ids=_minors(major))
    # A class without minor classes narrows to nothing, not to everything.
    found = queries.public_page(filters, before=before, size=SIZE + 1) if filters.class_ids or not major else []
    kept = {"unit": str(unit.id), "show": show, "class": major}
    places = _places(found[:SIZE])
    return {
        "unit": unit,
        "unit_name": unit.name_in(get_language() or ""),
        "above": words.names_of(unit.path[2:-1]),
        "items": _numbered(found[:SIZE], places),
        "map": _map(unit, places),
        "segments": _segments(kept),
        "show": show,
        "major": major,
        "majors": [info for info in duties.classes() if not info.is_minor and info.active],
        "next_href": f"?{urlencode(kept | {'before': str(found[SIZE - 1].id)})}" if len(found) > SIZE else "",
        "first_href": f"?{urlencode(kept)}" if before else "",
    }


def _segments(kept: dict[str, str]) -> list[dict[str, Any]]:
    labels = (("open", _("In progress")), ("closed", _("Finished")), ("all", _("All")))
    return [
        {"label": label, "href": f"?{urlencode(kept | {'show': show})}", "current": kept["show"] == show}
        for show, label in labels
    ]


def _minors(major: str) -> tuple[UUID, ...]:
    """The minor classes of a major one, by its code."""
    infos = duties.classes()
    chosen = next((info.id for info in infos if not info.is_minor and info.code == major), None)
    return tuple(info.id for info in infos if chosen and info.is_minor and info.major_id == chosen)


def items(found: Iterable[PublicCase]) -> list[dict[str, Any]]:
    """Public cases as cells of a list."""
    return [
        {
            "href": f"/case/{case.reference}/",
            "title": title_of(case),
            "note": _note(case),
            "at": case.reported_at,
            "badge": words.plain_state(case.state),
            "tone": words.tone(case.state),
        }
        for case in found
    ]


def title_of(case: PublicCase) -> str:
    """Its title; what the desk has not read is named by its class alone."""
    return case.title or words.class_name(case.case_class_id)


def _note(case: PublicCase) -> str:
    place = words.names_of([unit for unit in (case.community_id, case.quarter_id) if unit][-1:])
    joined = ngettext("%(count)s neighbour too", "%(count)s neighbours too", case.supports) % {"count": case.supports}
    return " · ".join(part for part in (place, joined if case.supports else "") if part)


def _places(found: list[PublicCase]) -> list[list[PublicCase]]:
    """The cases by the places that are shown of them, in the order of the list: what lies at one place shares a number."""
    places: dict[tuple[float, float], list[PublicCase]] = {}
    for case in found:
        if case.lon is not None and case.lat is not None:
            places.setdefault((case.lon, case.lat), []).append(case)
    return list(places.values())


def _numbered(found: list[PublicCase], places: list[list[PublicCase]]) -> list[dict[str, Any]]:
    """The cells of the list, each with the number that its place has on the map."""
    numbers = {case.id: number for number, here in enumerate(places, start=1) for case in here}
    return [item | {"number": numbers.get(case.id)} for case, item in zip(found, items(found), strict=True)]


def _map(unit: UnitInfo, places: list[list[PublicCase]]) -> dict[str, Any] | None:
    """The unit's map with a numbered point for each place; it leads to the newest case there."""
    drawn = maps.map_of(unit.id)
    if drawn is None:
        return None
    dots = []
    for number, here in enumerate(places, start=1):
        lon, lat = here[0].lon, here[0].lat
        assert lon is not None
        assert lat is not None
        x, y = drawn.frame.point(lon, lat)
        if 0 <= x <= maps.WIDTH and 0 <= y <= drawn.frame.height:
            dots.append(
                {
                    "x": x,
                    "y": y,
                    "at": f"{lon},{lat}",
                    "label_y": y + 4.5,
                    "number": number,
                    "ended": all(case.state not in lifecycle.OPEN for case in here),
                    "title": f"{number}: " + "; ".join(title_of(case) for case in here),
                    "href": f"/case/{here[0].reference}/",
                }
            )
    return {
        "unit_id": unit.id,
        "view_box": drawn.view_box,
        "frame": drawn.frame,
        "ground": drawn.ground,
        "areas": drawn.areas,
        "font_size": drawn.font_size,
        "dots": dots,
        "dot_radius": 10,
    }


def key_of(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
