"""The catalogue of classes with their limits, its import, and the city's own working days. Open to everyone to read."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from linli.duties import effects, fates, queries, shown, tables
from linli.duties.actions import catalogue, classes, days
from linli.duties.actions.catalogue import Terms
from linli.duties.book import ClassInfo
from linli.duties.errors import UnknownClass
from linli.duties.forms import ClassFilter, ClassForm, DayForm, ImportClassesForm, LimitsForm, NewClassForm
from linli.duties.pages.common import begin_check, edits_city, key_of, read_or_sent
from linli.foundation import preview
from linli.foundation.access import actor_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound
from linli.foundation.idempotency import carry_out
from linli.territory import queries as territory


@require_safe
def class_list(request: HttpRequest) -> HttpResponse:
    form = ClassFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    words = wanted.get("q", "").casefold().split()
    found = [
        info
        for info in queries.classes()
        if info.is_minor
        and wanted.get("kind") in {"", None, info.kind}
        and all(word in queries.said_of(info) for word in words)
    ]
    context = {
        "form": form,
        "columns": shown.class_columns(),
        "groups": shown.class_groups(found),
        "count": len(found),
        "edits": edits_city(actor_of(request)),
    }
    return render(request, "duties/classes.html", context)


@read_or_sent
def class_page(request: HttpRequest, code: str) -> HttpResponse:
    """A class with the history of its limits; whoever holds a post of the city may change them."""
    info, actor = _class(code), actor_of(request)
    form, status = LimitsForm(request.POST or None, initial=shown.limits(info)), 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        reason, expected = values.pop("reason"), values.pop("expected")
        terms = Terms(**values)
        changing, status = attempt(
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
            changed, status = attempt(form, lambda: carry_out(key_of(request), work))
        if effect and changed is not None:
            messages.success(request, gettext("The new limits hold from now on. Cases filed before keep theirs."))
            return redirect("duties_class", code)
    return _page_of(request, info, status, limits=form)


def _page_of(
    request: HttpRequest,
    info: ClassInfo,
    status: int,
    *,
    limits: LimitsForm | None = None,
    words: ClassForm | None = None,
) -> HttpResponse:
    """A class with its forms, for those who may send them: one was sent, or none."""
    actor = actor_of(request)
    edits = edits_city(actor)
    context = {
        "info": info,
        "facts": shown.class_facts(info),
        "columns": shown.version_columns(),
        "history": [shown.version_row(version) for version in queries.versions(info.id)],
        "entries": shown.history(info.id),
        "form": (limits or LimitsForm(initial=shown.limits(info))) if info.is_minor and edits else None,
        "words": (words or ClassForm(initial=_initial(info), auto_id="class_%s")) if edits else None,
    }
    return render(request, "duties/class.html", context, status=status)


def _initial(info: ClassInfo) -> dict[str, object]:
    return {**classes.cells_of(info), "active": info.active}


@require_POST
def change_class(request: HttpRequest, code: str) -> HttpResponse:
    """Another name, other words, out of use or back."""
    info, actor = _class(code), actor_of(request)
    catalogue.require_city_post(actor)
    form, status = ClassForm(request.POST, auto_id="class_%s"), 422
    if form.is_valid():
        cells, reason = form.cells(), form.cleaned_data["reason"]
        if not preview.repeated(request):
            edit, status = attempt(form, lambda: classes.read_change(info, cells, by=actor))
            if edit and not preview.confirmed(request, effect := effects.of_class(info, edit)):
                return preview.page(request, effect, back=reverse("duties_class", args=[code]))
            if edit is None:
                return _page_of(request, info, status, words=form)

        def work() -> str:
            return classes.change_class(case_class=info.id, cells=cells, by=actor, reason=reason)

        changed, status = attempt(form, lambda: carry_out(key_of(request), work))
        if changed is not None:
            messages.success(request, gettext("The class is changed."))
            return redirect("duties_class", code)
    return _page_of(request, info, status, words=form)


@read_or_sent
def new_class(request: HttpRequest) -> HttpResponse:
    """A class that is not there yet, with its limits."""
    actor = actor_of(request)
    catalogue.require_city_post(actor)
    form, status = NewClassForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        cells, reason = form.cells(), form.cleaned_data["reason"]
        if not preview.repeated(request):
            edit, status = attempt(form, lambda: classes.read_new(cells, by=actor))
            if edit and not preview.confirmed(request, effect := effects.of_new_class(edit)):
                return preview.page(request, effect, back=request.path)

        def work() -> str:
            return classes.add_class(cells=cells, by=actor, reason=reason)

        added, status = attempt(form, lambda: carry_out(key_of(request), work)) if status == 200 else (None, status)
        if added is not None:
            messages.success(request, gettext("The class is part of the catalogue."))
            return redirect("duties_class", added)
    return render(request, "duties/new_class.html", {"form": form}, status=status)


def _class(code: str) -> ClassInfo:
    try:
        return queries.case_class(code)
    except UnknownClass as error:
        raise NotFound from error


@read_or_sent
def import_classes(request: HttpRequest) -> HttpResponse:
    """Send classes and limits for a dry run."""
    actor = actor_of(request)
    catalogue.require_city_post(actor)
    form, status = ImportClassesForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST" and form.is_valid():
        file, reason = form.cleaned_data["file"], form.cleaned_data["reason"]
        asked = {"reason": reason}
        begun, status = attempt(form, lambda: begin_check(request, fates.CLASSES, file, asked, territory.root()))
        if begun is not None:
            return redirect("work", begun)
    context = {
        "form": form,
        "columns": ", ".join(tables.CLASS_COLUMNS),
        "more": "proof, keywords, keywords_en, emergency_number, active",
    }
    return render(request, "duties/import_classes.html", context, status=status)


@read_or_sent
def day_page(request: HttpRequest) -> HttpResponse:
    """The city's own working days."""
    actor = actor_of(request)
    form, status = DayForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data

        def work() -> str:
            return str(days.set_day(**values, by=actor).id)

        done, status = attempt(form, lambda: carry_out(key_of(request), work))
        if done is not None:
            messages.success(request, gettext("Saved. Limits that are running already are not moved."))
            return redirect("duties_days")
    context = {
        "form": form if edits_city(actor) else None,
        "days": queries.special_days(),
        "edits": edits_city(actor),
    }
    return render(request, "duties/days.html", context, status=status)


@require_POST
def clear_day(request: HttpRequest) -> HttpResponse:
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise NotFound from error
    carry_out(key_of(request), lambda: days.clear_day(day=day, by=actor_of(request)))
    messages.success(request, gettext("The State Council's calendar decides this day again."))
    return redirect("duties_days")
