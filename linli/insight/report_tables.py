"""The weekly report as tables: the page and the PDF show the same ones."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.cases import charts, rules
from linli.cases import queries as cases
from linli.cases.pages import words
from linli.cases.pages.choosing import Choice
from linli.cases.pages.figures import Line, ages, classes, list_of, units
from linli.cases.pages.narrowing import NO_CLASS, OPEN, OTHERS, OVERDUE
from linli.duties import queries as duties
from linli.foundation.report_table import Table
from linli.insight import wording
from linli.insight.definitions import DEFINITIONS
from linli.insight.models import Warning, WarningState
from linli.insight.report import Report
from linli.insight.screen import late_first
from linli.people import queries as people

# Classes of the week that are told by themselves; the rest are one row.
MOST_CLASSES = 10


def tables_of(report: Report, choice: Choice) -> list[Table]:
    unit_id, whole = choice.unit_id, report.work.whole
    rate_names = [_("Response rate"), _("Solution rate"), _("Satisfaction rate")]
    open_columns = [_("Open"), _("Overdue")]
    now = _("As of the moment of this report, not of the week's end.")
    below = late_first(units(report.work.by_unit, whole.cases, choice))
    return [
        Table(
            "week",
            _("The week"),
            [pgettext("of the screen", "Figure"), _("This week"), _("The week before")],
            _week(report, unit_id),
        ),
        Table(
            "weeks",
            _("This week and the four before"),
            [_("Week from"), _("Opened"), _("Ended"), *rate_names],
            [_of_week(row, unit_id) for row in reversed(report.weeks)],
        ),
        Table(
            "reported",
            _("Reported by class"),
            [_("Class"), _("This week"), _("A week, of the four before"), pgettext("of the screen", "Change")],
            _by_class(report, unit_id),
            _("This week is not over: its figures still grow.") if report.unfinished else "",
            none=_("Nothing was reported in this week."),
        ),
        Table(
            "bodies",
            _("The bodies in this week"),
            [_("Body"), _("Dispatched"), *rate_names],
            [_of_body(body, found, report, unit_id) for body, found in _most_first(report.bodies)],
            none=_("Nothing was dispatched in this week."),
        ),
        Table(
            "open",
            _("Open now"),
            [_("How long ago reported"), _("Open")],
            [
                *([age["label"], _cell(age["cases"], age["href"])] for age in ages(report.work.by_age, 0, unit_id)),
                [_("In all"), _cell(whole.cases, list_of(OPEN, unit=unit_id))],
                [_("of these overdue"), _cell(whole.late, list_of(OVERDUE, unit=unit_id))],
            ],
            note=now,
        ),
        Table("units", _("By unit"), [_("Unit"), *open_columns], _open(below), now, none=_("Nothing is open.")),
        Table(
            "classes",
            _("By class"),
            [_("Class"), *open_columns],
            _open(classes(report.work.by_class, whole.cases, unit_id)),
            now,
            none=_("Nothing is open."),
        ),
        _warnings("found", _("Warnings found in this week"), report.found),
        _warnings("warnings", pgettext("of the screen", "Open warnings"), report.open_warnings),
        Table(
            "counted",
            _("What is counted"),
            [pgettext("of the screen", "Figure"), _("Definition"), _("Source")],
            [[str(one.label), str(one.meant), str(one.source)] for one in DEFINITIONS.values()],
            figures=False,
            widths=(2, 3, 2),
        ),
    ]


def _week(report: Report, unit_id: UUID) -> list[list[Any]]:
    now, before = _of_week(report.week, unit_id)[1:], _of_week(report.week_before, unit_id)[1:]
    names = [_("Opened"), _("Ended"), _("Response rate"), _("Solution rate"), _("Satisfaction rate")]
    return [list(row) for row in zip(names, now, before, strict=True)]


def _of_week(row: cases.OneWeek, unit_id: UUID) -> list[Any]:
    days = rules.span_text(row.start, row.start + timedelta(days=6))
    return [
        date_format(row.start, _("M j")),
        _cell(row.opened, list_of("", unit=unit_id, reported=days)),
        _cell(row.closed, list_of("", unit=unit_id, ended=days)),
        *charts.rate_cells(row.rates, list_of("", unit=unit_id, sent=days)),
    ]


def _by_class(report: Report, unit_id: UUID) -> list[list[Any]]:
    """The most common classes of the week, those without one yet, and all others as one row."""
    days = rules.span_text(report.monday, report.sunday)
    told = sorted(report.by_class.items(), key=lambda row: (row[0] is None, -row[1][-1], row[0]))
    own = [key for key, counts in told if key and counts[-1]][:MOST_CLASSES]
    codes = {key: duties.minor_class(key).code for key in own}
    most = [(key, counts) for key, counts in told if counts[-1] and (key in codes or key is None)]
    rows = [
        _of_class(
            words.class_name(key),
            counts,
            list_of("", unit=unit_id, reported=days, class_code=codes[key] if key else NO_CLASS),
            report,
        )
        for key, counts in most
    ]
    others = [counts for key, counts in told if key and key not in codes]
    if most and others:
        summed = [sum(week) for week in zip(*others, strict=True)]
        behind = list_of("", unit=unit_id, reported=days, **{OTHERS: ",".join(codes.values())})
        rows.append(_of_class(_("Other classes"), summed, behind, report))
    return rows


def _of_class(label: str, counts: Sequence[int], href: str, report: Report) -> list[Any]:
    *before, now = counts
    usual = Fraction(sum(before), len(before))
    # A week that goes on is no less than a whole one.
    change = "–" if report.unfinished or not usual else f"{float(now / usual - 1):+.0%}".replace("-", "−")
    return [label, _cell(now, href), number_format(float(usual), 1, force_grouping=True), change]


def _of_body(body: UUID, found: rules.Rates, report: Report, unit_id: UUID) -> list[Any]:
    days = rules.span_text(report.monday, report.sunday)
    behind = list_of("", unit=unit_id, body=body, sent=days)
    return [people.body(body).label, _cell(found.dispatched, behind), *charts.rate_cells(found, behind)]


def _most_first(bodies: dict[UUID, rules.Rates]) -> list[tuple[UUID, rules.Rates]]:
    return sorted(bodies.items(), key=lambda row: (-row[1].dispatched, row[0]))


def _open(lines: list[Line]) -> list[list[Any]]:
    return [[line.label, _cell(line.cases, line.href), _cell(line.late, line.late_href)] for line in lines]


def _cell(number: int, href: str) -> dict[str, Any]:
    return {"text": f"{number:,}", "href": href if number else ""}


def _warnings(key: str, title: str, rows: list[Warning]) -> Table:
    return Table(
        key,
        title,
        [_("Warning"), _("Seen"), _("State")],
        [
            [
                {"text": wording.title(row), "href": f"/warnings/{row.pk}/"},
                f"{wording.window(row)} · {wording.seen(row)}",
                str(WarningState(row.state).label),
            ]
            for row in rows
        ],
        none=_("None."),
        figures=False,
        widths=(2, 3, 1),
    )
