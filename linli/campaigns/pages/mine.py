"""What a household reads of what was collected at its door, by its code; and the leaflets with these codes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import following, queries, rules
from linli.campaigns.actions import binding, door_codes, unbinding
from linli.campaigns.models import Aside, Campaign, Declaration, DoorCode, FollowUp, Home
from linli.campaigns.pages import words
from linli.campaigns.pages.common import language, name_of, names_of, once_only, read_or_sent, status_of, uuid_in
from linli.campaigns.pages.control import proof_in_words
from linli.campaigns.pages.door import jpeg
from linli.campaigns.queries import console, homes, mine
from linli.campaigns.queries.mine import HomeDoor, VisitTold
from linli.campaigns.rules import Act, Stage
from linli.config import env
from linli.foundation import qr
from linli.foundation.access import Actor, actor_of
from linli.foundation.attempts import attempt
from linli.foundation.clients import client_address
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.markup import written

HERE = "/control/mine/"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code of your door"),
        max_length=64,
        help_text=gettext_lazy("Twelve letters and digits. Small or large, with or without dashes, is the same."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class BindForm(CodeForm):
    """For who is signed in."""

    bind = forms.BooleanField(
        label=gettext_lazy("Bind my account to this door"),
        required=False,
        help_text=gettext_lazy("You need the code this once. Warnings for your door come to your account."),
    )


@sensitive_post_parameters("code")
@read_or_sent
@never_cache
def read(request: HttpRequest) -> HttpResponse:
    """By the account's own door, or by a code. It is sent in the form and stands in no address: neither in a log nor in a history."""
    actor = actor_of(request)
    home = homes.home_of(actor)
    kind = BindForm if actor.id is not None else CodeForm
    form, status = kind(request.POST if request.method == "POST" else None), 200
    context = _at_home(home) if home is not None and request.method != "POST" and "code" not in request.GET else {}
    if request.method == "POST" and form.is_valid():
        typed, address = form.cleaned_data["code"], client_address(request)
        if form.cleaned_data.get("bind"):
            bound, status = attempt(form, lambda: binding.bind(typed=typed, address=address, by=actor))
            if bound is not None:
                notices.success(
                    request, _("Your account is bound to this door. From now on it opens without the code.")
                )
                return redirect(HERE)
        else:
            row, status = attempt(form, lambda: door_codes.open_code(typed=typed, address=address))
            if row is not None:
                context = _kept(row.declaration, row.door, row)
    context |= {"form": form, "signed_in": actor.id is not None, "bound": home, "here": HERE}
    return render(request, "campaigns/mine.html", context, status=status_of(form, status))


@require_POST
def unbind(request: HttpRequest) -> HttpResponse:
    """The account is at no door any more."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    try:
        unbinding.unbind(by=actor)
    except NotFound:
        # Pressed twice, or voided meanwhile: it is as wanted.
        return redirect(HERE)
    notices.success(request, _("Your account is bound to no door any more. Which it was is forgotten."))
    return redirect(HERE)


@require_safe
@never_cache
def photo(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """A photo that was taken at the account's door."""
    home = homes.home_of(actor_of(request))
    if home is None:
        raise NotFound
    return jpeg(mine.photo_told(home, photo_id, small="small" in request.GET))


def _at_home(home: Home) -> dict[str, Any]:
    """What the account's own door opens: nothing once a newer code has voided the one that bound it."""
    code = homes.code_of(home)
    if code is None:
        return {}
    return _kept(home.declaration, home.door, code) | {"by_account": True}


def _kept(declared: Declaration, door: UUID | None, code: DoorCode | None) -> dict[str, Any]:
    stage = queries.stage_of(declared)
    over = rules.end_of(declared.ends_at, declared.ended_at)
    label, tone = words.STAGES[stage]
    proof = console.proof_of(declared)
    context = {
        "row": declared,
        "unit_name": name_of(declared.unit_id),
        "stage": label,
        "tone": tone,
        "over_at": over,
        "gone_at": over + rules.DESTROYED_AFTER,
        "keepings": console.keepings(declared),
        "proof": proof_in_words(proof) if proof else None,
        "code": code,
    }
    if stage is Stage.DESTROYED or door is None or code is None:
        return context
    return context | {
        "door": mine.address_of_code(code),
        "accounts": homes.count_at(declared.pk, door),
        "visits": [_visit(one) for one in mine.visits_told(declared, door, language())],
        "follow_ups": [_follow_up(one) for one in mine.follow_ups_told(declared, door)],
    }


def _visit(told: VisitTold) -> dict[str, Any]:
    row = told.row
    _sign, word, tone = words.outcome(row.outcome)
    return {
        "at": row.visited_at,
        "screening": row.campaign.name,
        "team": row.team.name if row.team else "",
        "outcome": word,
        "tone": tone,
        "aside": Aside(row.aside).label if row.aside else "",
        "said": told.said,
        "note": told.note,
        "photos": [{"url": f"{HERE}photos/{one}/", "is_image": True} for one in told.photos],
    }


def _follow_up(row: FollowUp) -> dict[str, Any]:
    rule = following.BY_NAME.get(row.rule)
    return {
        "title": rule.label if rule else row.rule,
        "kind": row.get_kind_display(),
        "opened_at": row.opened_at,
        "released_at": row.released_at,
    }


# --- leaflets ---------------------------------------------------------------------------------------------------------


@read_or_sent
@never_cache
def leaflets(request: HttpRequest, campaign_id: UUID, building_id: UUID) -> HttpResponse:
    """For whoever leads or visits there: which doors have a code; and once, when they are made, the leaflets themselves."""
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    running = queries.campaign(campaign_id)
    doors = mine.doors_to_tell(actor, running, building_id)
    if not doors:
        raise NotFound
    made = _made(request, actor, running, building_id) if request.method == "POST" else []
    declared = running.declaration
    address = env.get("LINLI_URL") + HERE
    context = {
        "row": running,
        "declared": declared,
        "name": names_of([building_id])[building_id],
        "doors": len(doors),
        "rows": "" if made else _rows(request, doors, mine.codes_of(running.declaration_id, building_id)),
        "made": made,
        "address": address,
        "qr": qr.drawn(address, scale=2, border=2) if made else "",
        "here": request.path,
        "leads": queries.may(actor, Act.RUN),
    }
    return render(request, "campaigns/door_codes.html", context)


# Written here and not in the template, where a row with its form costs ten times as much.
_ROW = (
    '<li><div class="cell"><span class="cell-main"><span class="cell-title digits">{label}</span><br>'
    '<span class="cell-note">{note}</span></span><form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
    '<input type="hidden" name="once" value="{once}"><input type="hidden" name="door" value="{id}">'
    '<button class="button">{l_new}<span class="unseen"> {label}</span></button></form></div></li>'
)


def _rows(request: HttpRequest, doors: Sequence[HomeDoor], made_at: Mapping[UUID | None, datetime]) -> SafeString:
    """Each door with when its code was made, and a button for a new one. Those of a building were mostly made in one minute."""
    minutes = {door: at.replace(second=0, microsecond=0) for door, at in made_at.items()}
    told = {at: _code_made(at) for at in set(minutes.values())}
    none = _("No code yet")
    rows = (
        {
            "id": one.id,
            "label": one.label,
            "note": told[minutes[one.id]] if one.id in minutes else none,
            "once": uuid4(),
        }
        for one in doors
    )
    return written(_ROW, {"token": get_token(request), "l_new": _("New code")}, rows)


def _code_made(at: datetime) -> SafeString:
    return mark_safe(render_to_string("campaigns/_code_made.html", {"at": at}).strip())  # noqa: S308 (a template escapes)


def _made(request: HttpRequest, actor: Actor, running: Campaign, building_id: UUID) -> list[door_codes.Leaflet]:
    """A page that is loaded again makes nothing: it would void what was just printed."""
    door = uuid_in(request.POST.get("door"))
    if door is None and request.POST.get("door"):
        raise NotFound
    made: list[door_codes.Leaflet] = []

    def work() -> str:
        made.extend(door_codes.make_codes(campaign=running.pk, building=building_id, by=actor, door=door))
        return "made"

    once_only(request, actor, work)
    if not made:
        notices.warning(request, _("These leaflets were made already, and shown once. Make new ones if they are lost."))
    return made
