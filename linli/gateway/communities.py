"""The page on which a person chooses the communities whose news they want."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import DomainError, SignInNeeded
from linli.gateway import actions, queries
from linli.gateway.rules import FOLLOWABLE, MOST_FOLLOWED
from linli.territory import queries as territory
from linli.territory import rules as territory_rules
from linli.territory.index import UnitInfo

MOST_FOUND = 12
# What is said of where a unit lies: all between the city and itself.
NAMED = frozenset({"district", "subdistrict", "community"})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def communities(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    if request.method == "POST":
        return _change(request, actor)
    if "lon" in request.GET:
        return _from_position(request, actor)
    return _page(request, actor)


def _change(request: HttpRequest, actor: Actor) -> HttpResponse:
    asked = request.POST
    try:
        if "reported" in asked:
            actions.hear_where_reported(hear=asked["reported"] == "1", by=actor)
        elif (unit := _known(asked.get("remove"))) is not None:
            actions.unfollow(unit_id=unit.id, by=actor)
        elif (unit := _known(asked.get("add"))) is not None:
            actions.follow(unit_id=unit.id, by=actor)
    except DomainError as refusal:
        notices.error(request, str(refusal))
    else:
        notices.success(request, _("Saved."))
    return redirect("messages_communities")


def _from_position(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lead from a position to what lies there: the address that stays tells the community and not the place."""
    asked, datum = request.GET, request.GET.get("datum", "")
    try:
        known = datum if datum in territory_rules.DATUMS else territory_rules.WGS84
        place = territory.locate(asked.get("lon"), asked.get("lat"), datum=known)
    except DomainError as refusal:
        return _page(request, actor, problem=str(refusal), status=refusal.status)
    return redirect(f"{request.path}?here={place.path[-1]}")


def _page(request: HttpRequest, actor: Actor, *, problem: str = "", status: int = 200) -> HttpResponse:
    name, here = request.GET.get("name", "").strip(), _known(request.GET.get("here"))
    followed = queries.followed(actor)
    context = {
        "followed": _items(followed),
        "found": _items(unit for unit in _found(name, here) if unit not in followed),
        "name": name,
        "here": here,
        "where_reported": queries.own_wish(actor).where_reported,
        "full": len(followed) >= MOST_FOLLOWED,
        "most": MOST_FOLLOWED,
        "problem": problem,
    }
    return render(request, "gateway/communities.html", context, status=status)


def _found(name: str, here: UnitInfo | None) -> list[UnitInfo]:
    """What a name finds; else the communities and quarters that lie around a unit, the finest first."""
    if name:
        found = territory.search_names(name, limit=MOST_FOUND * 3)
    else:
        found = [territory.unit(unit) for unit in reversed(here.path)] if here else []
    return [unit for unit in found if unit.level in FOLLOWABLE][:MOST_FOUND]


def _items(units: Iterable[UnitInfo]) -> list[dict[str, Any]]:
    language = get_language() or ""
    return [
        {
            "id": unit.id,
            "name": unit.name_in(language),
            "note": " · ".join(
                above.name_in(language) for above in map(territory.unit, unit.path[:-1]) if above.level in NAMED
            ),
        }
        for unit in units
    ]


def _known(value: str | None) -> UnitInfo | None:
    try:
        return territory.unit(UUID(value or ""))
    except (ValueError, DomainError):
        return None
