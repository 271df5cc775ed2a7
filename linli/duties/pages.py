"""Pages of this room: who is responsible, the catalogue, the lists, their import, the calendar. Open to everyone."""

from collections.abc import Callable
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.duties import effects, fates, queries, shown, tables
from linli.duties.actions import catalogue, days, lists, rows
from linli.duties.actions.catalogue import Terms
from linli.duties.book import ClassInfo
from linli.duties.errors import UnknownClass
from linli.duties.forms import (
    ClassFilter,
    DayForm,
    DutyForm,
    ImportClassesForm,
    ImportForm,
    LimitsForm,
    LookupForm,
    UnitForm,
)
from linli.duties.queries import Explanation
from linli.foundation import imports, preview
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.files import MAX_BYTES, FileTooLarge
from linli.foundation.idempotency import Once, carry_out, once
from linli.foundation.sheets import csv_answer, xlsx_answer
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import Place, UnitInfo

R = TypeVar("R")
ROWS_A_PAGE = 100
GAPS_SHOWN = 300
_page = require_http_methods(["GET", "HEAD", "POST"])


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _edits_city(actor: Actor) -> bool:
    return any(actor.may(Permission.EDIT_DUTIES, root.path) for root in territory.children(None))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The lookup and its answer, and the versions of the three lists."""
    asked = "case_class" in request.GET
    form = LookupForm(request.GET if asked else None, classes=queries.classes())
    told, status = None, 200
    if asked and form.is_valid():
        told, status = _attempt(form, lambda: _explanation(**form.cleaned_data))
    context = {
        "form": form,
        "answer": shown.answer(told) if told else None,
        "list_columns": shown.list_columns(),
        "lists": [shown.list_row(listed) for listed in queries.lists()],
        "edits": _actor(request).may(Permission.EDIT_DUTIES),
    }
    return render(request, "duties/home.html", context, status=status)


def _explanation(case_class: str, place: str, day: date | None) -> Explanation:
    at = datetime.combine(day, time(12), ZoneInfo(settings.TIME_ZONE)) if day else None
    return queries.explanation(queries.minor_class(case_class, at).id, _place(place, at), at)


def _place(text: str, at: datetime | None) -> Place | UnitInfo:
    lon, comma, lat = text.replace("，", ",").partition(",")
    if comma and _is_number(lon) and _is_number(lat):
        return territory.locate(float(lon), float(lat), at)
    return _unit(text, at, "place")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unit(text: str, at: datetime | None = None, field: str = "unit") -> UnitInfo:
    """A unit by its code or its name. Raises `UnknownUnit` for the form's field."""
    text = text.strip()
    unit = territory.find_by_code(text, at) if text.isprintable() else None
    named = unit or next(iter(territory.search_names(text, limit=1, at=at)), None)
    if named is None:
        error = UnknownUnit(unit=text)
        error.field = field
        raise error
    return named


@require_safe
def class_list(request: HttpRequest) -> HttpResponse:
    form = ClassFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    words = wanted.get("q", "").casefold().split()
    found = [
        info
        for info in queries.classes()
        if info.is_minor and wanted.get("kind") in {"", None, info.kind} and all(word in _text(info) for word in words)
    ]
    context = {
        "form": form,
        "columns": shown.class_columns(),
        "groups": shown.class_groups(found),
        "count": len(found),
        "edits": _edits_city(_actor(request)),
    }
    return render(request, "duties/classes.html", context)


def _text(info: ClassInfo) -> str:
    return " ".join((info.code, info.name, info.name_en, *info.keywords, *info.keywords_en)).casefold()


@_page
def class_page(request: HttpRequest, code: str) -> HttpResponse:
    """A class with the history of its limits; whoever holds a post of the city may change them."""
    info, actor = _class(code), _actor(request)
    form, status = LimitsForm(request.POST or None, initial=shown.limits(info)), 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        reason, expected = values.pop("reason"), values.pop("expected")
        terms = Terms(**values)
        changing, status = _attempt(
            form,
            lambda: preview.repeated(request) or catalogue.check_limits(info.id, terms, by=actor, expected=expected),
        )
        effect = effects.of_limits(info, terms) if changing else None
        if effect and not preview.confirmed(request, effect):
            return preview.page(request, effect, back=request.path)

        def work() -> str:
            version = catalogue.change_limits(
                case_class=info.id, terms=terms, by=actor, reason=reason, expected=expected
            )
            return str(version.id)

        if effect:
            changed, status = _attempt(form, lambda: carry_out(_key(request), work))
        if effect and changed is not None:
            messages.success(request, gettext("The new limits hold from now on. Cases filed before keep theirs."))
            return redirect("duties_class", code)
    context = {
        "info": info,
        "facts": shown.class_facts(info),
        "columns": shown.version_columns(),
        "history": [shown.version_row(version) for version in queries.versions(info.id)],
        "entries": shown.history(info.id),
        "form": form if info.is_minor and _edits_city(actor) else None,
    }
    return render(request, "duties/class.html", context, status=status)


def _class(code: str) -> ClassInfo:
    try:
        return queries.case_class(code)
    except UnknownClass as error:
        raise NotFound from error


@require_safe
def list_page(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The rows of a version of a list, by pages."""
    listed = queries.duty_list(list_id)
    asked = request.GET.get("after", "0")
    after = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    found = queries.rows_of(listed, after, ROWS_A_PAGE + 1)
    more, found = len(found) > ROWS_A_PAGE, found[:ROWS_A_PAGE]
    here = reverse("duties_list", args=[list_id])
    edits = _actor(request).may(Permission.EDIT_DUTIES, tuple(listed.unit.path)) and listed.valid_to is None
    context = {
        "listed": listed,
        "unit_name": shown.unit_name(listed.unit_id),
        "columns": shown.columns(listed.kind),
        "rows": [shown.row(row, edits=edits) for row in found],
        "entries": shown.history(list_id),
        "exports": [(kind, reverse("duties_export", args=[list_id, kind])) for kind in EXPORTS],
        "next_href": f"{here}?after={found[-1].row_number}" if more else "",
        "first_href": here if after else "",
    }
    return render(request, "duties/list.html", context)


@_page
def row_page(request: HttpRequest, duty_id: UUID) -> HttpResponse:
    """A row of a duty list: from a day on another body or clause, or none. What follows is shown before it is saved."""
    actor, duty = _actor(request), queries.duty(duty_id)
    actor.require(Permission.EDIT_DUTIES, tuple(duty.unit.path))
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
            following = rows.change_duty(duty=duty_id, reason=reason, by=actor, **values)
            return str(following.id if following else duty_id)

        changed, status = _attempt(form, lambda: carry_out(_key(request), work))
        if changed is not None:
            messages.success(request, gettext("The duty is changed from that day on."))
            return redirect(back)
    context = {"duty": duty, "form": form, "facts": shown.duty_facts(duty), "back": back}
    return render(request, "duties/row.html", context, status=status)


EXPORTS = ("csv", "xlsx")


@require_safe
def export(request: HttpRequest, list_id: UUID, kind: str) -> HttpResponse:
    """A list as a table that can be imported again."""
    if kind not in EXPORTS:
        raise NotFound
    listed = queries.duty_list(list_id)
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(f"{listed.kind}-{listed.unit.code}-{listed.id}.{kind}", shown.exported(listed))


@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """What has nobody responsible, in a unit and what lies below it."""
    form = UnitForm(request.GET if request.GET.get("unit") else None)
    unit = form.cleaned_data["unit"] if form.is_valid() else territory.root()
    found = queries.gaps(unit.id)
    context = {
        "form": form,
        "unit": shown.unit_name(unit.id),
        "count": len(found),
        "columns": [gettext("Class"), gettext("Units"), gettext("Where")],
        "rows": shown.gap_rows(found[:GAPS_SHOWN]),
        "more": max(0, len(found) - GAPS_SHOWN),
    }
    return render(request, "duties/gaps.html", context)


@_page
def import_page(request: HttpRequest) -> HttpResponse:
    """Send a list for a dry run; the page of the dry run shows each row's fate, and imports it."""
    actor = _actor(request)
    actor.require(Permission.EDIT_DUTIES)
    form, status = ImportForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        unit, file = asked.pop("unit"), asked.pop("file")
        heading = asked | {"unit": str(unit.id), "valid_from": asked["valid_from"].isoformat()}

        def work() -> str:
            # What the heading alone is refused for is told beside its fields, not by the worker.
            draft = lists.drafted(**(asked | {"unit": unit.id}), filename=file.name, by=actor)
            lists.previous_of(draft, same_version=True)
            return _begin_check(request, fates.LISTS, file, heading, unit)

        begun, status = _attempt(form, work)
        if begun is not None:
            return redirect("work", begun)
    return render(request, "duties/import.html", {"form": form, "headings": shown.headings()}, status=status)


@_page
def import_classes(request: HttpRequest) -> HttpResponse:
    """Send classes and limits for a dry run."""
    actor = _actor(request)
    catalogue.require_city_post(actor)
    form, status = ImportClassesForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST" and form.is_valid():
        file, reason = form.cleaned_data["file"], form.cleaned_data["reason"]
        asked = {"reason": reason}
        begun, status = _attempt(form, lambda: _begin_check(request, fates.CLASSES, file, asked, territory.root()))
        if begun is not None:
            return redirect("work", begun)
    context = {
        "form": form,
        "columns": ", ".join(tables.CLASS_COLUMNS),
        "more": "proof, keywords, keywords_en, emergency_number, active",
    }
    return render(request, "duties/import_classes.html", context, status=status)


def _begin_check(request: HttpRequest, name: str, file: Any, asked: dict[str, Any], unit: UnitInfo) -> str:
    """The id of the dry run; the same form sent twice begins one."""
    if file.size > MAX_BYTES:
        raise FileTooLarge(field="file", limit=MAX_BYTES // 1024 // 1024)
    data = file.read()

    def work() -> str:
        begun = imports.check(name, data=data, filename=file.name, asked=asked, by=_actor(request), unit_path=unit.path)
        return str(begun.id)

    return str(carry_out(_key(request, sha256(data).hexdigest()), work))


@_page
def day_page(request: HttpRequest) -> HttpResponse:
    """The city's own working days."""
    actor = _actor(request)
    form, status = DayForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data

        def work() -> str:
            return str(days.set_day(**values, by=actor).id)

        done, status = _attempt(form, lambda: carry_out(_key(request), work))
        if done is not None:
            messages.success(request, gettext("Saved. Limits that are running already are not moved."))
            return redirect("duties_days")
    context = {
        "form": form if _edits_city(actor) else None,
        "days": queries.special_days(),
        "edits": _edits_city(actor),
    }
    return render(request, "duties/days.html", context, status=status)


@require_POST
def clear_day(request: HttpRequest) -> HttpResponse:
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise NotFound from error
    carry_out(_key(request), lambda: days.clear_day(day=day, by=_actor(request)))
    messages.success(request, gettext("The State Council's calendar decides this day again."))
    return redirect("duties_days")


def _key(request: HttpRequest, digest: str = "") -> Once | None:
    """The key that was drawn with the form: a second sending of the same form does nothing."""
    sent = {name: request.POST.getlist(name) for name in request.POST if name not in {"csrfmiddlewaretoken", "once"}}
    return once(_actor(request), request.POST.get("once"), [request.path, sent, digest])


def _attempt(form: forms.Form, work: Callable[[], R]) -> tuple[R | None, int]:
    """The result of `work` and 200; or, where it was refused, the reason put into the form, and its status."""
    try:
        return work(), 200
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None, refusal.status
