"""Weeks of figures as a chart draws them and as the table beside it says them, each figure with the list behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.cases import rules
from linli.cases.queries import Counted, OneWeek, Weeks
from linli.foundation.markup import asked

# Weeks that are offered, and those shown to who chose none.
CHOICES = (4, 13, 26, 52)
USUAL = 13


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    tone: str
    values: Sequence[float | None]
    hrefs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Chart:
    kind: str
    percent: bool
    labels: Sequence[str]
    series: Sequence[Series]
    counted_at: datetime | None


def opened_and_closed(weeks: Weeks, unit_id: UUID) -> Chart:
    rows, behind = weeks.rows, _behind(unit_id)
    opened, closed = [row.opened for row in rows], [row.closed for row in rows]
    return Chart(
        kind="bars",
        percent=False,
        labels=_labels(rows),
        series=[
            Series(_("Opened"), "info", opened, [behind("reported", row) for row in rows]),
            Series(_("Ended"), "good", closed, [behind("ended", row) for row in rows]),
        ],
        counted_at=weeks.counted_at,
    )


def three_rates(weeks: Weeks, unit_id: UUID, body_id: UUID | None = None) -> Chart:
    rows, address = weeks.rows, _behind(unit_id, body_id)
    sent, found = [address("sent", row) for row in rows], [row.rates for row in rows]

    def series(name: str, tone: str, counted: Counted, rates: Sequence[rules.Rate]) -> Series:
        return Series(name, tone, [_percent(rate) for rate in rates], [counted_in(counted, week) for week in sent])

    return Chart(
        kind="lines",
        percent=True,
        labels=_labels(rows),
        series=[
            series(_("Response rate"), "info", Counted.RESPONSE, [one.response for one in found]),
            series(_("Solution rate"), "good", Counted.SOLUTION, [one.solution for one in found]),
            series(_("Satisfaction rate"), "warn", Counted.SATISFACTION, [one.satisfaction for one in found]),
        ],
        counted_at=weeks.counted_at,
    )


def flow_table(weeks: Weeks, unit_id: UUID) -> dict[str, Any]:
    """Opened and ended by week, newest first."""
    behind = _behind(unit_id)
    rows = [
        [_label(row.start), _cell(row.opened, behind("reported", row)), _cell(row.closed, behind("ended", row))]
        for row in reversed(weeks.rows)
    ]
    return {"columns": [_("Week from"), _("Opened"), _("Ended")], "rows": rows}


def rates_table(weeks: Weeks, unit_id: UUID, body_id: UUID | None = None) -> dict[str, Any]:
    """The three rates by week with what they were counted over, newest first."""
    behind = _behind(unit_id, body_id)
    rows = [
        [
            {"text": _label(row.start), "href": behind("sent", row) if row.rates.dispatched else ""},
            *rate_cells(row.rates, behind("sent", row)),
        ]
        for row in reversed(weeks.rows)
    ]
    return {
        "columns": [_("Week from"), _("Response rate"), _("Solution rate"), _("Satisfaction rate")],
        "rows": rows,
    }


def said(rate: rules.Rate) -> str:
    """A rate with its numerator and denominator."""
    return f"{rate.percent} ({rate.numerator}/{rate.denominator})" if rate.denominator else rate.percent


def rate_cells(rates: rules.Rates, sent: str) -> list[dict[str, Any]]:
    """The three rates as cells, each leading to what it was counted over. `sent`: address of the cases that were dispatched."""
    named = (
        (Counted.RESPONSE, rates.response),
        (Counted.SOLUTION, rates.solution),
        (Counted.SATISFACTION, rates.satisfaction),
    )
    return [
        {"text": said(rate), "href": counted_in(counted, sent) if rate.denominator else ""} for counted, rate in named
    ]


def counted_in(counted: Counted, sent: str) -> str:
    """Of the cases at an address, those behind a rate (`pages.narrowing.RATE`)."""
    return f"{sent}&rate={counted}"


def _percent(rate: rules.Rate) -> float | None:
    return None if rate.share is None else round(float(100 * rate.share), 1)


def _cell(cases: int, href: str) -> dict[str, Any]:
    return {"text": str(cases), "href": href if cases else ""}


def _labels(rows: Sequence[OneWeek]) -> list[str]:
    return [_label(row.start) for row in rows]


def _label(start: date) -> str:
    return _day_in(start, get_language())


@lru_cache(maxsize=500)
def _day_in(day: date, _language: str | None) -> str:
    return date_format(day, _("M j"))


def _behind(unit_id: UUID, body_id: UUID | None = None) -> Callable[[str, OneWeek], str]:
    """The address of the desk's list of what was reported, ended or sent in a week."""
    listed = f"/desk/?{asked(state='', unit=unit_id, **({'body': body_id} if body_id else {}))}"
    return lambda moment, week: f"{listed}&{moment}={rules.span_text(week.start, week.start + timedelta(days=6))}"
