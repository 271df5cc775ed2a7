"""The pages on which staff announce something, and the page on which everybody reads it."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as, actor_of
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.gateway import actions, queries, wording
from linli.gateway.forms import NewsForm
from linli.gateway.models import Announcement, Kind
from linli.gateway.rules import News, Reach
from linli.people import labels
from linli.territory import queries as territory

State = Announcement.State
TONES = {State.PLANNED: "warn", State.CALLED_BACK: "bad", State.SENDING: "info", State.SENT: "good"}
# The steps of an announcement's timeline.
STEPS = {
    "announced": gettext_noop("Published"),
    "called_back": gettext_noop("Called back"),
    "went_out": gettext_noop("Going out"),
    "sent": gettext_noop("Everybody was told"),
}


def _announcer(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not queries.kinds(actor):
        raise SignInNeeded if actor.id is None else NotAllowed
    return actor


@require_safe
@never_cache
def announcements(request: HttpRequest) -> HttpResponse:
    actor = _announcer(request)
    before = _id(request.GET.get("before"))
    rows = queries.announcements(actor, before=before)
    context = {
        "items": [_item(row) for row in rows],
        "next_href": f"?before={rows[-1].pk}" if len(rows) == queries.ANNOUNCEMENTS_A_PAGE else "",
        "first_href": request.path if before else "",
        "live_topics": [f"unit:{unit}" for unit in actor.units()],
        "sees_ways": actor.may(Permission.MANAGE_GATEWAY, territory.root().path),
    }
    return render(request, "gateway/announcements.html", context)


def _item(row: Announcement) -> dict[str, Any]:
    state = State(row.state)
    return {
        "href": f"/announce/{row.pk}/",
        "title": row.title_in(_language()),
        "note": row.get_kind_display() if row.kind == Kind.PRODUCT else _unit_name(row.unit_id),
        "badge": state.label,
        "tone": TONES[state],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Write it, see how many it reaches, publish it: three steps of one form."""
    actor = _announcer(request)
    form = _form(request, actor)
    if request.method != "POST" or not form.is_valid() or "change" in request.POST:
        return _write(request, form, 422 if form.errors and "change" not in request.POST else 200)
    news = form.news()
    if "sure" not in request.POST:
        return render(request, "gateway/announcement_preview.html", _preview(form, news))
    key = once(actor, request.POST.get("once"), [request.path, form.data.dict()])  # type: ignore[attr-defined]
    try:
        made = carry_out(key, lambda: str(actions.publish(news=news, by=actor).pk))
    except InvalidInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _write(request, form, refusal.status)
    return redirect("announcement", made)


def _form(request: HttpRequest, actor: Actor) -> NewsForm:
    language = _language()
    units = [(str(unit.id), f"{unit.name_in(language)} ({unit.code})") for unit in queries.areas(actor)]
    return NewsForm(
        request.POST if request.method == "POST" else None,
        kinds=queries.kinds(actor),
        units=units,
        city=territory.root().id,
    )


def _write(request: HttpRequest, form: NewsForm, status: int) -> HttpResponse:
    return render(request, "gateway/announcement_new.html", {"form": form}, status=status)


def _preview(form: NewsForm, news: News) -> dict[str, Any]:
    reach = queries.reach(news.kind, news.unit_id)
    return {
        "form": form,
        "news": news,
        "for_whom": Kind(news.kind).label if news.kind == Kind.PRODUCT else _unit_name(news.unit_id),
        "reach": reach,
        "stats": _stats(reach),
    }


def _stats(reach: Reach) -> list[dict[str, Any]]:
    return [
        {"label": _("In the app"), "value": reach.persons},
        {"label": _("Text message"), "value": reach.sms},
        {"label": _("WeChat"), "value": reach.wechat},
        {"label": _("Of these with the daily digest"), "value": reach.digest},
    ]


@require_safe
@never_cache
def announcement(request: HttpRequest, announcement_id: UUID) -> HttpResponse:
    """How one stands, and the way to call it back."""
    actor = _announcer(request)
    row = queries.announcement(actor, announcement_id)
    state = State(row.state)
    context = {
        "row": row,
        "title": row.title_in(_language()),
        "unit_name": _unit_name(row.unit_id),
        "state": state.label,
        "tone": TONES[state],
        "planned": state == State.PLANNED,
        "seconds": max(0, round((row.goes_at - clock.now()).total_seconds())),
        "out": state in {State.SENDING, State.SENT},
        "may_call_back": state == State.PLANNED and queries.announces(actor, row.kind, row.unit_id),
        "entries": _timeline(row),
        "live_topics": [f"announcement:{row.id}"],
    }
    return render(request, "gateway/announcement.html", context)


def _timeline(row: Announcement) -> list[dict[str, Any]]:
    # Its entries stand for the row, which was asked for in the actor's scope.
    with acting_as(SYSTEM):
        entries = audit.timeline(row.id)
    return [
        {
            "what": _(STEPS[entry.action]),
            "at": entry.at,
            "who": "" if entry.actor_kind == "system" else labels.said(entry.actor_label),
        }
        for entry in reversed(entries)
    ]


@require_POST
def call_back(request: HttpRequest, announcement_id: UUID) -> HttpResponse:
    actor = _announcer(request)
    row = queries.announcement(actor, announcement_id)
    try:
        actions.call_back(announcement_id=row.pk, by=actor)
    except DomainError as refusal:
        notices.error(request, str(refusal))
    else:
        notices.success(request, _("Called back. Nobody was told."))
    return redirect("announcement", row.pk)


@require_safe
def news(request: HttpRequest, announcement_id: UUID) -> HttpResponse:
    """The whole of what was announced, for everybody; and to whom it was told, why, and where to stop it."""
    row = queries.news(announcement_id)
    told = queries.told_of(actor_of(request), row.event_id)
    context = {
        "row": row,
        "title": row.title_in(_language()),
        "text": row.text_in(_language()),
        "unit_name": _unit_name(row.unit_id) if row.kind == Kind.AREA else "",
        "why": wording.why(told.params, _language()) if told else "",
    }
    return render(request, "gateway/news.html", context)


def _unit_name(unit_id: UUID) -> str:
    return territory.unit(unit_id).name_in(_language())


def _language() -> str:
    return get_language() or ""


def _id(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
