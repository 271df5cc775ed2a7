"""What every page's shell shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from linli.foundation import notice
from linli.foundation.access import ROLE_LABELS, Actor
from linli.web import help
from linli.web.looks import look_of
from linli.web.surfaces import header_of, kind_of


def shell(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    look = look_of(request)
    return {
        "actor": actor,
        "demo": settings.LINLI_DEMO,
        "look": look,
        "notice": notice.text(),
        "own_surface": kind_of(actor),
        "roles": _roles(actor),
        "surfaces": header_of(actor),
        "tour": help.tour_on(request.path, actor, look, help.seen_by(request)),
    }


def _roles(actor: Actor | None) -> list[Any]:
    """The roles of who has signed in, in the reader's language; none for a resident."""
    return [ROLE_LABELS[role] for role in dict.fromkeys(grant.role for grant in actor.grants)] if actor else []
