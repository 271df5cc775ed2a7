"""The page on which whoever leads a team connects its members' phones with ODK Collect, and ends that."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from linli.campaigns import queries as campaigns
from linli.campaigns.queries import console
from linli.campaigns.rules import Act
from linli.foundation import qr
from linli.foundation.access import Actor, actor_of
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.gateway import actions, queries
from linli.gateway.actions import NewAppUser


def _leader(request: HttpRequest, team_id: UUID) -> tuple[Actor, Any]:
    """Who asks, and the team whose campaign they run. Raises `SignInNeeded`, `NotFound`, `NotAllowed`."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    team = campaigns.team(team_id)
    campaigns.require(actor, Act.RUN, team.unit_id)
    return actor, team


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def phones(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """The members with their phones; by POST one more is connected, and its QR code shown this once."""
    actor, team = _leader(request, team_id)
    made = _made(request, actor, team) if request.method == "POST" else None
    inside = console.members_of(team).filter(until=None)
    open_ = [user for user in queries.app_users(actor, team.pk) if user.revoked_at is None]
    members = [_line(one, [user for user in open_ if user.person_id == one.member.person_id]) for one in inside]
    context = {
        "team": team,
        "here": request.path,
        "members": members,
        "made": made,
        "qr": qr.drawn(made.qr_text, scale=4, error="l") if made else "",
        "for_name": next((one["name"] for one in members if made and one["person"] == made.user.person_id), ""),
    }
    return render(request, "gateway/connecting.html", context)


def _line(one: Any, phones_of: list[Any]) -> dict[str, Any]:
    return {"name": one.member.name, "leads": one.leads, "person": one.member.person_id, "phones": phones_of}


def _made(request: HttpRequest, actor: Actor, team: Any) -> NewAppUser | None:
    try:
        person = UUID(request.POST.get("person", ""))
    except ValueError:
        raise NotFound from None
    made: list[NewAppUser] = []

    def work() -> str:
        made.append(actions.connect_app(team_id=team.pk, person_id=person, by=actor))
        return str(made[0].user.pk)

    carry_out(once(actor, request.POST.get("once"), [request.path, str(person)]), work)
    if not made:
        notices.warning(request, _("This code was shown once already. Connect the phone anew if it was not scanned."))
        return None
    return made[0]


@require_POST
def end(request: HttpRequest, team_id: UUID, user_id: UUID) -> HttpResponse:
    actor, team = _leader(request, team_id)
    if user_id not in {user.pk for user in queries.app_users(actor, team.pk)}:
        raise NotFound
    actions.disconnect_app(user_id=user_id, by=actor)
    notices.success(request, _("Disconnected. What that phone still sends is refused, and stays on it."))
    return redirect("team_phones", team_id)
