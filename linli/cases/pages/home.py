"""The tabs of the resident app: e-Home, e-Safety, e-Service and Mine."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import queries
from linli.cases.models import Case
from linli.cases.pages import around, plain, words
from linli.cases.pages.lists import Row, rows, topics_of
from linli.cases.queries import PublicCase, PublicFilters
from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import SignInNeeded
from linli.people import queries as people
from linli.territory import queries as territory

NEWS = 4
MOST_PENDING = 3
# Of my cases, before the settings that stand below them; older ones are a press away.
MOST_OWN = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Report, my open cases with what happens next, and what is new around me. In large text: the short home."""
    actor = actor_of(request)
    unit = around.unit_of(request)
    found = queries.public_page(PublicFilters(unit_id=unit), size=NEWS) if unit else []
    context = {
        "whole": "all" in request.GET,
        "pending": pending(actor),
        "news": around.items(found),
        "unit": unit,
        "unit_name": territory.unit(unit).name_in(get_language() or "") if unit else "",
        "signed_in": actor.kind is ActorKind.PERSON,
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/resident/home.html", context)


def pending(actor: Actor) -> list[dict[str, Any]]:
    return [_with_promise(row) for row in rows(queries.pending(actor, MOST_PENDING))]


def _with_promise(row: Row[Case]) -> dict[str, Any]:
    return {
        "href": f"/case/{row.reference}/",
        "reference": row.reference,
        "title": row.title,
        "place": row.place,
        "badge": words.plain_state(row.case.state),
        "tone": row.tone,
        "next": plain.promise(row.case),
    }


@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    """What to do in danger, and hazards that are reported with one tap."""
    return render(request, "cases/resident/safety.html", {"hazards": _hazards(), "unit": around.unit_of(request)})


def _hazards() -> list[dict[str, Any]]:
    """Frequent dangers in the words with which they are reported; the class is suggested from them as from any words."""
    return [
        {"label": _("Fire lane blocked"), "text": _("The fire lane is blocked")},
        {"label": _("Open or broken manhole"), "text": _("A manhole cover is broken or missing")},
        {"label": _("E-bike charging indoors"), "text": _("Electric bicycles are charged in the corridor")},
        {"label": _("Loose cable"), "text": _("A cable hangs down")},
        {"label": _("Something may fall from a wall"), "text": _("Tiles or boards may fall from an outer wall")},
        {"label": _("Lift out of order"), "text": _("The lift is out of order")},
        {"label": _("Tree may fall"), "text": _("A tree may fall")},
        {"label": _("Water on the road"), "text": _("Water stands on the road")},
    ]


@require_safe
def service(request: HttpRequest) -> HttpResponse:
    """The services that there are, and whom to ask in one's community."""
    unit = around.unit_of(request)
    return render(request, "cases/resident/service.html", {"contacts": _contacts(unit) if unit else [], "chosen": unit})


def _contacts(unit_id: UUID) -> list[dict[str, Any]]:
    """The bodies of the community and of the subdistrict above it, without the offices that are parts of another."""
    path = territory.unit(unit_id).path
    finest_first = {unit: rank for rank, unit in enumerate(reversed(path))}
    here = {body.id: body for body in people.bodies() if body.unit_id in path[2:]}
    bodies = [
        body for body in here.values() if body.parent_id not in here or here[body.parent_id].unit_id != body.unit_id
    ]
    return [
        {"title": body.label, "note": territory.unit(body.unit_id).name_in(get_language() or ""), "icon": "people"}
        for body in sorted(bodies, key=lambda body: finest_first[body.unit_id])
    ]


@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """My cases, those that I support, and everything about me."""
    actor = actor_of(request)
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    before = around.key_of(request.GET.get("before"))
    page = queries.own(actor, before=before) if before else queries.own(actor, size=MOST_OWN)
    context = {
        "items": [_with_promise(row) for row in rows(page.cases)],
        "supported": [_supported(case) for case in queries.supported(actor)] if before is None else [],
        "next_href": f"?before={page.before}" if page.before else "",
        "first_href": "/my/" if before else "",
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/my.html", context)


def _supported(case: PublicCase) -> dict[str, Any]:
    return around.items([case])[0]
