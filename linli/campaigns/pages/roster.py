"""The roster: who can be sent, taken in one by one or from a table, released; calls for help and their answers."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import actions, errors, queries
from linli.campaigns import imports as tables
from linli.campaigns.actions import NewMember, calling
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.models import Call, Declaration, Member, MemberKind, Power
from linli.campaigns.pages.common import (
    language,
    moment_field,
    name_of,
    names_of,
    once_only,
    read_or_sent,
    reader,
    said,
    unit_choices,
    units_of,
    uuid_in,
)
from linli.campaigns.queries import calls, console
from linli.campaigns.rules import Act
from linli.foundation import clock, imports
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.files import MAX_BYTES, FileTooLarge
from linli.foundation.idempotency import carry_out, once
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo

USUAL = timedelta(hours=8)


def _unit(actor: Actor, asked: str | None) -> UnitInfo:
    """The unit that is shown: the one asked for, or the first in which one works. Raises `NotFound`, `NotAllowed`."""
    chosen = uuid_in(asked)
    if asked and chosen is None:
        raise NotFound
    try:
        unit = territory.unit(chosen or units_of(actor, Act.RUN)[0])
    except UnknownUnit:
        raise NotFound from None
    queries.require(actor, Act.RUN, unit.id)
    return unit


class FilterForm(forms.Form):
    unit = forms.ChoiceField(label=pgettext_lazy("joint control", "Area"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of helper"), choices=[("", gettext_lazy("All")), *MemberKind.choices], required=False
    )
    skill = forms.CharField(label=gettext_lazy("Skill"), max_length=32, required=False)


@require_safe
@never_cache
def roster(request: HttpRequest) -> HttpResponse:
    actor = reader(request, Act.RUN)
    unit = _unit(actor, request.GET.get("unit"))
    form = FilterForm(request.GET, initial={"unit": str(unit.id)})
    units = unit_choices(units_of(actor, Act.RUN), unit.id)
    _choose(form, "unit", units)
    narrowed = form.cleaned_data if form.is_valid() else {}
    kind, skill = narrowed.get("kind", ""), narrowed.get("skill", "")
    after = uuid_in(request.GET.get("after"))
    found = console.roster_page(actor, unit.id, kind, skill, after)
    shown = found[: console.PEOPLE_SHOWN]
    counts = console.roster_counts(actor, unit.id)
    kept = {"unit": unit.id, "kind": kind, "skill": skill}
    context = {
        "unit": unit,
        "unit_name": unit.name_in(language()),
        "form": form,
        "stats": [
            {
                "label": MemberKind(one).label,
                "value": f"{counts.get(one, 0):,}",
                "href": f"?{urlencode({**kept, 'kind': one})}",
            }
            for one in MemberKind
        ],
        "any": bool(counts),
        "members": _lines(shown),
        "next_href": f"?{urlencode({**kept, 'after': shown[-1].pk})}" if len(found) > console.PEOPLE_SHOWN else "",
        "first_href": f"?{urlencode(kept)}" if after else "",
        "calls": [_call_item(row) for row in calls.calls_in(actor, unit.id)],
        "may_call": bool(_calling(unit.id)),
    }
    return render(request, "campaigns/roster.html", context)


def _choose(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def _lines(members: Sequence[Member]) -> list[dict[str, Any]]:
    teams, names = console.busy(members), names_of([one.unit_id for one in members])
    return [
        {
            "id": one.pk,
            "name": one.name,
            "phone": one.phone,
            "kind": one.get_kind_display(),
            "organisation": one.organisation,
            "skills": "、".join(one.skills) if language().startswith("zh") else ", ".join(one.skills),
            "unit": names.get(one.unit_id, ""),
            "team": teams.get(one.pk),
        }
        for one in members
    ]


class MemberForm(forms.Form):
    unit = forms.ChoiceField(label=gettext_lazy("Where they can be sent"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of helper"), choices=MemberKind.choices)
    name = forms.CharField(label=gettext_lazy("Full name"), max_length=60)
    phone = forms.RegexField(
        r"^[0-9+\- ]*$",
        label=gettext_lazy("Phone"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Encrypted."),
    )
    organisation = forms.CharField(label=gettext_lazy("Comes from"), max_length=120, required=False)
    skills = forms.CharField(
        label=gettext_lazy("Skills"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Separated by commas: nurse, dialect, lift key."),
    )

    def clean_skills(self) -> list[str]:
        skills = tables.skills_of(self.cleaned_data["skills"])
        if not tables.are_skills(skills):
            raise forms.ValidationError(_("At most ten, of 32 letters each."))
        return skills

    def told(self) -> NewMember:
        values = dict(self.cleaned_data)
        return NewMember(unit=UUID(values.pop("unit")), **values)


@read_or_sent
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    actor = reader(request, Act.RUN)
    asked = uuid_in(request.GET.get("unit")) or uuid_in(request.POST.get("unit"))
    form = MemberForm(request.POST if request.method == "POST" else None, initial={"unit": asked})
    _choose(form, "unit", unit_choices(units_of(actor, Act.RUN), asked))
    status = 200
    if request.method == "POST" and form.is_valid():
        told = form.told()
        made, status = attempt(
            form, lambda: once_only(request, actor, lambda: str(actions.enlist(members=[told], by=actor)))
        )
        if made is not None:
            notices.success(request, _("Taken into the roster."))
            return redirect(f"/control/roster/?unit={told.unit}")
    return render(request, "campaigns/member_new.html", {"form": form}, status=_status(form, status))


def _status(form: forms.Form, status: int) -> int:
    return 422 if form.errors and status == 200 else status


@require_POST
def release(request: HttpRequest, member_id: UUID) -> HttpResponse:
    actor = reader(request, Act.RUN)
    member = console.member(actor, member_id)
    reason = request.POST.get("reason", "")
    once_only(request, actor, lambda: str(actions.release(member=member.pk, reason=reason, by=actor).pk))
    notices.success(request, _("Released from the roster, and from the team."))
    return redirect(f"/control/roster/?unit={member.unit_id}")


class ImportForm(forms.Form):
    unit = forms.ChoiceField(
        label=pgettext_lazy("joint control", "Area"),
        help_text=gettext_lazy("Its units and those below are named in the table."),
    )
    file = forms.FileField(label=gettext_lazy("Table"), help_text=gettext_lazy("CSV or XLSX, at most 500,000 rows."))


@read_or_sent
@never_cache
def import_page(request: HttpRequest) -> HttpResponse:
    """Send a table for a dry run; the page of the dry run shows each row's fate, and imports it."""
    actor = reader(request, Act.RUN)
    sent = request.POST if request.method == "POST" else None
    form = ImportForm(sent, request.FILES if sent is not None else None)
    _choose(form, "unit", unit_choices(units_of(actor, Act.RUN)))
    status = 200
    if sent is not None and form.is_valid():
        unit = territory.unit(UUID(form.cleaned_data["unit"]))
        begun, status = attempt(form, lambda: _begun(request, actor, unit, form.cleaned_data["file"]))
        if begun is not None:
            return redirect("work", begun)
    context = {"form": form, "headings": tables.HEADINGS}
    return render(request, "campaigns/roster_import.html", context, status=_status(form, status))


def _begun(request: HttpRequest, actor: Actor, unit: UnitInfo, file: Any) -> str:
    if file.size > MAX_BYTES:
        raise FileTooLarge(field="file", limit=MAX_BYTES // 1024 // 1024)
    data = file.read()
    key = once(actor, request.POST.get("once"), [request.path, str(unit.id), sha256(data).hexdigest()])

    def work() -> str:
        asked = {"unit": str(unit.id)}
        made = imports.check(tables.ROSTER, data=data, filename=file.name, asked=asked, by=actor, unit_path=unit.path)
        return str(made.id)

    return str(carry_out(key, work))


# --- calls for help ---------------------------------------------------------------------------------------------------


def _calling(unit_id: UUID) -> list[Declaration]:
    """What holds in a unit and lets people be called."""
    return [row for row in queries.in_force(unit_id) if Power.CALL_UP in row.powers]


def _call_item(row: Call) -> dict[str, Any]:
    over = row.ends_at <= clock.now()
    return {
        "href": f"/control/calls/{row.pk}/",
        "title": row.text,
        "note": f"{name_of(row.unit_id)} · {said(row.starts_at)} – {said(row.ends_at)}",
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
    unit = _unit(actor, request.GET.get("unit"))
    declared = _calling(unit.id)
    now = clock.now().replace(second=0, microsecond=0)
    initial = {"starts_at": now, "ends_at": now + USUAL}
    form = CallForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        made, status = attempt(form, lambda: _called(request, actor, declared, unit, form))
        if made is not None:
            return redirect(f"/control/calls/{made}/")
    context = {"form": form, "unit": unit, "unit_name": unit.name_in(language()), "declared": declared}
    return render(request, "campaigns/call_new.html", context, status=_status(form, status))


def _called(request: HttpRequest, actor: Actor, declared: Sequence[Declaration], unit: UnitInfo, form: CallForm) -> str:
    if not declared:
        raise errors.NotInForce
    new = NewCall(declaration=declared[0].pk, unit=unit.id, **form.cleaned_data)
    return once_only(request, actor, lambda: str(calling.call(new=new, by=actor).pk))


@require_safe
@never_cache
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """For who leads: how many come. For who is called: the way to say it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
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
        {"label": _("No answer yet"), "value": f"{max(found.called - found.coming - found.not_coming, 0):,}"},
    ]


@require_POST
def answer(request: HttpRequest, call_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.id is None:
        raise SignInNeeded
    coming = request.POST.get("coming") == "yes"
    calling.answer(call=call_id, coming=coming, by=actor)
    notices.success(request, _("Thank you. You are expected.") if coming else _("Thank you for saying so."))
    return redirect(f"/control/calls/{call_id}/")


@require_safe
@never_cache
def my_calls(request: HttpRequest) -> HttpResponse:
    """What one is called to, for everybody of the roster who has an account."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.id is None:
        raise SignInNeeded
    items = [_call_item(row) for row in calls.my_calls(actor)]
    return render(request, "campaigns/calls.html", {"items": items})
