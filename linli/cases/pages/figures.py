"""A unit in figures: what is open, how much of it late, how old, where and of what kind; what came and went week by week; the three
rates. Each figure leads to its rows."""

from collections import Counter
from collections.abc import Iterable
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
from linli.cases.pages.narrowing import AGE, NO_CLASS, OPEN, OTHERS, OVERDUE, UNPLACED, age_name
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
    href: str
    late_href: str
    below: str = ""


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    choice = chosen(request)
    unit_id = choice.unit_id
    work = queries.open_work(choice.actor, unit_id)
    weeks = queries.by_week(choice.actor, unit_id, choice.weeks)
    cases, late = sum(row.cases for row in work), sum(row.late for row in work)
    context = {
        "choice": choice,
        "stats": [
            {"label": _("Open"), "value": cases, "href": _list(OPEN, unit=unit_id)},
            {"label": _("Overdue"), "value": late, "tone": "bad" if late else "", "href": _list(OVERDUE, unit=unit_id)},
            {
                "label": _("Share overdue"),
                "value": f"{late / cases:.0%}" if cases else "–",
                "href": _list(OVERDUE, unit=unit_id) if late else "",
            },
        ],
        "rates": _rates(weeks.rates, choice),
        "counted_at": weeks.counted_at,
        "weeks_passed": any(row.opened or row.closed for row in weeks.rows),
        "flow": charts.flow_table(weeks, unit_id),
        "flow_data": choice.data("weeks"),
        "rates_by_week": charts.rates_table(weeks, unit_id),
        "rates_data": choice.data("rates"),
        "ages": _ages(work, cases, unit_id),
        "units": _units(work, cases, choice),
        "classes": _classes(work, cases, unit_id),
        "here": request.get_full_path(),
        "live_topics": topics_of(choice.actor),
    }
    return render(request, "cases/desk/figures.html", context)


def _rates(rates: rules.Rates, choice: Choice) -> list[dict[str, Any]]:
    """The three rates as tiles, each with what it was counted over."""
    named = (
        (_("Response rate"), rates.response, rates.responded, rates.dispatched),
        (_("Solution rate"), rates.solution, rates.solved, rates.evaluated),
        (_("Satisfaction rate"), rates.satisfaction, rates.satisfied, rates.evaluated),
    )
    return [
        {
            "label": label,
            "value": "–" if rate is None else f"{rate:.0%}",
            "note": _("%(part)s of %(whole)s") % {"part": part, "whole": whole} if whole else "",
            "href": f"/rates/{choice.address()}",
        }
        for label, rate, part, whole in named
    ]


def _list(state: str, **narrowed: Any) -> str:
    return f"/desk/?{urlencode({'state': state, **narrowed})}"


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _ages(work: Iterable[queries.OpenWork], whole: int, unit_id: UUID) -> list[dict[str, Any]]:
    counts = [sum(of_one) for of_one in zip(*(row.by_age for row in work), strict=True)] or [0] * len(queries.AGES)
    return [
        {
            "label": age_name(age),
            "cases": count,
            "share": _share(count, whole),
            "href": _list(OPEN, unit=unit_id, **{AGE: rules.age_text(age)}) if count else "",
        }
        for age, count in zip(queries.AGES, counts, strict=True)
    ]


def _units(work: Iterable[queries.OpenWork], whole: int, choice: Choice) -> list[Line]:
    """The units below, each leading to its own figures, and what lies in none of them."""
    cases, late = _summed((row.unit_id, row) for row in work)
    return [
        _line(
            words.names_of([unit]) if unit else _("Without a finer place"),
            (count, late[unit]),
            whole,
            {"unit": unit} if unit else {"unit": choice.unit_id, UNPLACED: 1},
            below=choice.address(unit=unit) if unit else "",
        )
        for unit, count in cases.most_common()
    ]


def _classes(work: Iterable[queries.OpenWork], whole: int, unit_id: UUID) -> list[Line]:
    """The most common classes, those without one yet, and all others as one line."""
    cases, late = _summed((row.class_id, row) for row in work)
    named = [klass for klass, _count in cases.most_common() if klass]
    own, rest = named[:MOST_CLASSES], named[MOST_CLASSES:]
    codes = {klass: duties.minor_class(klass).code for klass in own}
    shown = [
        _line(
            words.class_name(klass),
            (cases[klass], late[klass]),
            whole,
            {"unit": unit_id, "class_code": codes[klass] if klass else NO_CLASS},
        )
        for klass in sorted([*own, *([None] if None in cases else [])], key=lambda klass: -cases[klass])
    ]
    if rest:
        counts = sum(cases[klass] for klass in rest), sum(late[klass] for klass in rest)
        shown.append(_line(_("Other classes"), counts, whole, {"unit": unit_id, OTHERS: ",".join(codes.values())}))
    return shown


def _line(label: str, counts: tuple[int, int], whole: int, narrowed: dict[str, Any], below: str = "") -> Line:
    cases, late = counts
    return Line(label, cases, late, _share(cases, whole), _list(OPEN, **narrowed), _list(OVERDUE, **narrowed), below)


def _summed(rows: Iterable[tuple[UUID | None, queries.OpenWork]]) -> tuple[Counter[UUID | None], Counter[UUID | None]]:
    """Open and late cases by key."""
    cases: Counter[UUID | None] = Counter()
    late: Counter[UUID | None] = Counter()
    for key, row in rows:
        cases[key] += row.cases
        late[key] += row.late
    return cases, late
