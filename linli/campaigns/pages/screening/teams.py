"""The teams, and one of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import actions, queries
from linli.campaigns.models import Team
from linli.campaigns.pages.common import name_of, once_only, percent, reader, said, uuid_in
from linli.campaigns.pages.door import to_look_at
from linli.campaigns.pages.screening import outlook
from linli.campaigns.pages.screening.area import unit_of
from linli.campaigns.queries import console, pace
from linli.campaigns.queries.console import TeamLine
from linli.campaigns.queries.pace import Outlook
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.errors import NotFound


@require_safe
@never_cache
def teams(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor, running = reader(request), queries.campaign(campaign_id)
    unit = unit_of(actor, running, request.GET.get("unit"))
    asked = request.GET.get("after", "0")
    after = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    found = console.team_lines(actor, running, unit.id, after)
    shown = found[: console.TEAMS_SHOWN]
    outlooks = pace.of_teams(running, shown) if shown and running.closed_at is None else {}
    base = f"/control/screenings/{running.pk}/"
    context = {
        "row": running,
        "unit_name": name_of(unit.id),
        "columns": [
            _("Team"),
            _("Team members"),
            _("Doors"),
            _("Reached"),
            _("At today's pace"),
            _("Last heard of"),
            _("State"),
        ],
        "rows": [_team(line, outlooks.get(line.team.pk)) for line in shown],
        "base": base,
        "here": request.get_full_path(),
        "next_href": f"?unit={unit.id}&after={shown[-1].team.number}" if len(found) > console.TEAMS_SHOWN else "",
        "first_href": f"{request.path}?unit={unit.id}" if after else "",
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/teams.html", context)


def _team(line: TeamLine, expected: Outlook | None) -> list[Any]:
    label, tone = _heard(line)
    return [
        {"text": line.team.name, "href": f"/control/teams/{line.team.pk}/"},
        {"text": f"{line.members:,}", "number": True},
        {"text": f"{line.doors:,}", "number": True},
        {"text": f"{line.reached:,} ({percent(line.reached, line.doors)})", "number": True},
        outlook.short(expected) if line.team.out_at is None else "",
        {"text": _last(line.team), "size": "whole"},
        {"text": label, "badge": True, "tone": tone} if label else "",
    ]


def _last(team: Team) -> str:
    return said(team.synced_at) if team.synced_at else _("not yet")


def _heard(line: TeamLine) -> tuple[str, str]:
    if line.team.out_at is not None:
        return _("Out"), ""
    if line.doors and line.reached >= line.doors:
        return _("Every door reached"), "good"
    if line.is_quiet(clock.now()):
        return _("Not synced for 3 hours"), "bad"
    return "", ""


@require_safe
@never_cache
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Its people, and who goes out of it."""
    actor = reader(request)
    line = console.team_line(actor, team_id)
    label, tone = _heard(line)
    running = line.team.campaign
    context = {
        "team": line.team,
        "row": running,
        "stats": [
            {"label": _("Team members"), "value": f"{line.members:,}"},
            {"label": _("Doors"), "value": f"{line.doors:,}"},
            {"label": _("Reached"), "value": f"{line.reached:,}", "note": percent(line.reached, line.doors)},
        ],
        "last": _last(line.team),
        "label": label,
        "tone": tone,
        "unit_name": name_of(line.team.unit_id),
        "members": console.members_of(line.team),
        "looked_at": to_look_at(actor, line.team),
        "runs": queries.may(actor, Act.RUN, line.team.unit_id) and line.team.out_at is None,
        "open": queries.is_open(running),
        "base": f"/control/screenings/{running.pk}/",
        "here": request.path,
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/team.html", context)


@require_POST
def member_out(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Somebody leaves their team now: what they visited before counts, what comes later goes to the desk."""
    actor = reader(request, Act.RUN)
    team = console.team_of(actor, team_id)
    member, reason = uuid_in(request.POST.get("member")), request.POST.get("reason", "")
    if member is None or not console.members_of(team).filter(member=member, until=None).exists():
        raise NotFound
    once_only(request, actor, lambda: str(actions.leave_team(member=member, reason=reason, by=actor).pk))
    notices.success(request, _("Out of the team. The doors stay with it."))
    return redirect(f"/control/teams/{team_id}/")
