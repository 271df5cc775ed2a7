"""The first page: every surface, and in the demo who may sign in to it."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.foundation.access import ROLE_LABELS, Role
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
    labels = {surface.path: surface.label for surface in SURFACES}
    return [
        {**login, "role": _role(login["role"]), "note": login[note], "opens": labels.get(login["surface"], "")}
        for login in LOGINS
    ]


def _role(name: str) -> Any:
    return ROLE_LABELS[Role(name)] if name in set(Role) else _("Resident")
