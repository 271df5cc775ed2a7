"""A unit renamed, moved or closed from a day on: what follows is shown before it is saved, and who did it stands in its history."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from linli.foundation import audit, preview
from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.errors import DomainError, NotAllowed
from linli.foundation.idempotency import carry_out, once
from linli.foundation.preview import Effect, Line
from linli.people import labels
from linli.territory import actions, fates, queries
from linli.territory.forms import UnitField, day_field
from linli.territory.index import UnitInfo
from linli.web import unit_effects

RENAME, MOVE, CLOSE = "rename", "move", "close"


class ChangeForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What changes"),
        choices=[
            (RENAME, _("The name")),
            (MOVE, _("What it lies in")),
            (CLOSE, _("It is closed, with everything below it")),
        ],
    )
    on = day_field()
    name = forms.CharField(label=_("Chinese name"), max_length=120, required=False)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    parent = UnitField(
        label=pgettext_lazy("of a unit", "Above it"),
        required=False,
        help_text=_("For a move: the new unit above, by name or code."),
    )

    def clean(self) -> dict[str, Any]:
        known: dict[str, Any] = super().clean() or {}
        needed = {RENAME: "name", MOVE: "parent"}.get(known.get("what", ""))
        if needed and not known.get(needed) and needed not in self.errors:
            self.add_error(needed, ValidationError(gettext("This is needed for what you chose.")))
        return known


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    unit = queries.unit(unit_id)
    # Whose post is in the unit itself does not end it: the post would end with it.
    if not actor.may(Permission.EDIT_TERRITORY, unit.path[:-1]):
        raise NotAllowed
    back = f"/territory/?unit={unit.id}"
    initial = {"on": queries.day_of(None), "name": unit.name, "name_en": unit.name_en}
    form, status = ChangeForm(request.POST or None, initial=initial), 200
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        effect = effect_of(actor, unit, known)
        if not preview.confirmed(request, effect):
            return preview.page(request, effect, back=request.path)
        key = once(actor, request.POST.get("once"), [request.path, {k: str(v) for k, v in known.items()}])
        try:
            now = carry_out(key, lambda: _change(unit, known, actor))
            messages.success(request, gettext("The territory changes on that day."))
            return redirect(f"/territory/?unit={now}")
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            status = refusal.status
    context = {"form": form, "title": unit.name_in(get_language() or ""), "back": back}
    return render(request, "web/unit_change.html", context, status=status)


def _change(unit: UnitInfo, known: dict[str, Any], by: Actor) -> str:
    """The id of the unit that is there afterwards."""
    doing: dict[str, Callable[[], Any]] = {
        RENAME: lambda: actions.rename(
            unit=unit.id, name=known["name"], name_en=known["name_en"], on=known["on"], by=by
        ),
        MOVE: lambda: actions.move(unit=unit.id, to=known["parent"].id, on=known["on"], by=by),
        CLOSE: lambda: actions.close_unit(unit=unit.id, on=known["on"], by=by),
    }
    made = doing[known["what"]]()
    return str(made.pk if made else unit.id)


def effect_of(actor: Actor, unit: UnitInfo, known: dict[str, Any]) -> Effect:
    what, on = known["what"], known["on"]
    changes: list[tuple[str, str, str]] = []
    if what == RENAME:
        for field in ("name", "name_en"):
            old, new = getattr(unit, field), known[field]
            if old != new:
                changes.append((fates.change_name(field), old or "–", new or "–"))
    elif what == MOVE:
        above = queries.ancestors(unit.id)
        old = above[-1].name_in(get_language() or "") if above else "–"
        changes.append((fates.change_name("parent"), old, known["parent"].name_in(get_language() or "")))
    else:
        changes.append((gettext("In force until"), "–", on.isoformat()))
    return Effect(unit.name_in(get_language() or ""), changes, _follows(actor, unit, what, on))


def _follows(actor: Actor, unit: UnitInfo, what: str, on: date) -> list[Line]:
    closing = what == CLOSE
    lines = [unit_effects.from_day(on)]
    below = queries.count_below(unit.id)
    if below:
        told = (
            ngettext("%(count)s unit below it is closed too.", "%(count)s units below it are closed too.", below)
            if closing
            else ngettext("%(count)s unit below it goes along.", "%(count)s units below it go along.", below)
        )
        lines.append(Line(told % {"count": f"{below:,}"}, "bad" if closing else ""))
    posts = unit_effects.posts_in(actor, unit.id)
    if posts:
        told = (
            ngettext("%(count)s post there ends.", "%(count)s posts there end.", posts)
            if closing
            else ngettext("%(count)s post there goes on.", "%(count)s posts there go on.", posts)
        )
        lines.append(Line(told % {"count": f"{posts:,}"}, "bad" if closing else ""))
    rows = unit_effects.leads_of(unit.id)
    if rows and what != MOVE:
        told = (
            ngettext("%(count)s class loses its lead there.", "%(count)s classes lose their lead there.", len(rows))
            if closing
            else ngettext(
                "The duties of %(count)s class go over.", "The duties of %(count)s classes go over.", len(rows)
            )
        )
        lines.append(Line(told % {"count": f"{len(rows):,}"}, "bad" if closing else ""))
    return lines + unit_effects.open_cases_in([unit.id])


def history(unit_id: UUID) -> list[dict[str, Any]]:
    """Who changed a unit when, in words, newest first: for those who may read it."""
    verbs = {
        "opened": gettext("Set up"), "closed": gettext("Closed down"), "renamed": gettext("Renamed"),
        "moved": gettext("Moved"), "merged": gettext("Merged into another"), "split": gettext("Split"),
        "bounded": gettext("Boundary drawn"), "gave_way": gettext("Gave way to a neighbour"),
        "corrected": gettext("Corrected by a register"), "loaded": gettext("A register was loaded"),
        "facilities": gettext("A register of facilities was loaded"),
    }  # fmt: skip
    return [
        {
            "what": verbs.get(entry.action, entry.action),
            "at": entry.at,
            "who": labels.said(entry.actor_label),
            "why": " · ".join(part for part in (_told(entry.data), entry.note) if part),
        }
        for entry in reversed(audit.timeline(unit_id))
    ]


def _told(data: dict[str, Any]) -> str:
    parts = [
        f"{fates.change_name(name)}: {fates.change_value(name, old)} → {fates.change_value(name, new)}"
        for name, (old, new) in data.get("changes", {}).items()
    ]
    # Of a renaming the new name; else the codes of where it went, or of what it was before.
    for name in ("name", "to", "into", "after"):
        told = data.get(name) or []
        codes = gettext(", ").join(told) if isinstance(told, list) else str(told)
        if codes:
            parts.append(gettext("from %(codes)s") % {"codes": codes} if name == "after" else codes)
    if data.get("on"):
        parts.append(gettext("from %(day)s on") % {"day": data["on"]})
    if data.get("source"):
        parts.append(str(data["source"]))
    return gettext("; ").join(parts)
