"""Visits that were set aside."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import queries
from linli.campaigns.models import Aside, Submission
from linli.campaigns.pages import words
from linli.campaigns.pages.common import name_of, reader, said, uuid_in
from linli.campaigns.pages.screening.area import unit_of
from linli.campaigns.queries import console
from linli.territory import queries as territory


@require_safe
@never_cache
def aside(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Stored, not counted, each with its reason. Nothing is deleted here."""
    actor, running = reader(request), queries.campaign(campaign_id)
    asked, before = request.GET.get("unit"), uuid_in(request.GET.get("before"))
    unit = unit_of(actor, running, asked) if asked else None
    found = console.set_aside(actor, running, unit.id if unit else None, before)
    shown = found[: console.SHOWN]
    doors = {door.id: str(door) for door in territory.doors([row.door for row in shown])}
    base = f"/control/screenings/{running.pk}/"
    of_unit = f"unit={unit.id}" if unit else ""
    context = {
        "row": running,
        "unit_name": name_of(unit.id) if unit else "",
        "columns": [_("Visited"), _("Why"), _("Door"), _("Outcome"), _("Team")],
        "rows": [
            [
                {"text": said(row.visited_at), "size": "whole"},
                Aside(row.aside).label,
                _door(row, doors.get(row.door, ""), base),
                words.outcome(row.outcome)[1],
                row.team.name if row.team else "–",
            ]
            for row in shown
        ],
        "back": f"{base}?{of_unit}" if unit else base,
        "next_href": "?" + "&".join(filter(None, [of_unit, f"before={shown[-1].pk}"]))
        if len(found) > console.SHOWN
        else "",
        "first_href": f"?{of_unit}" if before else "",
    }
    return render(request, "campaigns/aside.html", context)


def _door(row: Submission, label: str, base: str) -> dict[str, str]:
    """Where it was; the page of the door has the visit itself."""
    if row.building is None:
        return {"text": label or "–"}
    return {
        "text": f"{row.building.name} {label}".rstrip(),
        "href": f"{base}buildings/{row.building_id}/doors/{row.door}/",
    }
