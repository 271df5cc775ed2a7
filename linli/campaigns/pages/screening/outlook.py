"""The forecast in words and as a chart: when all doors are reached at the pace of the day, and who is behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from linli.campaigns import queries
from linli.campaigns.forecast import Pace
from linli.campaigns.models import Campaign
from linli.campaigns.pages.common import names_of
from linli.campaigns.pages.screening.area import unit_of
from linli.campaigns.queries import Coverage, pace
from linli.campaigns.queries.pace import Outlook, Point
from linli.cases.charts import Chart, Series
from linli.foundation import moments
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.territory.index import UnitInfo

# So many parts that are behind are named; who wants more goes into them.
MOST_BEHIND = 5


def shown(actor: Actor, running: Campaign, unit: UnitInfo, parts: Sequence[Coverage], base: str) -> dict[str, Any]:
    """What the page of an area says about its finish; nothing where hours are not counted."""
    found = pace.prospect(actor, running, unit, parts)
    if found is None or running.closed_at is not None:
        return {}
    behind, points = found.behind, pace.curve(running, found)
    names = names_of([one.id for one in behind[:MOST_BEHIND]])
    return {
        "line": line(found.whole),
        "due": _at(running.due_at),
        "chart": f"/api/v1/campaigns/{running.pk}/curve?unit={unit.id}",
        "columns": [_("Moment"), _("Reached"), _("At today's pace"), _("At the earliest"), _("At the latest")],
        "rows": [_row(point) for point in points],
        "behind": [
            {
                "name": names.get(one.id, ""),
                "href": f"{base}?unit={one.id}",
                "text": _behind(one),
            }
            for one in behind[:MOST_BEHIND]
        ],
        "more": max(len(behind) - MOST_BEHIND, 0),
    }


def line(one: Outlook) -> dict[str, str]:
    """One sentence, with its tone."""
    if one.state is Pace.FINISHED:
        return {"title": _("Every door was reached"), "text": "", "tone": "good"}
    if one.state is Pace.NOT_STARTED:
        return {
            "title": _("No forecast yet"),
            "text": _("It comes with the first doors that are reached in a day."),
            "tone": "",
        }
    told = {
        "finish": _at(one.finish),
        "early": _at(one.early),
        "late": _at(one.late),
        "pace": f"{one.an_hour:,.0f}",
        "missing": f"{one.missing:,}",
    }
    title = _("At today's pace done by %(finish)s") % told
    text = _("%(pace)s doors an hour; nine times in ten between %(early)s and %(late)s.") % told
    if one.state is Pace.BEHIND:
        missing = _("%(missing)s doors would be left at the end that was set.") % told
        # Chinese has no blank between sentences.
        text = _("%(one)s %(next)s") % {"one": text, "next": missing}
    return {"title": title, "text": text, "tone": {Pace.IN_TIME: "good", Pace.IN_DOUBT: "warn"}.get(one.state, "bad")}


def short(one: Outlook | None) -> dict[str, Any] | str:
    """In the cell of a table."""
    if one is None or one.state is Pace.FINISHED:
        return ""
    if one.state is Pace.NOT_STARTED:
        return {"text": _("not begun"), "badge": True, "tone": ""}
    tone = {Pace.IN_TIME: "good", Pace.IN_DOUBT: "warn"}.get(one.state, "bad")
    return {"text": _at(one.finish), "badge": True, "tone": tone}


def _behind(one: Outlook) -> str:
    if one.state is Pace.NOT_STARTED:
        return _("not begun, %(left)s doors left") % {"left": f"{one.left:,}"}
    return _("done by %(finish)s, %(missing)s doors too late") % {
        "finish": _at(one.finish),
        "missing": f"{one.missing:,}",
    }


def _at(at: datetime | None) -> str:
    if at is None:
        return _("not in this year")
    return moments.dated(at)


def _row(point: Point) -> list[str]:
    figures = (point.reached, point.expected, point.fast, point.slow)
    return [_at(point.at), *("–" if figure is None else f"{figure:,}" for figure in figures)]


def curve(actor: Actor, campaign_id: UUID, asked: UUID) -> Chart:
    """The same points as a chart draws them. Raises `NotFound`, `NotAllowed`."""
    running = queries.campaign(campaign_id)
    unit = unit_of(actor, running, str(asked))
    found = pace.prospect(actor, running, unit, queries.coverage(actor, running, unit.id))
    if found is None:
        raise NotFound
    points = pace.curve(running, found)
    lines = (
        (_("Reached"), "info", [point.reached for point in points]),
        (_("At today's pace"), "good", [point.expected for point in points]),
        (_("At the earliest"), "quiet", [point.fast for point in points]),
        (_("At the latest"), "warn", [point.slow for point in points]),
    )
    return Chart(
        kind="lines",
        percent=False,
        labels=[_at(point.at) for point in points],
        series=[Series(name, tone, values, [""] * len(points)) for name, tone, values in lines],
        counted_at=None,
    )
