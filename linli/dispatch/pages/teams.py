"""Teams: who goes together, how, and who answers for it."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from linli.cases.pages.narrowing import unit_options
from linli.dispatch import actions, queries
from linli.dispatch.crews import bodies_in
from linli.dispatch.forms import TeamForm
from linli.dispatch.models import Team, TeamMember
from linli.dispatch.pages import shown
from linli.dispatch.pages.common import actor_and_unit, address, id_in, key_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out
from linli.people import queries as people
from linli.people.queries import Handler
from linli.territory.index import UnitInfo

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
def teams(request: HttpRequest) -> HttpResponse:
    """The teams of a unit; by POST one more, of the body that was chosen."""
    actor, unit = actor_and_unit(request)
    handlers = people.handlers_of(bodies_in(unit.id))
    body, bodies = _body(request, handlers)
    form, status = TeamForm(request.POST or None, people=_people(handlers, body)), 200
    if request.method == "POST" and body is not None and form.is_valid():

        def work() -> str:
            return str(actions.form_team(unit=unit.id, body=body, by=actor, **form.cleaned_data).id)

        made, status = attempt(form, lambda: carry_out(key_of(request), work))
        if made:
            messages.success(request, _("The team goes together from now on, while its leader is on duty."))
            return HttpResponseRedirect(address("/dispatch/teams/", unit.id))
    found = queries.teams(actor, unit.id)
    members, names = queries.members_of([team.id for team in found]), {one.id: one.name for one in handlers}
    context = {
        "unit": unit,
        "unit_name": shown.unit_name(unit),
        "unit_options": unit_options(actor, str(unit.id)),
        "columns": [_("Team"), _("Leader"), _("Who goes with it"), _("How it goes"), _("Holds at most")],
        "rows": [_row(team, unit, members.get(team.id, []), names) for team in found],
        "form": form,
        "body": body,
        "bodies": bodies,
        "people_href": address("/dispatch/people/", unit.id),
        "back": address("/dispatch/", unit.id),
    }
    return render(request, "dispatch/teams.html", context, status=status)


def _body(request: HttpRequest, handlers: list[Handler]) -> tuple[UUID | None, list[tuple[UUID, str]]]:
    """The body of the address among those with two people or more, and all of those by name."""
    several = [body for body, count in Counter(one.body_id for one in handlers).items() if count > 1]
    bodies = sorted(((body, people.body(body).label) for body in several), key=lambda one: one[1])
    asked = id_in(request.POST.get("body") or request.GET.get("body", ""))
    return (asked if asked in several else bodies[0][0] if bodies else None), bodies


def _people(handlers: list[Handler], body: UUID | None) -> list[tuple[UUID, str]]:
    return [(one.id, one.name) for one in handlers if one.body_id == body]


def _row(team: Team, unit: UnitInfo, members: list[TeamMember], names: dict[UUID, str]) -> list[Any]:
    gone = _("somebody who works here no longer")
    return [
        {"text": team.name, "href": address(f"/dispatch/teams/{team.id}/", unit.id), "size": "whole"},
        {"text": names.get(team.leader_id, gone), "tone": "" if team.leader_id in names else "bad"},
        {"text": _(", ").join(names.get(row.person_id, gone) for row in members), "size": "whole"},
        team.get_mode_display(),
        ngettext("%(count)s case", "%(count)s cases", team.most) % {"count": team.most},
    ]


@_page
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Who goes with one team; by POST otherwise from now on."""
    actor, unit = actor_and_unit(request)
    found = queries.team(actor, team_id)
    choices = _people(people.handlers_of([found.body_id]), found.body_id)
    form, status = TeamForm(request.POST or None, people=choices, initial=_as_it_is(found)), 200
    if request.method == "POST" and form.is_valid():

        def work() -> bool:
            actions.change_team(team=team_id, by=actor, **form.cleaned_data)
            return True

        done, status = attempt(form, lambda: carry_out(key_of(request), work))
        if done:
            messages.success(request, _("The team goes so from now on."))
            return HttpResponseRedirect(address("/dispatch/teams/", unit.id))
    context = {
        "unit": unit,
        "team": found,
        "body": people.body(found.body_id).label,
        "form": form,
        "here": address(request.path, unit.id),
        "back": address("/dispatch/teams/", unit.id),
    }
    return render(request, "dispatch/team.html", context, status=status)


def _as_it_is(team: Team) -> dict[str, Any]:
    members = [row.person_id for row in queries.members_of([team.id]).get(team.id, [])]
    return {"name": team.name, "leader": team.leader_id, "members": members, "mode": team.mode, "most": team.most}


@require_POST
def end(request: HttpRequest, team_id: UUID) -> HttpResponse:
    actor, unit = actor_and_unit(request)
    try:
        actions.end_team(team=team_id, by=actor)
        messages.success(request, _("The team goes no more. Its members are sent one by one again."))
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return HttpResponseRedirect(address("/dispatch/teams/", unit.id))
