"""Shifts: who is on duty on a day in a unit, planned for many at once, ended one by one; and the actor's own."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import errors
from linli.campaigns.actions import shifts as planning
from linli.campaigns.models import MemberKind, Shift
from linli.campaigns.pages.calls import calling_declarations
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
from linli.campaigns.queries import shifts
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.attempts import attempt
from linli.territory.index import UnitInfo

HERE = "/control/shifts/"


class DayForm(forms.Form):
    unit = forms.ChoiceField(label=pgettext_lazy("joint control", "Area"), required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    actor = reader(request, Act.RUN)
    unit = unit_asked(actor, request.GET.get("unit"))
    today = timezone.localdate(clock.now())
    form = DayForm({"unit": str(unit.id), "day": request.GET.get("day") or today.isoformat()})
    choose(form, "unit", unit_choices(units_of(actor, Act.RUN), unit.id))
    day = form.cleaned_data["day"] if form.is_valid() and form.cleaned_data["day"] else today
    after = uuid_in(request.GET.get("after"))
    found = shifts.shifts_of_day(actor, unit.id, day, after)
    shown, people = found[: shifts.SHOWN], shifts.people_of_day(actor, unit.id, day)
    kept = {"unit": unit.id, "day": day.isoformat()}
    context = {
        "unit": unit,
        "unit_name": unit.name_in(language()),
        "form": form,
        "day": date_format(day, _("M j, Y")),
        "stats": _figures(people, shifts.on_duty_now(actor, unit.id) if day == today else None),
        "rows": _rows(shown),
        "plans": bool(calling_declarations(unit.id)),
        "new_href": f"{HERE}new/?{urlencode(kept)}",
        "next_href": f"?{urlencode({**kept, 'after': shown[-1].pk})}" if len(found) > shifts.SHOWN else "",
        "first_href": f"?{urlencode(kept)}" if after else "",
    }
    return render(request, "campaigns/shifts.html", context)


def _figures(people: Mapping[str, int] | None, now: int | None) -> list[dict[str, Any]]:
    many = f"{shifts.COUNTED:,}+"
    first = (
        [{"label": _("On duty now"), "value": many if now > shifts.COUNTED else f"{now:,}"}] if now is not None else []
    )
    if people is None:
        return [*first, {"label": _("People on this day"), "value": many}]
    return [
        *first,
        {"label": _("People on this day"), "value": f"{sum(people.values()):,}"},
        *({"label": MemberKind(kind).label, "value": f"{people[kind]:,}"} for kind in MemberKind if people.get(kind)),
    ]


def _rows(found: list[Shift]) -> list[dict[str, Any]]:
    names, now = names_of([row.unit_id for row in found]), clock.now()
    return [
        {
            "id": row.pk,
            "name": row.member.name,
            "kind": row.member.get_kind_display(),
            "unit": names.get(row.unit_id, ""),
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "call": row.call_id,
            "over": row.ends_at <= now,
            "runs": row.starts_at <= now < row.ends_at,
        }
        for row in found
    ]


class PlanForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of helper"), choices=[("", gettext_lazy("All")), *MemberKind.choices], required=False
    )
    skill = forms.CharField(label=gettext_lazy("Skill"), max_length=32, required=False)
    first = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("At most until the declaration ends."),
    )
    begin = forms.TimeField(
        label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial="08:00"
    )
    end = forms.TimeField(
        label=gettext_lazy("Until"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        initial="17:00",
        help_text=gettext_lazy("Earlier than the beginning: it ends in the next morning."),
    )

    def plan(self) -> planning.Plan:
        values = self.cleaned_data
        return planning.Plan(values["first"], values["last"], values["begin"], values["end"])


@read_or_sent
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    actor = reader(request, Act.RUN)
    unit = unit_asked(actor, request.GET.get("unit"))
    declared = calling_declarations(unit.id)
    day = _day(request.GET.get("day"))
    form = PlanForm(request.POST if request.method == "POST" else None, initial={"first": day, "last": day})
    status = 200
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            if not declared:
                raise errors.NotInForce
            asked = {name: form.cleaned_data[name] for name in ("kind", "skill")}
            made = planning.plan_shifts(declaration=declared[0].pk, unit=unit.id, plan=form.plan(), by=actor, **asked)
            return f"{made.given} {made.left_out} {made.too_late}"

        made, status = attempt(form, lambda: once_only(request, actor, work))
        if made is not None:
            _tell(request, *map(int, made.split()))
            return redirect(f"{HERE}?{urlencode({'unit': unit.id, 'day': form.cleaned_data['first'].isoformat()})}")
    context = {
        "form": form,
        "unit_name": unit.name_in(language()),
        "back": f"{HERE}?{urlencode({'unit': unit.id})}",
        "declared": declared,
    }
    return render(request, "campaigns/shift_new.html", context, status=status_of(form, status))


def _day(text: str | None) -> date:
    """The day that was shown, or the next on which somebody can still be planned."""
    try:
        return max(date.fromisoformat(text or ""), timezone.localdate(clock.now()))
    except ValueError:
        return timezone.localdate(clock.now()) + timedelta(days=1)


def _tell(request: HttpRequest, given: int, left_out: int, too_late: int = 0) -> None:
    words = ngettext("%(count)s shift is given.", "%(count)s shifts are given.", given) % {"count": f"{given:,}"}
    if left_out:
        also = ngettext(
            "%(count)s is left out: its member is on duty elsewhere then.",
            "%(count)s are left out: their members are on duty elsewhere then.",
            left_out,
        )
        words = f"{words} {also % {'count': f'{left_out:,}'}}"
    if too_late:
        also = ngettext(
            "%(count)s is left out: it would end after the declaration.",
            "%(count)s are left out: they would end after the declaration.",
            too_late,
        )
        words = f"{words} {also % {'count': f'{too_late:,}'}}"
    notices.success(request, words)


@require_POST
def end(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    actor = reader(request, Act.RUN)
    once_only(request, actor, lambda: str(planning.end_shift(shift=shift_id, by=actor)))
    notices.success(request, _("Free again."))
    unit: UnitInfo = unit_asked(actor, request.POST.get("unit"))
    return redirect(f"{HERE}?{urlencode({'unit': unit.id, 'day': request.POST.get('day', '')[:10]})}")
