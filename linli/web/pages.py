"""The first page: every surface, and in the demo a button for each person whose eyes one may see it with."""

from collections import Counter
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.foundation.access import ROLE_LABELS, Actor, Role, actor_of
from linli.foundation.clients import client_address
from linli.foundation.errors import NotFound
from linli.people import actions, queries
from linli.people.pages.common import remember_language
from linli.people.pages.sign_in import enter
from linli.web.surfaces import SURFACES

GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("For residents"), ("/report/", "/my/")),
    (gettext_lazy("For the street"), ("/field/", "/verify/")),
    (
        gettext_lazy("For the office"),
        (
            "/desk/",
            "/dispatch/",
            "/control/",
            "/hotline/",
            "/announce/",
            "/map/",
            "/cameras/",
            "/sensors/",
            "/figures/",
            "/screen/",
            "/rates/",
            "/compare/",
            "/warnings/",
            "/duties/",
            "/territory/",
            "/people/",
            "/work/",
            "/audit/",
        ),
    ),
    (
        gettext_lazy("For other systems, and for who builds on this"),
        ("/api/v1/docs", "/open311/v2/discovery.json", "/design/"),
    ),
)


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    logins = _demo_logins()
    groups = [{"name": name, "surfaces": [_surface(path, logins) for path in paths]} for name, paths in GROUPS]
    return render(request, "web/first.html", {"groups": groups, "logins": logins})


def _surface(path: str, logins: list[dict[str, Any]]) -> dict[str, Any]:
    """A surface, with who of the demo works on it."""
    found = next(surface for surface in SURFACES if surface.path == path)
    return {**asdict(found), "logins": [login for login in logins if login["surface"] == path]}


def _logins() -> list[dict[str, str]]:
    """`linli.demo.logins.of_here()`: dicts of role, username, password, surface, note_zh, note_en. In the demo alone."""
    if not settings.LINLI_DEMO or find_spec("linli.demo") is None or find_spec("linli.demo.logins") is None:
        return []
    from linli.demo.logins import of_here

    return of_here()


def _demo_logins() -> list[dict[str, Any]]:
    note = "note_en" if get_language() == "en" else "note_zh"
    labels = {surface.path: surface.label for surface in SURFACES}
    held = Counter(login["role"] for login in _logins())
    return [
        {
            **login,
            "role": _role(login["role"]),
            "note": login[note],
            "opens": labels.get(login["surface"], ""),
            # Several handlers are told apart by what they handle.
            "name": _role(login["role"]) if held[login["role"]] == 1 else login[note],
        }
        for login in _logins()
    ]


def _role(name: str) -> Any:
    return ROLE_LABELS[Role(name)] if name in set(Role) else _("Resident")


@require_POST
def sign_in_to_demo(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's people: the steps of a real sign-in, taken for the reader. Nowhere but in a demo."""
    login = next((one for one in _logins() if one["username"] == request.POST.get("username")), None)
    if login is None:
        raise NotFound
    by = actor_of(request)
    person = (
        _staff(login, client_address(request), by)
        if login["password"]
        else _resident(login, client_address(request), by)
    )
    response = enter(request, person, to=login["surface"])
    # The reader's own, not that of the account.
    remember_language(response, get_language() or settings.LANGUAGE_CODE)
    return response


def _staff(login: dict[str, str], ip: str, by: Actor) -> Any:
    known = actions.check_password(username=login["username"], password=login["password"], ip=ip, by=by)
    # Empty, and thus refused, for an account that is not the demo's own.
    code = queries.demo_totp(known.id)
    return actions.check_second_factor(person=known.id, code=code, ip=ip, by=by)


def _resident(login: dict[str, str], ip: str, by: Actor) -> Any:
    sent = actions.request_code(phone=login["username"], ip=ip, by=by, limited=False)
    return actions.sign_in_with_code(phone=login["username"], code=sent.shown, by=by)
