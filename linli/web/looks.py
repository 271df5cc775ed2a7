"""How a reader wants the pages to look: light or dark, normal or large. Kept in a cookie, so that it needs no sign-in; for who has
signed in also with the account, so that another device without the cookie begins with it.

The server writes the look on `<html>`, so nothing jumps while the page is drawn, and it works where no script runs.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from linli.foundation.access import ANONYMOUS, Actor, ActorKind, actor_of
from linli.foundation.addresses import safe_next
from linli.people import actions as people

COOKIE = "look"
A_YEAR = 365 * 24 * 3600
LONGEST = 100
# `sun` is offered in the field app: black on white and thick lines, to be read in sunlight; it holds on every page that is opened there.
CHOICES = {"theme": ("system", "light", "dark", "sun"), "size": ("normal", "large"), "side": ("open", "icons")}


@dataclass(frozen=True, slots=True)
class Look:
    """`side` is the desk's navigation: open, or its icons alone."""

    theme: str = "system"
    size: str = "normal"
    side: str = "open"

    def with_known(self, wanted: Mapping[str, str]) -> "Look":
        """This look with the choices that there are; anything else that was sent counts as not sent."""
        known = {name: wanted[name] for name, choices in CHOICES.items() if wanted.get(name) in choices}
        return replace(self, **known)


def look_of(request: HttpRequest) -> Look:
    kept = request.COOKIES.get(COOKIE) or _with_the_account(request)
    return Look().with_known(dict(parse_qsl(kept))) if len(kept) <= LONGEST else Look()


def _with_the_account(request: HttpRequest) -> str:
    # The account was read to know who acts: this asks nothing more. Whoever has just signed out has none.
    return str(getattr(request.user, "look", "")) if has_account(request) else ""


def has_account(request: HttpRequest) -> bool:
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    return actor.kind is ActorKind.PERSON


def keep(response: HttpResponse, look: Look) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        urlencode(asdict(look)),
        max_age=A_YEAR,
        samesite="Lax",
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )
    return response


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Take the choices that were sent, and lead back. A script that has already applied them is told nothing more."""
    look = look_of(request).with_known(request.POST.dict())
    if has_account(request):
        people.keep_look(by=actor_of(request), look=urlencode(asdict(look)))
    if request.headers.get("X-Look") == "applied":
        return keep(HttpResponse(status=204), look)
    return keep(redirect(safe_next(request, request.POST.get("next"))), look)


@require_safe
def elder(request: HttpRequest) -> HttpResponse:
    """The address of elders' mode, to be printed as a code and read by a camera."""
    return keep(redirect("/home/"), look_of(request).with_known({"size": "large"}))
