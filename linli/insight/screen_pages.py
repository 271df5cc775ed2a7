"""The command screen of a unit, its figures as a spreadsheet, and its weekly report as a page and as PDF."""

from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.cases import charts
from linli.cases import queries as cases
from linli.cases.pages.choosing import Choice, chosen
from linli.cases.pages.figures import Line, ages, classes, list_of, rate_tiles, units
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import OPEN, OVERDUE
from linli.cases.rules import span_text
from linli.foundation import fonts, notice
from linli.foundation.documents import PDF
from linli.foundation.sheets import book_answer
from linli.insight import events, screen_drawing, wording
from linli.insight import report as weekly
from linli.insight import screen as figures
from linli.insight.definitions import DEFINITIONS
from linli.insight.models import Warning, WarningState
from linli.insight.report_tables import tables_of
from linli.insight.sources import wall
from linli.territory import queries as territory

# What is read from a wall: rows that fit below each other.
ROWS, WARNINGS = 6, 3


@require_safe
@never_cache
def screen(request: HttpRequest) -> HttpResponse:
    choice = chosen(request)
    unit_id = choice.unit_id
    counted = figures.count(choice.actor, unit_id, choice.weeks, WARNINGS)
    cases_open = counted.work.whole.cases
    below = figures.late_first(units(counted.work.by_unit, cases_open, choice))
    kinds = classes(counted.work.by_class, cases_open, unit_id)
    context = {
        "choice": choice,
        "tiles": screen_drawing.tiles(_tiles(choice, counted)),
        "definitions": DEFINITIONS,
        "marks": {key: screen_drawing.mark(key) for key in ("weeks", "rates", "units", "classes", "ages")}
        | {"newest": screen_drawing.mark("warnings", "newest")},
        "meanings": screen_drawing.meanings(),
        "at": counted.at,
        "counted_at": counted.weeks.counted_at,
        "flow": charts.flow_table(counted.weeks, unit_id),
        "flow_data": choice.data("weeks"),
        "rates": charts.rates_table(counted.weeks, unit_id),
        "rates_data": choice.data("rates"),
        "ages": ages(counted.work.by_age, cases_open, unit_id),
        "units": screen_drawing.rows(below[:ROWS], below=True),
        "units_left": len(below) - ROWS,
        "classes": screen_drawing.rows(kinds[:ROWS], below=False),
        "classes_left": len(kinds) - ROWS,
        "warnings": [_warning(row) for row in counted.warnings],
        "warnings_left": counted.open_warnings - len(counted.warnings),
        "warnings_href": _warnings_of(choice),
        "here": request.get_full_path(),
        "live_topics": [*topics_of(choice.actor), *events.topics_for(choice.actor)],
    }
    return render(request, "insight/screen.html", context)


def _tiles(choice: Choice, counted: figures.Counted) -> list[dict[str, Any]]:
    """The large figures, each with the list behind it."""
    unit_id, found, today = choice.unit_id, counted.figures, timezone.localdate(counted.at)
    tiles: list[dict[str, Any]] = [
        {"key": "open", "value": f"{found['open']:,}", "href": list_of(OPEN, unit=unit_id)},
        {
            "key": "overdue",
            "value": f"{found['overdue']:,}",
            "href": list_of(OVERDUE, unit=unit_id),
            "tone": "bad" if found["overdue"] else "",
        },
        {
            "key": "today",
            "value": f"{found['today']:,}",
            "href": list_of("", unit=unit_id, reported=span_text(today, today)),
        },
        {
            "key": "warnings",
            "value": f"{found['warnings']:,}",
            "href": _warnings_of(choice),
            "tone": "warn" if found["warnings"] else "",
        },
    ]
    rates = zip(("response", "solution", "satisfaction"), rate_tiles(counted.weeks.rates, choice), strict=True)
    return tiles + [{**tile, "key": key} for key, tile in rates]


def _warnings_of(choice: Choice) -> str:
    """Where every open warning of the unit is listed."""
    return f"/screen/weekly/?{urlencode({'unit': choice.unit_id})}#warnings"


def _warning(row: Warning) -> dict[str, Any]:
    return {
        "href": f"/warnings/{row.pk}/",
        "title": wording.title(row),
        "new": row.state == WarningState.NEW,
    }


@require_safe
@never_cache
def table(request: HttpRequest) -> HttpResponse:
    """What the screen shows, as a spreadsheet."""
    choice = chosen(request)
    unit = territory.unit(choice.unit_id)
    counted = figures.count(choice.actor, unit.id, choice.weeks, WARNINGS)
    labels = (_("Open"), _("Overdue"))
    sheets: dict[str, list[list[Any]]] = {
        _("Figures"): [
            [_("Unit"), choice.name],
            [_("Counted"), f"{wall(counted.at):%Y-%m-%d %H:%M}"],
            [_("Weeks counted"), choice.weeks],
            *([str(DEFINITIONS[key].label), _plain(value)] for key, value in counted.figures.items()),
        ],
        _("By week"): [
            [
                _("Week from"),
                _("Opened"),
                _("Ended"),
                _("Dispatched"),
                _("Answered in time"),
                _("Rated by the reporter"),
                _("Solved"),
                _("Three stars or more"),
            ],
            *(_week(row) for row in counted.weeks.rows),
        ],
        _("By unit"): [
            [_("Unit"), *labels],
            *_open_rows(figures.late_first(units(counted.work.by_unit, 0, choice))),
        ],
        _("By class"): [[_("Class"), *labels], *_open_rows(classes(counted.work.by_class, 0, unit.id))],
        _("What is counted"): [
            [pgettext("of the screen", "Figure"), _("Definition"), _("Source")],
            *([str(one.label), str(one.meant), str(one.source)] for one in DEFINITIONS.values()),
        ],
    }
    return book_answer(f"figures-{unit.code}-{wall(counted.at):%Y%m%d-%H%M}.xlsx", sheets)


def _plain(value: int | Fraction | None) -> int | float | str:
    """A figure as a spreadsheet takes it; a share between 0 and 1."""
    if value is None:
        return "–"
    return value if isinstance(value, int) else round(float(value), 4)


def _week(row: cases.OneWeek) -> list[Any]:
    rates = row.rates
    parts = (rates.dispatched, rates.responded, rates.evaluated, rates.solved, rates.satisfied)
    return [row.start.isoformat(), row.opened, row.closed, *parts]


def _open_rows(lines: list[Line]) -> list[list[Any]]:
    return [[line.label, line.cases, line.late] for line in lines]


@require_safe
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    choice = chosen(request)
    found = weekly.read(choice.actor, choice.unit_id, weekly.week_of(request.GET.get("week", "")))
    context = {
        "choice": choice,
        "tables": tables_of(found, choice),
        "days": _span(found.monday),
        "unfinished": found.unfinished,
        "at": found.at,
        "counted_at": found.counted_at,
        "weeks": forms.Select(choices=[(monday.isoformat(), _span(monday)) for monday in weekly.mondays()]).render(
            "week", found.monday.isoformat(), {"id": "of-week"}
        ),
        "pdf": f"/screen/weekly.pdf?{urlencode({'unit': choice.unit_id, 'week': found.monday})}",
        "fonts": fonts.noto() is not None,
        "screen": f"/screen/{choice.address()}",
    }
    return render(request, "insight/report.html", context)


@require_safe
@never_cache
def report_as_pdf(request: HttpRequest) -> HttpResponse:
    """Raises NoFonts."""
    from linli.foundation import report_pdf  # brings fpdf; only who asks for a PDF pays it

    choice = chosen(request)
    found = weekly.read(choice.actor, choice.unit_id, weekly.week_of(request.GET.get("week", "")))
    said = _("Counted %(at)s") % {"at": f"{wall(found.at):%Y-%m-%d %H:%M}"}
    content = report_pdf.written(
        title=_("Weekly report · %(unit)s") % {"unit": choice.name},
        below=" · ".join(filter(None, (_span(found.monday), said, notice.text()))),
        tables=tables_of(found, choice),
    )
    answer = HttpResponse(content, content_type=PDF)
    answer["Content-Disposition"] = (
        f'attachment; filename="weekly-{territory.unit(choice.unit_id).code}-{found.monday}.pdf"'
    )
    return answer


def _span(monday: date) -> str:
    """A week by its first and last day."""
    return _span_in(get_language() or "", monday)


@lru_cache(maxsize=256)
def _span_in(_language: str, monday: date) -> str:
    """In the language that the reader has now: a page offers a year of them."""
    shape = _("F j, Y")
    return f"{date_format(monday, shape)} – {date_format(monday + timedelta(days=6), shape)}"
