"""The rows of a list one by one: another, a change, an end, each from a day on. What follows is shown before it is saved."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from linli.duties import effects, queries, shown
from linli.duties.actions import rows
from linli.duties.actions.rows import said
from linli.duties.forms import ChangeForm, DutyForm, EndForm, RowForm
from linli.duties.models import Duty, ListKind, Priority, Task
from linli.duties.pages.common import key_of, read_or_sent
from linli.foundation import preview
from linli.foundation.access import Permission, actor_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound
from linli.foundation.idempotency import carry_out
from linli.territory import queries as territory


@read_or_sent
def add_page(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """One more row of a list, from a day on."""
    actor, listed = actor_of(request), queries.duty_list(list_id)
    actor.require(Permission.EDIT_DUTIES, tuple(listed.unit.path))
    form, status = RowForm(request.POST or None, listed=listed), 200
    back = reverse("duties_list", args=[list_id])
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = {
            "duty_list": list_id,
            "cells": form.cells(),
            "on": form.cleaned_data["on"],
            "by": actor,
        }
        if not preview.repeated(request):
            row, status = attempt(form, lambda: rows.read_row(**asked))
            if row is not None and not preview.confirmed(request, effect := effects.of_new_row(row)):
                return preview.page(request, effect, back=request.path)

        def work() -> str:
            return str(rows.add_row(**asked, reason=form.cleaned_data["reason"]).id)

        if status == 200:
            added, status = attempt(form, lambda: carry_out(key_of(request), work))
        if status == 200 and added is not None:
            messages.success(request, gettext("The row is part of the list from that day on."))
            return redirect(back)
    return render(request, "duties/add.html", {"listed": listed, "form": form, "back": back}, status=status)


@read_or_sent
def row_page(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """A row: one of a duty list changes or ends; a task or a priority ends here, and changes by the form beside it."""
    row = _row(request, row_id)
    return _change_duty(request, row) if isinstance(row, Duty) else _end(request, row)


@require_POST
def change_row(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """A task or a priority says something else from a day on."""
    row = _row(request, row_id)
    if isinstance(row, Duty):
        raise NotFound
    form = ChangeForm(request.POST, kind=ListKind(row.list.kind))
    if not form.is_valid():
        return _page_of(request, row, status=422, change=form)
    asked: dict[str, Any] = {
        "row": row_id, "cells": form.cells(), "on": form.cleaned_data["on"], "by": actor_of(request)
    }  # fmt: skip
    if not preview.repeated(request):
        following, status = attempt(form, lambda: rows.read_change(**asked))
        if following is None:
            return _page_of(request, row, status=status, change=form)
        if not preview.confirmed(request, effect := effects.of_change(row, following)):
            return preview.page(request, effect, back=reverse("duties_row", args=[row_id]))

    def work() -> str:
        return str(rows.change_row(**asked, reason=form.cleaned_data["reason"]).id)

    changed, status = attempt(form, lambda: carry_out(key_of(request), work))
    if changed is None:
        return _page_of(request, row, status=status, change=form)
    messages.success(request, gettext("The row says this from that day on."))
    return redirect("duties_list", row.list_id)


def _row(request: HttpRequest, row_id: UUID) -> Duty | Task | Priority:
    row = queries.list_row(row_id)
    rows.require_list(row, actor_of(request))
    return row


def _first_day(row: Duty | Task | Priority) -> date:
    return max(territory.day_of(None), row.valid_from)


def _can_begin(request: HttpRequest, form: DutyForm | EndForm, row: Duty | Task | Priority) -> bool:
    """Whether a form was sent that can be read, for a day that is not past; if not, the form says why."""
    if request.method != "POST" or not form.is_valid():
        return False
    if not preview.repeated(request):
        attempt(form, lambda: rows.check_day(form.cleaned_data["on"], row))
    return form.is_valid()


def _change_duty(request: HttpRequest, duty: Duty) -> HttpResponse:
    """From a day on another body or clause, or none."""
    initial = {"body": str(duty.body_id), "clause": duty.clause, "note": duty.note, "on": _first_day(duty)}
    form, status = DutyForm(request.POST or None, initial=initial), 200
    back = reverse("duties_list", args=[duty.list_id])
    if _can_begin(request, form, duty):
        values = form.cleaned_data
        reason = values.pop("reason")
        effect = effects.of_duty(duty, **values)
        if not preview.confirmed(request, effect):
            return preview.page(request, effect, back=request.path)

        def work() -> str:
            following = rows.change_duty(duty=duty.id, reason=reason, by=actor_of(request), **values)
            return str(following.id if following else duty.id)

        changed, status = attempt(form, lambda: carry_out(key_of(request), work))
        if changed is not None:
            messages.success(request, gettext("The duty is changed from that day on."))
            return redirect(back)
    context = {"title": gettext("Change a duty"), "form": form, "facts": shown.row_facts(duty), "back": back}
    return render(request, "duties/row.html", context, status=status)


def _end(request: HttpRequest, row: Task | Priority) -> HttpResponse:
    form, status = EndForm(request.POST or None, initial={"on": _first_day(row)}, auto_id="end_%s"), 200
    if _can_begin(request, form, row):
        on: date = form.cleaned_data["on"]
        effect = effects.of_end(row, on)
        if not preview.confirmed(request, effect):
            return preview.page(request, effect, back=request.path)

        def work() -> str:
            rows.end_row(row=row.id, on=on, by=actor_of(request), reason=form.cleaned_data["reason"])
            return str(row.id)

        ended, status = attempt(form, lambda: carry_out(key_of(request), work))
        if ended is not None:
            messages.success(request, gettext("The row ends on that day."))
            return redirect("duties_list", row.list_id)
    return _page_of(request, row, status=status, end=form)


def _page_of(
    request: HttpRequest,
    row: Task | Priority,
    *,
    status: int,
    change: ChangeForm | None = None,
    end: EndForm | None = None,
) -> HttpResponse:
    """A task or a priority with its two forms: one was sent, or none."""
    initial = {**said(row), "on": _first_day(row)}
    over = row.valid_to is not None or row.list.valid_to is not None
    context = {
        "title": gettext("Change or end a row"),
        "facts": shown.row_facts(row),
        "back": reverse("duties_list", args=[row.list_id]),
        "change_form": None if over else change or ChangeForm(kind=ListKind(row.list.kind), initial=initial),
        "change_href": reverse("duties_row_change", args=[row.id]),
        "end_form": end or EndForm(initial={"on": _first_day(row)}, auto_id="end_%s"),
        "refusals": change.non_field_errors() if over and change else [],
    }
    return render(request, "duties/matter.html", context, status=status)
