"""A unit in figures: what is open, how much of it late, how old, where and of what kind; what came and went week by week; the three
rates. Each figure leads to its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import charts, queries, rules
from linli.cases.pages import words
from linli.cases.pages.choosing import Choice, chosen
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import OPEN, OVERDUE, units_of
from linli.duties import queries as duties

# Classes that are shown by themselves; the rest are one row.
MOST_CLASSES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table of figures, with the lists behind them."""

    label: str
    cases: int
    late: int
    share: int
    href: str = ""
    late_href: str = ""
    below: str = ""


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    choice = chosen(request)
    unit_id = choice.unit_id
    work = queries.open_work(choice.actor, unit_id)
    weeks = queries.by_week(choice.actor, unit_id, choice.weeks)
    cases, late = work.whole
    context = {
        "choice": choice,
        "stats": [
            {"label": _("Open"), "value": cases, "href": _list(OPEN, unit=unit_id)},
            {"label": _("Overdue"), "value": late, "tone": "bad" if late else "", "href": _list(OVERDUE, unit=unit_id)},
            {"label": _("Share overdue"), "value": f"{late / cases:.0%}" if cases else "–"},
        ],
        "rates": _rates(weeks.rates, choice),
        "counted_at": weeks.counted_at,
        "flow": charts.flow_table(weeks, unit_id),
        "flow_data": choice.data("weeks"),
        "rates_by_week": charts.rates_table(weeks, unit_id),
        "rates_data": choice.data("rates"),
        "ages": _ages(work.by_age, cases),
        "units": _units(work.by_unit, cases, choice),
        "classes": _classes(work.by_class, cases, unit_id),
        "here": request.get_full_path(),
        "live_topics": topics_of(choice.actor),
    }
    return render(request, "cases/desk/figures.html", context)


def _rates(rates: rules.Rates, choice: Choice) -> list[dict[str, Any]]:
    """The three rates as tiles, each with what it was counted over."""
    named = (
        (_("Response rate"), rates.response),
        (_("Solution rate"), rates.solution),
        (_("Satisfaction rate"), rates.satisfaction),
    )
    return [
        {
            "label": label,
            "value": "–" if rate.share is None else f"{rate.share:.0%}",
            "note": _("%(part)s of %(whole)s") % {"part": rate.numerator, "whole": rate.denominator},
            "href": f"/rates/{choice.address()}",
        }
        for label, rate in named
    ]


def _list(state: str, **narrowed: Any) -> str:
    return f"/desk/?{urlencode({'state': state, **narrowed})}"


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _ages(counts: Sequence[int], whole: int) -> list[dict[str, Any]]:
    labels = [
        _("up to 1 day"),
        *(
            _("%(from)s to %(to)s days") % {"from": younger, "to": older}
            for younger, older in zip(queries.AGES, queries.AGES[1:], strict=False)
        ),
        _("more than %(days)s days") % {"days": queries.AGES[-1]},
    ]
    return [
        {"label": label, "cases": count, "share": _share(count, whole)}
        for label, count in zip(labels, counts, strict=True)
    ]


def _units(work: dict[UUID | None, queries.Open], whole: int, choice: Choice) -> list[Line]:
    """The units below, each leading to its own figures; the desk's list knows those that its filter offers."""
    offered = units_of(choice.actor)
    return [
        Line(
            label=words.names_of([unit]) if unit else _("Without a finer place"),
            cases=counted.cases,
            late=counted.late,
            share=_share(counted.cases, whole),
            href=_list(OPEN, unit=unit) if str(unit) in offered else "",
            late_href=_list(OVERDUE, unit=unit) if str(unit) in offered else "",
            below=choice.address(unit=unit) if unit else "",
        )
        for unit, counted in _most_first(work)
    ]


def _classes(work: dict[UUID | None, queries.Open], whole: int, unit_id: UUID) -> list[Line]:
    ordered = _most_first(work)
    shown = []
    for klass, counted in ordered[:MOST_CLASSES]:
        filters = {"unit": unit_id, "class_code": duties.minor_class(klass).code} if klass else {}
        shown.append(
            Line(
                label=words.class_name(klass),
                cases=counted.cases,
                late=counted.late,
                share=_share(counted.cases, whole),
                href=_list(OPEN, **filters) if klass else "",
                late_href=_list(OVERDUE, **filters) if klass else "",
            )
        )
    rest = [counted for _class, counted in ordered[MOST_CLASSES:]]
    if rest:
        cases, late = sum(one.cases for one in rest), sum(one.late for one in rest)
        shown.append(Line(_("Other classes"), cases, late, _share(cases, whole)))
    return shown


def _most_first(work: dict[UUID | None, queries.Open]) -> list[tuple[UUID | None, queries.Open]]:
    return sorted(work.items(), key=lambda row: -row[1].cases)
