"""A unit in figures: what is open, how much of it late, how old, where and of what kind; what came and went week by week; the three
rates. Each figure leads to its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import charts, queries, rules
from linli.cases.pages import words
from linli.cases.pages.choosing import Choice, chosen
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import AGE, NO_CLASS, OPEN, OTHERS, OVERDUE, UNPLACED, age_name
from linli.duties import queries as duties
from linli.foundation.markup import asked, link, written

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
    cases, late = work.whole
    context = {
        "choice": choice,
        "stats": [
            {"label": _("Open"), "value": cases, "href": list_of(OPEN, unit=unit_id)},
            {
                "label": _("Overdue"),
                "value": late,
                "tone": "bad" if late else "",
                "href": list_of(OVERDUE, unit=unit_id),
            },
            {
                "label": _("Share overdue"),
                "value": f"{late / cases:.0%}" if cases else "–",
                "href": list_of(OVERDUE, unit=unit_id) if late else "",
            },
        ],
        "rates": rate_tiles(weeks.rates, choice),
        "counted_at": weeks.counted_at,
        "anything": bool(cases) or any(row.opened or row.closed for row in weeks.rows),
        "flow": charts.flow_table(weeks, unit_id),
        "flow_data": choice.data("weeks"),
        "rates_by_week": charts.rates_table(weeks, unit_id),
        "rates_data": choice.data("rates"),
        "ages": ages(work.by_age, cases, unit_id),
        "units": drawn(units(work.by_unit, cases, choice)),
        "classes": drawn(classes(work.by_class, cases, unit_id)),
        "here": request.get_full_path(),
        "live_topics": topics_of(choice.actor),
    }
    return render(request, "cases/desk/figures.html", context)


def rate_tiles(rates: rules.Rates, choice: Choice) -> list[dict[str, Any]]:
    """The three rates of the chosen weeks as tiles, each leading to what it was counted over."""
    start, present = queries.first_week(choice.weeks), queries.first_week(1)
    sent = list_of("", unit=choice.unit_id, sent=rules.span_text(start, present + timedelta(days=6)))
    named = (
        (_("Response rate"), queries.Counted.RESPONSE, rates.response),
        (_("Solution rate"), queries.Counted.SOLUTION, rates.solution),
        (_("Satisfaction rate"), queries.Counted.SATISFACTION, rates.satisfaction),
    )
    return [
        {
            "label": label,
            "value": rate.percent,
            "note": _("%(part)s of %(whole)s") % {"part": f"{rate.numerator:,}", "whole": f"{rate.denominator:,}"}
            if rate.denominator
            else "",
            "href": charts.counted_in(counted, sent) if rate.denominator else f"/rates/{choice.address()}",
        }
        for label, counted, rate in named
    ]


def list_of(state: str, **narrowed: Any) -> str:
    """Address of the desk's list of these cases."""
    return f"/desk/?{asked(state=state, **narrowed)}"


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def ages(counts: Sequence[int], whole: int, unit_id: UUID) -> list[dict[str, Any]]:
    """Open cases by how long ago they were reported, the youngest first."""
    return [
        {
            "label": age_name(age),
            "cases": count,
            "share": _share(count, whole),
            "href": list_of(OPEN, unit=unit_id, **{AGE: rules.age_text(age)}) if count else "",
        }
        for age, count in zip(queries.AGES, counts, strict=True)
    ]


def units(work: dict[UUID | None, queries.Open], whole: int, choice: Choice) -> list[Line]:
    """The units below, each leading to its own figures, and what lies in none of them."""
    return [
        line(
            words.names_of([unit]) if unit else _("Without a finer place"),
            counted,
            whole,
            {"unit": unit} if unit else {"unit": choice.unit_id, UNPLACED: 1},
            below=choice.address(unit=unit) if unit else "",
        )
        for unit, counted in _most_first(work)
    ]


def classes(work: dict[UUID | None, queries.Open], whole: int, unit_id: UUID) -> list[Line]:
    """The most common classes, those without one yet, and all others as one line."""
    ordered = _most_first(work)
    named = [klass for klass, _counted in ordered if klass]
    own, rest = named[:MOST_CLASSES], [work[klass] for klass in named[MOST_CLASSES:]]
    codes = {klass: duties.minor_class(klass).code for klass in own}
    shown = [
        line(
            words.class_name(klass),
            counted,
            whole,
            {"unit": unit_id, "class_code": codes[klass] if klass else NO_CLASS},
        )
        for klass, counted in ordered
        if klass is None or klass in codes
    ]
    if rest:
        counts = queries.Open(sum(one.cases for one in rest), sum(one.late for one in rest))
        shown.append(line(_("Other classes"), counts, whole, {"unit": unit_id, OTHERS: ",".join(codes.values())}))
    return shown


def line(label: str, counted: queries.Open, whole: int, narrowed: dict[str, Any], below: str = "") -> Line:
    share, by = _share(counted.cases, whole), asked(**narrowed)
    return Line(
        label, counted.cases, counted.late, share, f"/desk/?state={OPEN}&{by}", f"/desk/?state={OVERDUE}&{by}", below
    )


_ROW = (
    '<tr><th scope="row">{label}</th><td class="figure-bar"><meter min="0" max="100" value="{share}">{share}%</meter></td>'
    '<td class="number">{cases}</td><td class="number{tone}">{late}</td></tr>'
)


def drawn(lines: Iterable[Line]) -> SafeString:
    """The rows of `figure_table.html`: some thirty on a page."""
    return written(
        _ROW,
        {},
        (
            {
                "label": link(one.below, one.label) if one.below else one.label,
                "share": one.share,
                "cases": link(one.href, one.cases),
                "tone": " late" if one.late else "",
                "late": link(one.late_href, one.late) if one.late else one.late,
            }
            for one in lines
        ),
    )


def _most_first(work: dict[UUID | None, queries.Open]) -> list[tuple[UUID | None, queries.Open]]:
    return sorted(work.items(), key=lambda row: -row[1].cases)
