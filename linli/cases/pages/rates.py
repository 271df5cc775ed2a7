"""The three rates of each body of a unit, against the weeks before, and of one of them week by week."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from linli.cases import charts, queries, rules
from linli.cases.pages.choosing import Choice, chosen
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import RATE
from linli.foundation.markup import link, written
from linli.people import queries as people

# Bodies that are shown; who has more narrows to a unit.
MOST_BODIES = 100
# Those that a phone shows before it is asked for all.
FIRST_ON_A_PHONE = 10
MOST_LETTERS = 40
# A change of less than this is none.
NO_CHANGE = Fraction(5, 1000)


@dataclass(frozen=True, slots=True)
class Line:
    """A body with its rates, and how they have changed."""

    body_id: UUID
    name: str
    rates: rules.Rates
    before: rules.Rates
    href: str
    cases_href: str

    @property
    def cells(self) -> list[dict[str, object]]:
        """Each rate as it is said, with the cases behind it, those that missed it, and its change in points."""
        now, before = self.rates, self.before
        return [
            self._cell("response", now.response, before.response),
            self._cell("solution", now.solution, before.solution),
            self._cell("satisfaction", now.satisfaction, before.satisfaction),
        ]

    def _cell(self, name: str, rate: rules.Rate, earlier: rules.Rate) -> dict[str, object]:
        change, tone = _change(rate, earlier)
        behind, missed = f"{self.cases_href}&{RATE}={name}", rate.denominator - rate.numerator
        said = ngettext("%(count)s missed", "%(count)s missed", missed) % {"count": missed}
        return {
            "text": link(behind, _said(rate)) if rate.denominator else _said(rate),
            "missed": format_html(' <a class="missed" href="{}-missed">{}</a>', behind, said) if missed else "",
            "change": format_html(' <span class="change {}">{}</span>', tone, change) if change else "",
        }


# A row of the table; in the template forty of them took a third of the page's time.
ROW = (
    '<tr{current}><th scope="row" data-label="{body}"><a href="{href}">{name}</a></th>{cells}'
    '<td class="number" data-label="{cases}"><a href="{cases_href}">{dispatched}</a></td></tr>'
)
CELL = '<td class="number" data-label="{label}"><div>{text}{change}{missed}</div></td>'

SORTS: dict[str, Callable[[Line], Any]] = {
    "name": lambda line: line.name,
    "cases": lambda line: -line.rates.dispatched,
    # The worst first; what was not counted last.
    "response": lambda line: _or_last(line.rates.response),
    "solution": lambda line: _or_last(line.rates.solution),
    "satisfaction": lambda line: _or_last(line.rates.satisfaction),
}


@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    said = request.GET.get("q", "").strip()[:MOST_LETTERS]
    choice = replace(chosen(request), more={"q": said} if said else {})
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "cases"
    everybody = sorted(_lines(choice, sort), key=SORTS[sort])
    lines = [line for line in everybody if _says(line.name, said)]
    body = next((line for line in everybody if str(line.body_id) == request.GET.get("body", "")), None)
    weeks = queries.by_week(choice.actor, choice.unit_id, choice.weeks, body.body_id if body else None)
    more = {"body": body.body_id} if body else {}
    context = {
        "choice": choice,
        "body": body,
        "whole": choice.address(sort=sort),
        "rates_by_week": charts.rates_table(weeks, choice.unit_id, body.body_id if body else None),
        "rates_data": choice.data("rates", **more),
        "counted_at": weeks.counted_at,
        "any": bool(everybody),
        "all_bodies": replace(choice, more={}).address(sort=sort),
        "said": said,
        "sort": sort,
        "alone": _rows([body], None) if body else "",
        "lines": _rows(lines[:MOST_BODIES], body),
        "all_href": choice.address(sort=sort, all=1, **more) if _is_short(request, lines) else "",
        "count": len(lines),
        "left_out": max(len(lines) - MOST_BODIES, 0),
        "columns": _columns(choice, sort),
        "here": request.get_full_path(),
        "live_topics": topics_of(choice.actor),
    }
    return render(request, "cases/rates.html", context)


def _lines(choice: Choice, sort: str) -> list[Line]:
    start = queries.first_week(choice.weeks)
    end = queries.first_week(1) + timedelta(weeks=1)
    before, now = queries.rates_by_body(choice.actor, choice.unit_id, start - timedelta(weeks=choice.weeks), start, end)
    sent = rules.span_text(start, end - timedelta(days=1))
    return [
        Line(
            body,
            people.body(body).label,
            found,
            before.get(body, rules.Rates(0, 0, 0, 0, 0)),
            choice.address(sort=sort, body=body),
            f"/desk/?{urlencode({'state': '', 'unit': choice.unit_id, 'body': body, 'sent': sent})}",
        )
        for body, found in now.items()
    ]


def _says(name: str, said: str) -> bool:
    return all(word in name.casefold() for word in said.casefold().split())


def _is_short(request: HttpRequest, lines: Sequence[Line]) -> bool:
    """Whether a phone shows the first bodies alone, until it is asked for all."""
    return len(lines) > FIRST_ON_A_PHONE and "all" not in request.GET


def _names() -> dict[str, str]:
    """The columns by what they are sorted by."""
    return {
        "name": _("Body"),
        "response": _("Response rate"),
        "solution": _("Solution rate"),
        "satisfaction": _("Satisfaction rate"),
        "cases": _("Cases"),
    }


def _columns(choice: Choice, sort: str) -> list[dict[str, Any]]:
    return [
        {"label": label, "href": choice.address(sort=name), "sorted": name == sort, "number": name != "name",
         "order": "descending" if name == "cases" else "ascending"}
        for name, label in _names().items()
    ]  # fmt: skip


def _rows(lines: Sequence[Line], chosen: Line | None) -> SafeString:
    names = _names()
    shared = {"body": names["name"], "cases": names["cases"]}
    labels = [names[each] for each in ("response", "solution", "satisfaction")]
    told = (
        {
            "current": SafeString(' aria-current="true"' if line is chosen else ""),
            "href": line.href,
            "name": line.name,
            "cells": written(
                CELL, {}, (dict(cell, label=label) for label, cell in zip(labels, line.cells, strict=True))
            ),
            "cases_href": line.cases_href,
            "dispatched": localize(line.rates.dispatched),
        }
        for line in lines
    )
    return written(ROW, shared, told)


def _said(rate: rules.Rate) -> SafeString | str:
    """As `charts.said`; a list on a phone leaves the numbers to the body that is chosen."""
    fraction = f"({rate.numerator}/{rate.denominator})"
    return (
        format_html('{} <span class="fraction">{}</span>', rate.percent, fraction) if rate.denominator else rate.percent
    )


def _change(rate: rules.Rate, before: rules.Rate) -> tuple[str, str]:
    """Against the same number of weeks before, in points, and whether that is good."""
    if rate.share is None or before.share is None or abs(change := rate.share - before.share) < NO_CHANGE:
        return "", ""
    return f"{float(100 * change):+.0f}".replace("-", "−"), "good" if change > 0 else "bad"


def _or_last(rate: rules.Rate) -> Fraction:
    return Fraction(2) if rate.share is None else rate.share
