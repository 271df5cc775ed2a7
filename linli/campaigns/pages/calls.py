"""Calls for help: made in a unit, answered from its message, and what one is called to oneself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import errors, queries
from linli.campaigns.actions import calling
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.models import Call, Declaration, Power, Shift
from linli.campaigns.pages.common import (
    language,
    moment_field,
    name_of,
    names_of,
    once_only,
    period,
    read_or_sent,
    reader,
    status_of,
    unit_asked,
)
from linli.campaigns.queries import calls, mine, shifts
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import Actor, actor_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound, SignInNeeded
from linli.territory.index import UnitInfo

USUAL = timedelta(hours=8)


def calling_declarations(unit_id: UUID) -> list[Declaration]:
    """What holds in a unit and lets people be called."""
    return [row for row in queries.in_force(unit_id) if Power.CALL_UP in row.powers]


def call_item(row: Call) -> dict[str, Any]:
    over = row.ends_at <= clock.now()
    return {
        "href": f"/control/calls/{row.pk}/",
        "title": row.text,
        "note": f"{name_of(row.unit_id)} · {period(row.starts_at, row.ends_at)}",
        "icon": "people",
        "badge": _("Over") if over else "",
        "tone": "",
    }


class CallForm(forms.Form):
    wanted = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=calling.MOST_WANTED, initial=10)
    skill = forms.CharField(
        label=gettext_lazy("Skill"),
        max_length=32,
        required=False,
        help_text=gettext_lazy("Only those who have it are called. Empty: everybody of the roster."),
    )
    text = forms.CharField(
        label=gettext_lazy("What to do, and where to meet"),
        min_length=4,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("Until"))


@read_or_sent
@never_cache
def new_call(request: HttpRequest) -> HttpResponse:
    actor = reader(request, Act.RUN)
    unit = unit_asked(actor, request.GET.get("unit"))
    declared = calling_declarations(unit.id)
    now = clock.now().replace(second=0, microsecond=0)
    initial = {"starts_at": now, "ends_at": now + USUAL}
    form = CallForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        made, status = attempt(form, lambda: _called(request, actor, declared, unit, form))
        if made is not None:
            return redirect(f"/control/calls/{made}/")
    context = {"form": form, "unit": unit, "unit_name": unit.name_in(language()), "declared": declared}
    return render(request, "campaigns/call_new.html", context, status=status_of(form, status))


def _called(request: HttpRequest, actor: Actor, declared: Sequence[Declaration], unit: UnitInfo, form: CallForm) -> str:
    if not declared:
        raise errors.NotInForce
    new = NewCall(declaration=declared[0].pk, unit=unit.id, **form.cleaned_data)
    return once_only(request, actor, lambda: str(calling.call(new=new, by=actor).pk))


@require_safe
@never_cache
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """For who leads: how many come. For who is called: the way to say it."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    row = calls.call(call_id)
    leads = queries.may(actor, Act.RUN, row.unit_id)
    member = calls.called_as(actor, row)
    mine = calls.my_answer(actor, row)
    if not leads and member is None and mine is None:
        raise NotFound
    context = {
        "row": row,
        "unit_name": name_of(row.unit_id),
        "leads": leads,
        "stats": _answers(actor, row) if leads else [],
        "coming": calls.who_comes(actor, row) if leads else [],
        "called": member is not None,
        "mine": mine,
        "over": row.ends_at <= clock.now(),
        "here": request.path,
        "answer_href": f"{request.path}answer/",
        "live_topics": [f"call:{row.pk}"],
    }
    return render(request, "campaigns/call.html", context)


def _answers(actor: Actor, row: Call) -> list[dict[str, Any]]:
    found = calls.answers_of(actor, row)
    enough = found.coming >= row.wanted
    return [
        {"label": _("Wanted"), "value": f"{row.wanted:,}"},
        {"label": _("Come"), "value": f"{found.coming:,}", "tone": "good" if enough else "warn"},
        {"label": _("Do not come"), "value": f"{found.not_coming:,}"},
        {"label": _("Asked by message"), "value": f"{found.asked:,}"},
        {"label": _("No answer yet"), "value": f"{max(found.called - found.coming - found.not_coming, 0):,}"},
    ]


@require_POST
def answer(request: HttpRequest, call_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    coming = request.POST.get("coming") == "yes"
    try:
        calling.answer(call=call_id, coming=coming, by=actor)
    except errors.TwoPlaces as error:
        notices.error(request, str(error))
    else:
        notices.success(request, _said_thanks(coming))
    return redirect(f"/control/calls/{call_id}/")


@read_or_sent
@never_cache
def by_link(request: HttpRequest, asked_id: UUID, secret: str) -> HttpResponse:
    """The call for whoever was asked by a text and has no account: the link in it opens this, and nothing else."""
    asked = calls.asked_by_link(asked_id, secret)
    row, status, refused = asked.call, 200, ""
    if request.method == "POST":
        coming = request.POST.get("coming") == "yes"
        try:
            calling.answer_by_link(asked=asked_id, secret=secret, coming=coming)
        except errors.TwoPlaces as error:
            status, refused = error.status, str(error)
        else:
            notices.success(request, _said_thanks(coming))
            return redirect(request.path)
    is_open = calls.is_open(row) and asked.member.left_at is None
    context = {
        "row": row,
        "unit_name": name_of(row.unit_id),
        "called": is_open,
        "mine": calls.answer_of(asked),
        "over": not is_open,
        "refused": refused,
        "answer_href": request.path,
        "linked": True,
    }
    return render(request, "campaigns/call.html", context, status=status)


def _said_thanks(coming: bool) -> str:
    return _("Thank you. You are expected.") if coming else _("Thank you for saying so.")


@require_safe
@never_cache
def my_calls(request: HttpRequest) -> HttpResponse:
    """What one is called to, when one is on duty, and the leaflets for one's doors, for everybody of the roster who has an account."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    items = [call_item(row) for row in calls.my_calls(actor)]
    buildings = mine.buildings_to_tell(actor)
    names = names_of([building for _campaign, building in buildings])
    context = {
        "items": items,
        "shifts": [_shift_item(row) for row in shifts.my_shifts(actor)],
        "leaflets": [
            {"title": names[building], "href": f"/control/screenings/{campaign}/buildings/{building}/leaflets/"}
            for campaign, building in buildings
        ],
    }
    return render(request, "campaigns/calls.html", context)


def _shift_item(row: Shift) -> dict[str, Any]:
    runs = row.starts_at <= clock.now()
    return {
        "title": period(row.starts_at, row.ends_at),
        "note": " · ".join(filter(None, [name_of(row.unit_id), row.call.text if row.call else ""])),
        "badge": _("On duty") if runs else "",
        "tone": "good",
    }
