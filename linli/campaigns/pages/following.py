"""Follow-ups: one of them on the phone of whoever does it, and the households that need something, at the desk."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import actions, queries, tasks
from linli.campaigns.models import FollowUp, FollowUpKind, Team
from linli.campaigns.pages.common import name_of, once_only, read_or_sent, reader, said, timeline, uuid_in
from linli.campaigns.pages.screening.area import unit_of
from linli.campaigns.queries import following as reads
from linli.campaigns.rules import Act
from linli.cases.pages.field import ways
from linli.cases.pages.field_forms import answered, wants_json
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, NotFound

STEPS = {
    "done": gettext_lazy("Done"),
    "missed": gettext_lazy("Nobody was met"),
    "hand_over": gettext_lazy("Handed over"),
    "move": gettext_lazy("Moved along with the household"),
    "release": gettext_lazy("Not needed any more"),
}
EVERYBODY = "everybody"


# --- on the phone -----------------------------------------------------------------------------------------------------


@read_or_sent
@never_cache
def one(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """What is to be done, where, and what came of it before."""
    actor = reader(request, Act.FOLLOW)
    row = queries.follow_up(actor, follow_up_id)
    refusal = None
    if request.method == "POST":
        told, refusal = _changed(request, actor, row)
        if refusal is None:
            return answered(request, told, "/field/")
        if wants_json(request):
            raise refusal
    place = reads.addresses_of([(row.building_id, row.door)])[row.door]
    due, tone = tasks.due_in_words(row.next_at, clock.now())
    colleagues = [one for one in queries.can_follow(row.community_id) if one.id != actor.id]
    context = {
        "row": row,
        "title": tasks.label_of(row),
        "kind": FollowUpKind(row.kind).label,
        "place": place,
        "ways": ways(place.lon, place.lat, place.text) if place.lon is not None and place.lat is not None else None,
        "due": due,
        "tone": tone,
        "due_at": row.next_at,
        "open": row.released_at is None and row.every_hours,
        "beside": [
            {"title": tasks.label_of(other), "href": f"/field/follow/{other.pk}/"}
            for other in queries.follow_ups_of(actor, row.campaign_id, row.door)
            if other.pk != row.pk and other.released_at is None and other.every_hours
        ],
        "colleagues": colleagues,
        "mine": row.holder is not None and row.holder == actor.id,
        "everybody": EVERYBODY,
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "entries": timeline(row.pk, STEPS, reads.notes_of([row])),
    }
    return render(request, "campaigns/follow_up.html", context, status=refusal.status if refusal else 200)


def _changed(request: HttpRequest, actor: Actor, row: FollowUp) -> tuple[str, DomainError | None]:
    """What was pressed is carried out once; a refusal is told beside it."""
    note, pressed = request.POST.get("note", ""), request.POST.get("change", "")
    to = request.POST.get("to", "")
    changes: dict[str, tuple[Callable[[], FollowUp], str]] = {
        "done": (lambda: actions.done(follow_up=row.pk, note=note, by=actor), _("Done. It comes again in its time.")),
        "missed": (
            lambda: actions.missed(follow_up=row.pk, note=note, by=actor),
            _("It is tried again in some hours."),
        ),
        "hand_over": (
            lambda: actions.hand_over(follow_up=row.pk, to=_person(to), note=note, by=actor),
            _("Handed over."),
        ),
        "release": (
            lambda: actions.release_follow_up(follow_up=row.pk, reason=request.POST.get("reason", ""), by=actor),
            _("Released. It does not come again."),
        ),
    }
    if pressed not in changes:
        raise NotFound
    work, told = changes[pressed]
    try:
        once_only(request, actor, lambda: str(work().pk))
    except DomainError as refusal:
        return "", refusal
    return told, None


def _person(to: str) -> UUID | None:
    """Whom it is handed to; None for everybody who follows up there. Raises `NotFound`."""
    if to == EVERYBODY:
        return None
    person = uuid_in(to)
    if person is None:
        raise NotFound
    return person


# --- at the desk ------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def at_home(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Households of an area, or of a team's buildings, that need something until it is released."""
    actor, running = reader(request), queries.campaign(campaign_id)
    unit = unit_of(actor, running, request.GET.get("unit"), Act.FOLLOW)
    team = _team(actor, campaign_id, request.GET.get("team"))
    asked = request.GET.get("from", "0")
    first = int(asked) if asked.isdecimal() and len(asked) < 7 else 0
    found = reads.at_home(actor, campaign_id, unit.id, team.pk if team else None, first)
    shown = found[: reads.PAGE]
    places = reads.addresses_of((one.building, one.door) for one in shown) if shown else {}
    base, now = f"/control/screenings/{campaign_id}/", clock.now()
    here = f"?unit={unit.id}" + (f"&team={team.pk}" if team else "")
    context = {
        "row": running,
        "unit_name": name_of(unit.id),
        "team": team,
        "teams": list(
            Team.objects.filter(campaign=running, unit=unit.id, out_at=None).order_by("number")[: reads.PAGE]
        ),
        "unit": unit,
        "base": base,
        "items": [_item(one, places[one.door].text, f"{base}at-home/{one.door}/", now) for one in shown],
        "next_href": f"{here}&from={first + reads.PAGE}" if len(found) > reads.PAGE else "",
        "first_href": here if first else "",
        "live_topics": [f"campaign:{campaign_id}"],
        "here": request.get_full_path(),
    }
    return render(request, "campaigns/at_home.html", context)


def _team(actor: Actor, campaign_id: UUID, asked: str | None) -> Team | None:
    chosen = uuid_in(asked)
    if chosen is None:
        return None
    found = Team.objects.filter(pk=chosen, campaign=campaign_id).first()
    if found is None:
        raise NotFound
    queries.require(actor, Act.SEE, found.unit_id)
    return found


def _item(one: reads.AtHome, address: str, href: str, now: Any) -> dict[str, Any]:
    due, tone = tasks.due_in_words(one.open[0].next_at, now)
    return {
        "title": address,
        "note": " · ".join(tasks.label_of(row) for row in one.open),
        "href": href,
        "badge": due,
        "tone": tone,
    }


@require_safe
@never_cache
def household(request: HttpRequest, campaign_id: UUID, door_id: UUID) -> HttpResponse:
    """What one household needs, how often it was done, and why it ended."""
    return _household(request, reader(request), campaign_id, door_id)


def _household(
    request: HttpRequest, actor: Actor, campaign_id: UUID, door_id: UUID, refusal: DomainError | None = None
) -> HttpResponse:
    found = [row for row in queries.follow_ups_of(actor, campaign_id, door_id) if row.every_hours]
    if not found:
        raise NotFound
    now, notes = clock.now(), reads.notes_of(found)
    colleagues = {one.id: one.name for one in queries.can_follow(found[0].community_id)}
    context = {
        "row": queries.campaign(campaign_id),
        "address": queries.address_of(found[0].building_id, door_id),
        "open": [
            {
                "id": one.pk,
                "title": tasks.label_of(one),
                "due": tasks.due_in_words(one.next_at, now),
                "next_at": said(one.next_at) if one.next_at else "",
                "times": one.times,
                "holder": colleagues.get(one.holder, _("a colleague")) if one.holder else "",
            }
            for one in found
            if one.released_at is None
        ],
        "ended": [
            {"title": tasks.label_of(one), "at": said(one.released_at), "times": one.times}
            for one in found
            if one.released_at is not None
        ],
        "follows": queries.may(actor, Act.FOLLOW, found[0].community_id),
        "back": f"/control/screenings/{campaign_id}/at-home/?unit={found[0].community_id}",
        "here": f"/control/screenings/{campaign_id}/at-home/{door_id}/",
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "pressed": request.POST.get("follow_up", ""),
        "entries": sorted(
            (entry for one in found for entry in timeline(one.pk, STEPS, notes)),
            key=lambda entry: entry["at"],
            reverse=True,
        ),
    }
    return render(request, "campaigns/household.html", context, status=refusal.status if refusal else 200)


@require_POST
def release(request: HttpRequest, campaign_id: UUID, door_id: UUID) -> HttpResponse:
    """It is not needed any more, with the reason."""
    actor = reader(request, Act.FOLLOW)
    chosen, reason = uuid_in(request.POST.get("follow_up")), request.POST.get("reason", "")
    if chosen is None or queries.follow_up(actor, chosen).door != door_id:
        raise NotFound
    try:
        once_only(
            request,
            actor,
            lambda: str(actions.release_follow_up(follow_up=chosen, reason=reason, by=actor).pk),
        )
    except DomainError as refusal:
        return _household(request, actor, campaign_id, door_id, refusal)
    notices.success(request, _("Released. It does not come again."))
    return redirect(f"/control/screenings/{campaign_id}/at-home/{door_id}/")
