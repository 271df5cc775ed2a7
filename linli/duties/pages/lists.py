"""Who is responsible, the versions of the three lists, their import, and what has nobody. Open to everyone to read."""

from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from linli.duties import fates, queries, shown
from linli.duties.actions import lists
from linli.duties.forms import ImportForm, LookupForm, RowFilter, UnitForm
from linli.duties.pages.common import begin_check, read_or_sent
from linli.duties.queries import Explanation
from linli.foundation.access import Permission, actor_of
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound
from linli.foundation.sheets import csv_answer, xlsx_answer
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import Place, UnitInfo

ROWS_A_PAGE = 50
GAPS_SHOWN = 300
EXPORTS = ("csv", "xlsx")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The lookup and its answer, and the versions of the three lists."""
    asked = "case_class" in request.GET
    form = LookupForm(request.GET if asked else None, classes=queries.classes())
    told, status = None, 200
    if asked and form.is_valid():
        told, status = attempt(form, lambda: _explanation(**form.cleaned_data))
    context = {
        "form": form,
        "answer": shown.answer(told) if told else None,
        "list_columns": shown.list_columns(),
        "lists": [shown.list_row(listed) for listed in queries.lists()],
        "edits": actor_of(request).may(Permission.EDIT_DUTIES),
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
def list_page(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The rows of a version of a list, by pages, narrowed by words."""
    form = RowFilter(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    listed = queries.duty_list(list_id)
    asked = request.GET.get("after", "0")
    after = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    found, more = queries.rows_of(listed, after, ROWS_A_PAGE, words)
    here = reverse("duties_list", args=[list_id])
    kept: dict[str, Any] = {"q": words} if words else {}
    edits = actor_of(request).may(Permission.EDIT_DUTIES, tuple(listed.unit.path)) and listed.valid_to is None
    context = {
        "listed": listed,
        "unit_name": shown.unit_name(listed.unit_id),
        "columns": shown.columns(listed.kind),
        "rows": [shown.row(row, edits=edits) for row in found],
        "edits": edits,
        "entries": shown.history(list_id),
        "exports": [(kind, reverse("duties_export", args=[list_id, kind])) for kind in EXPORTS],
        "form": form,
        "next_href": f"{here}?{urlencode(kept | {'after': found[-1].row_number})}" if more else "",
        "first_href": f"{here}?{urlencode(kept)}" if after else "",
    }
    return render(request, "duties/list.html", context)


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
    actor = actor_of(request)
    own = territory.unit(next(iter(actor.units(Permission.EDIT_DUTIES)), territory.root().id))
    form = UnitForm(request.GET if request.GET.get("unit") else None, initial={"unit": own})
    unit = form.cleaned_data["unit"] if form.is_valid() else own
    found = queries.gaps(unit.id)
    context = {
        "form": form,
        "unit": shown.unit_name(unit.id),
        "count": len(found),
        "groups": shown.gap_groups(found[:GAPS_SHOWN]),
        "more": max(0, len(found) - GAPS_SHOWN),
        "edits": actor.may(Permission.EDIT_DUTIES, unit.path),
    }
    return render(request, "duties/gaps.html", context)


@read_or_sent
def import_page(request: HttpRequest) -> HttpResponse:
    """Send a list for a dry run; the page of the dry run shows each row's fate, and imports it."""
    actor = actor_of(request)
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
            return begin_check(request, fates.LISTS, file, heading, unit)

        begun, status = attempt(form, work)
        if begun is not None:
            return redirect("work", begun)
    return render(request, "duties/import.html", {"form": form, "headings": shown.headings()}, status=status)
