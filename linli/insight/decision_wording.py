"""Decisions in plain words, and as charts: where a unit stands, what an intervention showed, why an hour helps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from linli.cases import rules as cases_rules
from linli.insight.comparison import Compared, Effect, Interval, Standing
from linli.insight.decisions import Comparison, Intervention
from linli.insight.priorities import Reason, Why
from linli.territory.index import UnitInfo

STANDINGS: dict[Standing, tuple[str | Promise, str]] = {
    Standing.USUAL: (gettext_lazy("Not more than chance would show"), ""),
    Standing.HIGH: (gettext_lazy("More than usual: look again"), "warn"),
    Standing.VERY_HIGH: (gettext_lazy("Clearly more than usual"), "bad"),
    Standing.LOW: (gettext_lazy("Less than usual: look again"), "info"),
    Standing.VERY_LOW: (gettext_lazy("Clearly less than usual"), "info"),
    Standing.NO_PEOPLE: (gettext_lazy("No people registered: no rate"), ""),
    Standing.ALONE: (gettext_lazy("Nothing to compare with"), ""),
}
# Each takes the amount of its reason as `n`.
REASONS: dict[Why, str | Promise] = {
    Why.OVERDUE: gettext_lazy("%(n)s overdue now."),
    Why.NOTHING_OVERDUE: gettext_lazy("Nothing overdue, %(n)s open: an hour saves no late day now."),
    Why.GONE_IN: gettext_lazy("At the pace of now what is overdue is gone in %(n)s days."),
    Why.GROWING: gettext_lazy("Each day %(n)s more come than end: it does not go by itself."),
    Why.PER_HOUR: gettext_lazy("%(n)s cases end in a staff hour here (drawn to everybody's pace where few ended)."),
    Why.BORROWED_PACE: gettext_lazy("Too little is known of the pace here; everybody's is taken: %(n)s cases an hour."),
    Why.PACE_UNKNOWN: gettext_lazy("No shifts were planned in these weeks: what an hour brings about is unknown."),
    Why.PER_THOUSAND: gettext_lazy("%(n)s overdue per 1,000 people."),
}


@dataclass(frozen=True, slots=True)
class Series:
    """`dots` are not joined: they stand for units, not for days."""

    name: str
    tone: str
    values: Sequence[float | None]
    hrefs: Sequence[str]
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    kind: str
    percent: bool
    labels: Sequence[str]
    series: Sequence[Series]


def name(unit: UnitInfo) -> str:
    return unit.name_in(get_language() or "")


def number(value: float | Fraction) -> str:
    """With as many decimals as it needs to say something."""
    value = float(value)
    return f"{value:,.{0 if value >= 100 or value == int(value) else 1 if value >= 1 else 2}f}"


def between(interval: Interval) -> str:
    return _("%(low)s to %(high)s") % {"low": number(interval.low), "high": number(interval.high)}


def usual(one: Compared) -> str:
    """The rates, and in brackets the cases, between which a unit of its size lies by chance."""
    if one.funnel is None or one.usual is None:
        return "–"
    return f"{between(one.funnel)} ({number(one.usual[0])}–{number(one.usual[1])})"


def spread(found: Comparison) -> str:
    """Why the limits are as wide as they are."""
    if found.wider < 1.05:
        return _("These units differ no more than by chance: the limits are those of chance alone.")
    return _(
        "These units differ by themselves, not by chance alone: the limits are %(times)s times as wide as chance would draw them."
    ) % {"times": number(found.wider)}


def reason(one: Reason) -> str:
    return str(REASONS[one.why]) % {"n": number(one.amount)}


def desk(**narrowed: object) -> str:
    """Address of the desk's list; what is empty does not narrow."""
    return f"/desk/?{urlencode({'state': '', **{key: value for key, value in narrowed.items() if value}})}"


def funnel_chart(found: Comparison, class_code: str) -> Chart:
    """From the unit with the fewest people to that with the most, so that the limits draw together."""
    lines = sorted(((unit, one) for unit, one in found.lines if one.rate is not None), key=lambda line: line[1].people)
    span = cases_rules.span_text(found.first, found.last)
    hrefs = [desk(unit=unit.id, reported=span, class_code=class_code) for unit, _one in lines]
    rates = [round(float(one.rate), 2) for _unit, one in lines if one.rate is not None]
    fair = [None if one.shrunk is None else round(one.shrunk, 2) for _unit, one in lines]
    low = [None if one.funnel is None else round(one.funnel.low, 2) for _unit, one in lines]
    high = [None if one.funnel is None else round(one.funnel.high, 2) for _unit, one in lines]
    return Chart(
        kind="lines",
        percent=False,
        labels=[name(unit) for unit, _one in lines],
        series=[
            Series(_("Cases per 1,000 people"), "info", rates, hrefs, dots=True),
            Series(_("Fair rate"), "good", fair, hrefs, dots=True),
            Series(_("Chance, lower limit"), "quiet", low, []),
            Series(_("Chance, upper limit"), "quiet", high, []),
        ],
    )


def intervention_chart(found: Intervention, class_code: str) -> Chart:
    """The area's weeks before the day and after it as two lines, and where its surroundings would have taken it."""
    before, blank = found.before, [None] * len(found.weeks)
    hrefs = week_hrefs(found, class_code)
    expected = [None if value is None else round(value, 1) for value in found.expected]
    return Chart(
        kind="lines",
        percent=False,
        labels=[date_format(day, _("M j")) for day in found.weeks],
        series=[
            Series(_("Here, before"), "info", [*found.in_area[:before], *blank[before:]], hrefs),
            Series(_("Here, after"), "warn", [*blank[:before], *found.in_area[before:]], hrefs),
            # An estimate: no list holds so many.
            Series(_("As its surroundings went"), "quiet", expected, []),
        ],
    )


def week_hrefs(found: Intervention, class_code: str) -> list[str]:
    return [
        desk(unit=found.area.id, reported=cases_rules.span_text(day, day + timedelta(days=6)), class_code=class_code)
        for day in found.weeks
    ]


def effect(found: Effect) -> tuple[str, str]:
    """What an intervention showed, in a sentence, and its tone."""
    if found.ratio is None or found.interval is None:
        return _("Too little was reported here or around it to compare: choose more weeks, or all classes."), ""
    told = {
        "change": number(abs(100 * (found.ratio - 1))),
        "low": _signed(found.interval.low),
        "high": _signed(found.interval.high),
    }
    if not found.clear:
        return _(
            "No clear effect: against its surroundings the change lies between %(low)s %% and %(high)s %%, and chance alone can show that."
        ) % told, ""
    if found.ratio < 1:
        return _(
            "%(change)s %% fewer cases than its surroundings would let expect (between %(low)s %% and %(high)s %%)."
        ) % told, "good"
    return _(
        "%(change)s %% more cases than its surroundings would let expect (between %(low)s %% and %(high)s %%)."
    ) % told, "warn"


def _signed(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.0f}".replace("-", "−")


def change(ratio: Fraction | None) -> str:
    return "–" if ratio is None else f"{_signed(float(ratio))} %"
