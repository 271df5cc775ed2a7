"""The first page: every surface, and in the demo who may sign in to it."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from linli.web.surfaces import SURFACES


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    return render(request, "web/first.html", {"all_surfaces": SURFACES, "logins": _demo_logins()})


def _demo_logins() -> list[dict[str, Any]]:
    """`linli.demo.logins.LOGINS`: dicts of role, username, password, note_zh, note_en. Shown in the demo alone."""
    if not settings.LINLI_DEMO or find_spec("linli.demo") is None or find_spec("linli.demo.logins") is None:
        return []
    from linli.demo.logins import LOGINS

    note = "note_en" if get_language() == "en" else "note_zh"
    return [{**login, "note": login[note]} for login in LOGINS]
