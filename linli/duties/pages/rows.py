"""The rows of a list one by one: another, a change, an end, each from a day on. What follows is shown before it is saved."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from linli.duties import effects, queries, shown
from linli.duties.actions import rows
from linli.duties.forms import DutyForm, EndForm, RowForm
from linli.duties.models import Duty, Priority, Task
from linli.duties.pages.common import actor_of, key_of, read_or_sent
from linli.foundation import preview
from linli.foundation.access import Permission
from linli.foundation.attempts import attempt
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
    """A row: one of a duty list changes or ends, a task or a priority ends; what is to hold instead is a row of its own."""
    row = queries.list_row(row_id)
    actor_of(request).require(Permission.EDIT_DUTIES, tuple(row.unit.path))
    return _change_duty(request, row) if isinstance(row, Duty) else _end(request, row)


def _change_duty(request: HttpRequest, duty: Duty) -> HttpResponse:
    """From a day on another body or clause, or none."""
    initial = {"body": str(duty.body_id), "clause": duty.clause, "note": duty.note, "on": territory.day_of(None)}
    form, status = DutyForm(request.POST or None, initial=initial), 200
    back = reverse("duties_list", args=[duty.list_id])
    if request.method == "POST" and form.is_valid():
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
    form, status = EndForm(request.POST or None, initial={"on": territory.day_of(None)}), 200
    back = reverse("duties_list", args=[row.list_id])
    if request.method == "POST" and form.is_valid():
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
            return redirect(back)
    context = {"title": gettext("End a row"), "form": form, "facts": shown.row_facts(row), "back": back}
    return render(request, "duties/row.html", context, status=status)
