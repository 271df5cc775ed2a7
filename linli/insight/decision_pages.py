"""Pages for decisions: units compared, before and after of an intervention, and where the next staff hour helps most."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.cases import rules as cases_rules
from linli.cases.pages import fields
from linli.cases.pages.choosing import Choice, chosen
from linli.cases.pages.figures import list_of
from linli.dispatch import rules as dispatch_rules
from linli.duties import queries as duties
from linli.duties.errors import UnknownClass
from linli.foundation import clock
from linli.insight import decision_wording as wording
from linli.insight import decisions
from linli.insight.comparison import Compared
from linli.insight.decisions import Comparison, Intervention
from linli.insight.errors import AreaStandsAlone, DayNotUsable
from linli.insight.priorities import Priority, Why, Work
from linli.territory import queries as territory
from linli.territory.index import UnitInfo


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page was asked: unit and weeks, and one class or all."""

    choice: Choice
    class_id: UUID | None
    class_code: str

    @property
    def class_options(self) -> SafeString:
        return fields.with_chosen(fields.class_options(), self.class_code)


def _asked(request: HttpRequest, **more: str) -> Asked:
    """Raises SignInNeeded, NotAllowed. A class that is none is all classes."""
    code = request.GET.get("class", "")
    try:
        found = duties.minor_class(code).id if code else None
    except UnknownClass:
        found, code = None, ""
    kept = {name: value for name, value in {"class": code, **more}.items() if value}
    return Asked(replace(chosen(request), more=kept), found, code)


def _context(asked: Asked, here: str) -> dict[str, Any]:
    """What all three pages show: the choice, and the way to the other two."""
    choice = asked.choice
    query = urlencode({"unit": choice.unit_id, "weeks": choice.weeks})
    pages = [("/compare/", _("Compare units")), ("/compare/before-after/", _("Before and after the work"))]
    if _plans(choice):
        pages.append(("/compare/hours/", _("The next staff hour")))
    return {
        "asked": asked,
        "choice": choice,
        "pages": [{"label": label, "href": f"{path}?{query}", "current": path == here} for path, label in pages],
    }


def _plans(choice: Choice) -> bool:
    return dispatch_rules.may(choice.actor, dispatch_rules.PLANNERS, territory.unit(choice.unit_id).path)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    found = decisions.compared(asked.choice.actor, asked.choice.unit_id, asked.choice.weeks, asked.class_id)
    span = cases_rules.span_text(found.first, found.last)
    chart = wording.funnel_chart(found, asked.class_code)
    context = {
        **_context(asked, "/compare/"),
        "found": found,
        "spread": wording.spread(found),
        "chart_data": f"/api/v1/insight/compare/units{asked.choice.address()}",
        "chart": {"columns": [_("Unit"), *(row.name for row in chart.series)], "rows": _chart_rows(chart)},
        "columns": [
            _("Unit"),
            _("Cases"),
            _("People"),
            _("Cases per 1,000 people"),
            _("Fair rate"),
            _("Usual by chance (cases)"),
            _("Standing"),
        ],
        "rows": [_compared(asked, unit, one, span) for unit, one in found.lines],
        "unplaced": _unplaced(asked, found, span),
        "without_people": sum(one.rate is None for _unit, one in found.lines),
    }
    return render(request, "insight/compare.html", context)


def _chart_rows(chart: wording.Chart) -> list[list[Any]]:
    return [
        [label, *(_cell(row.values[number], row.hrefs[number] if row.hrefs else "") for row in chart.series)]
        for number, label in enumerate(chart.labels)
    ]


def _cell(value: float | None, href: str) -> dict[str, Any]:
    return {"text": "–" if value is None else wording.number(value), "href": href if value else ""}


def _compared(asked: Asked, unit: UnitInfo, one: Compared, span: str) -> list[Any]:
    label, tone = wording.STANDINGS[one.standing]
    listed = wording.desk(unit=unit.id, reported=span, class_code=asked.class_code)
    rate = "–" if one.rate is None else wording.number(one.rate)
    interval = f" ({wording.between(one.interval)})" if one.interval else ""
    below = asked.choice.address(unit=unit.id) if decisions.units_below(unit.id) else ""
    return [
        {"text": wording.name(unit), "href": below},
        {"text": wording.number(one.cases), "href": listed if one.cases else "", "number": True},
        {"text": wording.number(one.people) if one.people else "–", "number": True},
        {"text": f"{rate}{interval}", "number": True},
        {"text": "–" if one.shrunk is None else wording.number(one.shrunk), "number": True},
        {"text": wording.usual(one)},
        {"badge": True, "text": label, "tone": tone},
    ]


def _unplaced(asked: Asked, found: Comparison, span: str) -> dict[str, Any] | None:
    if not found.unplaced:
        return None
    href = wording.desk(unit=asked.choice.unit_id, reported=span, class_code=asked.class_code, unplaced=1)
    return {"cases": found.unplaced, "href": href}


@require_safe
def before_after(request: HttpRequest) -> HttpResponse:
    told = request.GET.get("day", "")
    day = _day(told)
    asked = _asked(request, day=day.isoformat() if day else "")
    problem = _("That is no day: write it as 2026-03-31.") if told and day is None else ""
    found = None
    if day:
        try:
            found = decisions.intervention(
                asked.choice.actor, asked.choice.unit_id, day, asked.choice.weeks, asked.class_id
            )
        except (DayNotUsable, AreaStandsAlone) as refusal:
            problem = str(refusal)
    context = {
        **_context(asked, "/compare/before-after/"),
        "day": day.isoformat() if day else "",
        "day_said": date_format(day, _("M j, Y")) if day else "",
        "latest": timezone.localdate(clock.now()).isoformat(),
        "problem": problem,
        **(_shown(asked, found) if found else {}),
    }
    return render(request, "insight/before_after.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _shown(asked: Asked, found: Intervention) -> dict[str, Any]:
    sentence, tone = wording.effect(found.effect)
    chart = wording.intervention_chart(found, asked.class_code)
    avoided = found.effect.avoided
    return {
        "found": found,
        "sentence": sentence,
        "tone": tone,
        "stats": [
            {
                "label": _("Here, after by before"),
                "value": wording.change(found.effect.area),
                "note": wording.name(found.area),
            },
            {
                "label": _("Its surroundings, after by before"),
                "value": wording.change(found.effect.surroundings),
                "note": _("%(count)s other units of %(unit)s")
                % {"count": found.neighbours, "unit": wording.name(found.around)},
            },
            {
                "label": _("Fewer cases than expected since"),
                "value": "–" if avoided is None else f"{avoided:.0f}".replace("-", "−"),
            },
        ],
        "chart_data": f"/api/v1/insight/compare/before-after{asked.choice.address()}",
        "chart": {"columns": [_("Week from"), *(row.name for row in chart.series)], "rows": _chart_rows(chart)[::-1]},
    }


@require_safe
def hours(request: HttpRequest) -> HttpResponse:
    """Raises NotAllowed for whoever plans no shifts there."""
    asked = _asked(request)
    found = decisions.next_hour(asked.choice.actor, asked.choice.unit_id)
    span = cases_rules.span_text(found.first, found.last)
    context = {
        **_context(asked, "/compare/hours/"),
        "columns": [
            _("Unit"),
            _("Late days saved by an hour"),
            _("Why"),
            _("Overdue"),
            _("Reported"),
            _("Ended"),
            _("Staff hours"),
        ],
        "rows": [_helped(unit, work, one, span) for unit, work, one in found.lines],
        "first": found.first,
        "last": found.last,
        "counted_at": found.counted_at,
        "pace_unknown": any(_pace_unknown(one) for _unit, _work, one in found.lines),
        "shifts": f"/dispatch/people/?unit={asked.choice.unit_id}",
    }
    return render(request, "insight/priorities.html", context)


def _pace_unknown(one: Priority) -> bool:
    return any(reason.why is Why.PACE_UNKNOWN for reason in one.reasons)


def _helped(unit: UnitInfo, work: Work, one: Priority, span: str) -> list[Any]:
    reported, ended = wording.desk(unit=unit.id, reported=span), wording.desk(unit=unit.id, ended=span)
    return [
        {"text": wording.name(unit), "href": f"/figures/?unit={unit.id}", "size": "whole"},
        {"text": "–" if _pace_unknown(one) else wording.number(one.gain), "number": True},
        {"lines": [wording.reason(reason) for reason in one.reasons], "size": "wide"},
        {
            "text": wording.number(work.overdue),
            "href": list_of("overdue", unit=unit.id) if work.overdue else "",
            "number": True,
        },
        {"text": wording.number(work.arrived), "href": reported if work.arrived else "", "number": True},
        {"text": wording.number(work.closed), "href": ended if work.closed else "", "number": True},
        {"text": wording.number(work.staff_hours) if work.staff_hours else "–", "number": True},
    ]
