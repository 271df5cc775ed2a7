"""A door with every visit to it: who came for which team, what they wrote and photographed, and what is odd about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import answering, queries
from linli.campaigns.models import Aside, Campaign, Team
from linli.campaigns.pages import words
from linli.campaigns.pages.common import language, names_of, reader, said
from linli.campaigns.queries import visits as reads
from linli.campaigns.queries.visits import VisitSeen
from linli.campaigns.rules import Act
from linli.foundation.access import Actor, actor_of


@require_safe
@never_cache
def door(request: HttpRequest, campaign_id: UUID, building_id: UUID, door_id: UUID) -> HttpResponse:
    actor, running = reader(request, Act.READ_ANSWERS), queries.campaign(campaign_id)
    found = reads.visits_of_door(actor, running, building_id, door_id)
    building = f"/control/screenings/{running.pk}/buildings/{building_id}/"
    context = {
        "row": running,
        "name": " ".join(filter(None, [names_of([building_id]).get(building_id, ""), found[0].door_label])),
        "visits": [_shown(running, visit) for visit in found],
        "back": building,
        "here": f"{building}doors/{door_id}/",
        "live_topics": [f"campaign:{running.pk}"],
    }
    return render(request, "campaigns/door.html", context)


def _shown(running: Campaign, visit: VisitSeen) -> dict[str, Any]:
    sign, word, tone = words.outcome(visit.outcome)
    return {
        "visit": visit,
        "sign": sign,
        "word": word,
        "tone": tone,
        "aside": Aside(visit.aside).label if visit.aside else "",
        "said": answering.in_words(running.form, visit.answers, language()),
        "photos": [{"url": f"/control/photos/{photo}/", "is_image": True} for photo in visit.photos],
    }


@require_safe
def photo(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    return jpeg(reads.photo(actor_of(request), photo_id, small="small" in request.GET))


def jpeg(content: bytes) -> HttpResponse:
    """Opened for this answer alone: no copy of it may outlive its key."""
    headers = {
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


def to_look_at(actor: Actor, team: Team) -> dict[str, Any]:
    """For the team's page (`_to_look_at.html`): visits that a colleague made for it, and those made far from the door."""
    handed, far = reads.count_to_look_at(actor, team)
    found = reads.to_look_at(actor, team) if handed or far else []
    names = names_of([visit.building for visit in found if visit.building])
    return {
        "stats": [
            {"label": _("Handed over"), "value": f"{handed:,}"},
            {"label": _("Far from the door"), "value": f"{far:,}"},
        ],
        "columns": [_("Visited"), _("Door"), _("Outcome"), _("By"), _("What is odd")],
        "rows": _rows(actor, team, found, names),
    }


def _rows(actor: Actor, team: Team, found: Sequence[VisitSeen], names: dict[UUID, str]) -> list[list[Any]]:
    reads_answers = queries.may(actor, Act.READ_ANSWERS, team.unit_id)
    base = f"/control/screenings/{team.campaign_id}/buildings/"
    return [
        [
            {"text": said(visit.at), "size": "whole"},
            {
                "text": f"{names.get(visit.building, '')} {visit.door_label}".strip() if visit.building else "–",
                "href": f"{base}{visit.building}/doors/{visit.door}/" if visit.building and reads_answers else "",
            },
            words.outcome(visit.outcome)[1],
            visit.by or "–",
            {"lines": _odd(visit)},
        ]
        for visit in found
    ]


def _odd(visit: VisitSeen) -> list[str]:
    handed = _("Handed over by %(name)s") % {"name": visit.handed_by} if visit.handed_by else ""
    far = _("The phone was %(metres)s m away") % {"metres": f"{visit.metres_off:,}"} if visit.metres_off else ""
    return list(filter(None, [handed, far]))
