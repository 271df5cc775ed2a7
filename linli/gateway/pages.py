"""The inbox of messages, how one is told, and sending again."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from linli.cases import queries as cases
from linli.foundation import clock, moments
from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import SignInNeeded
from linli.foundation.privacy import mask_phone
from linli.gateway import actions, channels, queries, ways, wechat, wording
from linli.gateway.forms import WishesForm
from linli.gateway.models import Message, Way
from linli.people import queries as people

PAGE = 50


def _actor(request: HttpRequest) -> Actor:
    """Somebody who has signed in: other systems and the unknown have no inbox."""
    actor = actor_of(request)
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    return actor


@require_safe
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    before = _id(request.GET.get("before"))
    rows = queries.messages(actor, before=before, size=PAGE + 1)
    shown = rows[:PAGE]
    titles = _titles(actor, shown)
    context = {
        "days": [(day, [_item(row, titles) for row in of_day]) for day, of_day in groupby(shown, key=_day)],
        "unread": queries.unread(actor),
        "newest": shown[0].pk if shown else "",
        "next_href": f"?before={shown[-1].pk}" if len(rows) > PAGE else "",
        "first_href": "/messages/" if before else "",
        "live_topics": [f"person:{actor.id}"],
    }
    return render(request, "gateway/messages.html", context)


def _day(row: Message) -> str:
    day, today = timezone.localdate(row.happened_at), timezone.localdate(clock.now())
    words = {0: _("Today"), 1: _("Yesterday")}.get((today - day).days)
    return words or moments.day(day)


def _titles(actor: Actor, rows: list[Message]) -> dict[UUID, str]:
    """What the cases are called that the actor sees themselves: not those of others that they only support."""
    visible = cases.visible_to(actor).filter(pk__in={row.case for row in rows})
    return dict(visible.values_list("pk", "text__title"))


def _item(row: Message, titles: dict[UUID, str]) -> dict[str, Any]:
    time = date_format(timezone.localtime(row.happened_at), "H:i")
    title = titles.get(row.case) if row.case else ""
    return {
        "href": reverse("messages_open", args=[row.pk]),
        "title": wording.long(row.template, row.params, get_language() or ""),
        "note": f"{time} · {title}" if title else time,
        "meta": wording.why(row.params, get_language() or ""),
        "badge": "" if row.read_at else _("New"),
        "tone": "info",
    }


@require_GET
@never_cache
def open_message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """To the case, the warning, the call for help, or the notice, that a message is about. What was opened is read."""
    actor = _actor(request)
    row = queries.message(actor, message_id)
    actions.read_messages(by=actor, ids=[row.pk])
    number, announced = row.params.get("number"), row.params.get("announcement")
    if announced:
        return HttpResponseRedirect(f"/news/{announced}/")
    if "call" in row.params:
        return HttpResponseRedirect(f"/control/calls/{row.params['call']}/")
    if "warning" in row.params:
        return HttpResponseRedirect(f"/warnings/{row.params['warning']}/")
    return HttpResponseRedirect(f"/case/{number}/" if number else "/messages/")


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read what the page showed: what came since stays new."""
    actions.read_messages(by=_actor(request), until=_id(request.POST.get("until")))
    return redirect("messages")


@require_safe
@never_cache
def unread(request: HttpRequest) -> HttpResponse:
    """The number alone, for the shell of open pages."""
    return render(request, "gateway/_unread.html", {"unread": queries.unread(_actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def settings(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    person = people.person_of(actor)
    offered = ways.offered(phone=person.phone, openid=person.openid)
    form = WishesForm(request.POST or None, queries.own_wish(actor), staff=person.is_staff_account, ways=offered)
    if request.method == "POST" and form.is_valid():
        actions.choose(by=actor, **form.chosen())
        notices.success(request, _("Saved."))
        return redirect("messages_settings")
    context = {
        "form": form,
        "phone": mask_phone(person.phone),
        "texts": channels.connected(Way.SMS),
        "alone": not any(channels.connected(way) for way in (Way.SMS, Way.WECHAT)),
        "wechat": wechat.configured(),
        "communities": [_communities(actor)],
    }
    return render(request, "gateway/settings.html", context, status=422 if form.is_bound else 200)


@require_safe
@never_cache
def ways_out(request: HttpRequest) -> HttpResponse:
    """Whether each way is connected, what went out in a day, and what went wrong last: for the city's administrators."""
    context = {"ways": ways.ways_out(_actor(request)), "account": wechat.configured()}
    return render(request, "gateway/ways.html", context)


def _communities(actor: Actor) -> dict[str, Any]:
    """The way to the places whose news one asked for, by their names."""
    language = get_language() or ""
    names = [unit.name_in(language) for unit in queries.followed(actor)]
    note = " · ".join(names) or _("Water cuts, road closures: choose your communities")
    return {
        "href": reverse("messages_communities"),
        "title": _("Notices from my communities"),
        "note": note,
        "icon": "home",
    }


@require_POST
def send_again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Once more what failed: from the page of its case, and back there."""
    actor = _actor(request)
    row = actions.send_again(message_id=message_id, by=actor)
    assert row.case is not None
    notices.success(request, _("It is on its way again."))
    return HttpResponseRedirect(f"/case/{cases.case(actor, row.case).reference}/")


def _id(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
