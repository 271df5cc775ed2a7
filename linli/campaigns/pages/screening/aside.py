"""Visits that were set aside."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import queries
from linli.campaigns.models import Aside
from linli.campaigns.pages import words
from linli.campaigns.pages.common import reader, said, uuid_in
from linli.campaigns.queries import console
from linli.territory import queries as territory


@require_safe
@never_cache
def aside(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Stored, not counted, each with its reason. Nothing is deleted here."""
    actor, running = reader(request), queries.campaign(campaign_id)
    before = uuid_in(request.GET.get("before"))
    found = console.set_aside(actor, running, before)
    shown = found[: console.SHOWN]
    doors = {door.id: str(door) for door in territory.doors([row.door for row in shown])}
    context = {
        "row": running,
        "columns": [_("Visited"), _("Why"), _("Door"), _("Outcome"), _("Team")],
        "rows": [
            [
                {"text": said(row.visited_at), "size": "whole"},
                Aside(row.aside).label,
                " ".join(filter(None, [row.building.name if row.building else "", doors.get(row.door, "")])) or "–",
                words.outcome(row.outcome)[1],
                row.team.name if row.team else "–",
            ]
            for row in shown
        ],
        "base": f"/control/screenings/{running.pk}/",
        "next_href": f"?before={shown[-1].pk}" if len(found) > console.SHOWN else "",
        "first_href": request.path if before else "",
    }
    return render(request, "campaigns/aside.html", context)
