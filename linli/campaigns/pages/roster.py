"""The roster: who can be sent, taken in one by one or from a table, released."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import actions
from linli.campaigns import imports as tables
from linli.campaigns.actions import NewMember
from linli.campaigns.models import Member, MemberKind
from linli.campaigns.pages.calls import call_item, calling_declarations
from linli.campaigns.pages.common import (
    choose,
    language,
    names_of,
    once_only,
    read_or_sent,
    reader,
    status_of,
    unit_asked,
    unit_choices,
    units_of,
    uuid_in,
)
from linli.campaigns.queries import calls, console
from linli.campaigns.rules import Act
from linli.foundation import imports
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.files import MAX_BYTES, FileTooLarge
from linli.foundation.idempotency import carry_out, once
from linli.foundation.markup import escape, written
from linli.territory import queries as territory
from linli.territory.index import UnitInfo


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
    unit = unit_asked(actor, request.GET.get("unit"))
    form = FilterForm(request.GET, initial={"unit": str(unit.id)})
    units = unit_choices(units_of(actor, Act.RUN), unit.id)
    choose(form, "unit", units)
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
        "members": _rows(request, shown),
        "next_href": f"?{urlencode({**kept, 'after': shown[-1].pk})}" if len(found) > console.PEOPLE_SHOWN else "",
        "first_href": f"?{urlencode(kept)}" if after else "",
        "calls": [call_item(row) for row in calls.calls_in(actor, unit.id)],
        "may_call": bool(calling_declarations(unit.id)),
    }
    return render(request, "campaigns/roster.html", context)


# Written here and not in the template, where a row with its form costs ten times as much.
_ROW = (
    '<tr><td data-label="{l_name}">{name}{phone}</td><td data-label="{l_kind}">{kind}</td><td data-label="{l_unit}">{unit}</td>'
    '<td data-label="{l_skills}">{skills}</td><td data-label="{l_team}">{team}</td><td data-label="{l_release}"><details class="fold">'
    '<summary>{l_release}</summary><form method="post" action="/control/roster/{id}/release/" class="stack">'
    '<input type="hidden" name="csrfmiddlewaretoken" value="{token}"><input type="hidden" name="once" value="{once}">'
    '<div class="field"><label for="why-{id}">{l_reason}</label>'
    '<input id="why-{id}" name="reason" minlength="4" maxlength="300" required></div>'
    '<button class="button danger">{l_release}</button></form></details></td></tr>'
)


def _rows(request: HttpRequest, members: Sequence[Member]) -> SafeString:
    """Those of the table; a cell names its column, which a phone shows beside it. Each is released with a reason, once."""
    teams, names = console.busy(members), names_of([one.unit_id for one in members])
    kinds = {kind.value: str(kind.label) for kind in MemberKind}
    between = "、" if language().startswith("zh") else ", "
    shared = {
        "l_name": _("Full name"),
        "l_kind": _("Kind of helper"),
        "l_unit": _("Unit"),
        "l_skills": _("Skills"),
        "l_team": _("Team"),
        "l_release": _("Release"),
        "l_reason": _("Reason"),
        "token": get_token(request),
    }
    rows = (
        {
            "id": one.pk,
            "name": one.name,
            "phone": _phone(one.phone) if one.phone else "",
            "kind": f"{kinds[one.kind]} · {one.organisation}" if one.organisation else kinds[one.kind],
            "unit": names.get(one.unit_id, ""),
            "skills": between.join(one.skills),
            "team": _team(*teams[one.pk]) if one.pk in teams else "",
            "once": uuid4(),
        }
        for one in members
    )
    return written(_ROW, shared, rows)


def _team(team: UUID, name: str) -> SafeString:
    return mark_safe(f'<a href="/control/teams/{team}/">{escape(name)}</a>')  # noqa: S308 (escaped)


def _phone(phone: str) -> SafeString:
    number = escape(phone)
    return mark_safe(f' <a class="digits" href="tel:{number}">{number}</a>')  # noqa: S308 (escaped)


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
    choose(form, "unit", unit_choices(units_of(actor, Act.RUN), asked))
    status = 200
    if request.method == "POST" and form.is_valid():
        told = form.told()
        made, status = attempt(
            form, lambda: once_only(request, actor, lambda: str(actions.enlist(members=[told], by=actor)))
        )
        if made is not None:
            notices.success(request, _("Taken into the roster."))
            return redirect(f"/control/roster/?unit={told.unit}")
    return render(request, "campaigns/member_new.html", {"form": form}, status=status_of(form, status))


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
    choose(form, "unit", unit_choices(units_of(actor, Act.RUN)))
    status = 200
    if sent is not None and form.is_valid():
        unit = territory.unit(UUID(form.cleaned_data["unit"]))
        begun, status = attempt(form, lambda: _begun(request, actor, unit, form.cleaned_data["file"]))
        if begun is not None:
            return redirect("work", begun)
    context = {"form": form, "headings": tables.HEADINGS}
    return render(request, "campaigns/roster_import.html", context, status=status_of(form, status))


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
