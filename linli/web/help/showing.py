"""Which tour a page offers, and the tour as a page and as a dialog."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from linli.foundation.access import Actor, Role
from linli.foundation.errors import NotFound
from linli.web.help.tours import TOURS
from linli.web.looks import A_YEAR, Look
from linli.web.surfaces import SURFACES, kind_of

COOKIE = "tours"
LONGEST = 100


@dataclass(frozen=True, slots=True)
class OfferedTour:
    """The tour that a page offers; `first` where it is to begin by itself."""

    name: str
    guide: str
    first: bool


def tour_on(path: str, actor: Actor | None, look: Look, seen: Iterable[str]) -> OfferedTour:
    """The tour of the surface that the page belongs to, otherwise the one of the person's own."""
    name = next((name for name, tour in TOURS.items() if path.startswith(tour.under)), None) or _own(actor)
    if name == "resident" and look.size == "large":
        name = "elder"
    tour = TOURS[name]
    return OfferedTour(name, tour.guide, path in tour.starts and _may_see(path, actor) and name not in seen)


def _own(actor: Actor | None) -> str:
    kind = kind_of(actor)
    if actor is None or kind != "desk":
        return kind
    roles = actor.roles()
    return "hotline" if roles == {Role.HOTLINE_CLERK} else "verifier" if roles == {Role.VERIFIER} else "desk"


def _may_see(path: str, actor: Actor | None) -> bool:
    """A page that refuses its reader is no place for a welcome."""
    return all(surface.serves(actor) for surface in SURFACES if surface.path == path)


def seen_by(request: HttpRequest) -> list[str]:
    """The tours that this browser has shown; whatever else the cookie holds counts as not there."""
    kept = request.COOKIES.get(COOKIE, "")
    return [name for name in TOURS if name in kept.split(".")] if len(kept) <= LONGEST else []


@require_safe
def tour_page(request: HttpRequest, name: str) -> HttpResponse:
    """The tour as a page: for who has no script, and to read again in peace."""
    return _shown(request, name, "web/tour.html")


@require_safe
def tour_steps(request: HttpRequest, name: str) -> HttpResponse:
    """The tour as a dialog, for `tour.js`."""
    return _shown(request, name, "web/components/tour.html")


def _shown(request: HttpRequest, name: str, template: str) -> HttpResponse:
    if name not in TOURS:
        raise NotFound
    tour = TOURS[name]
    response = render(request, template, {"walk": tour, "start": tour.starts[0]})
    seen = [*(one for one in seen_by(request) if one != name), name]
    response.set_cookie(
        COOKIE,
        ".".join(seen),
        max_age=A_YEAR,
        samesite="Lax",
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )
    return response
