"""Earlier hours of a situation report: which there are, which are missing, and what is told of one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from linli.campaigns.models import Campaign
from linli.campaigns.queries import kept_reports
from linli.campaigns.queries.kept_reports import Kept
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.foundation.report_table import Table
from linli.territory.index import UnitInfo

_WRITTEN = "%Y-%m-%dT%HZ"


def written(hour: datetime) -> str:
    """As it stands in an address, in UTC: 2026-11-27T06Z."""
    return hour.astimezone(UTC).strftime(_WRITTEN)


def asked(request: HttpRequest) -> datetime | None:
    """Which hour is asked for; None: this moment. Raises `NotFound`."""
    said = request.GET.get("hour", "")
    if not said:
        return None
    try:
        return datetime.strptime(said, _WRITTEN).replace(tzinfo=UTC)
    except ValueError:
        raise NotFound from None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the page offers: options for a select, and how many hours of its day are missing."""

    options: SafeString
    note: str


def choice(actor: Actor, running: Campaign, unit: UnitInfo, chosen: datetime | None) -> Choice:
    """Every hour of the day that is shown, the missing ones too, and of each other day its last."""
    kept = kept_reports.hours_kept(actor, running, unit.id)
    day = timezone.localtime(chosen or clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = kept_reports.hours_between(running, day, day + timedelta(days=1))
    there = set(kept)
    missing = sum(hour not in there for hour in hours)
    here = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (written(hour), _marks(hour == chosen, hour in there), _label(hour, hour in there))
            for hour in sorted({*hours, *(one for one in kept if _day(one) == day)}, reverse=True)
        ),
    )
    lasts: dict[datetime, datetime] = {}
    for hour in kept:
        lasts.setdefault(_day(hour), hour)
    others = format_html_join(
        "",
        '<option value="{}">{}</option>',
        (
            (written(hour), date_format(timezone.localtime(hour), _("F j, G:00")))
            for of, hour in lasts.items()
            if of != day
        ),
    )
    groups = [(date_format(day, _("F j")), here), (_("Other days, each with its last hour"), others)]
    options = format_html_join("", '<optgroup label="{}">{}</optgroup>', (one for one in groups if one[1]))
    return Choice(
        options, _note(kept, missing, will_be=unit.id == running.unit_id or unit.level in kept_reports.WITH_PARTS)
    )


def _note(kept: list[datetime], missing: int, *, will_be: bool) -> str:
    if not kept and will_be:
        return _("No report of an earlier hour is kept yet: while the screening runs, one is kept on each full hour.")
    if not kept:
        return _("No report of an earlier hour is kept for this area; they are kept down to subdistricts, on the hour.")
    if not missing:
        return ""
    return ngettext(
        "%(count)s hour of this day is missing: nothing was counted then.",
        "%(count)s hours of this day are missing: nothing was counted then.",
        missing,
    ) % {"count": missing}


def _day(hour: datetime) -> datetime:
    return timezone.localtime(hour).replace(hour=0, minute=0, second=0, microsecond=0)


def _marks(chosen: bool, there: bool) -> SafeString:
    return format_html("{}", " selected" if chosen else "" if there else " disabled")


def _label(hour: datetime, there: bool) -> str:
    said = f"{timezone.localtime(hour):%H:00}"
    return said if there else _("%(hour)s – missing") % {"hour": said}


def left_table(kept: Kept) -> Table:
    """In place of the lists of teams and doors, which nobody keeps: how many they were."""
    buildings = sum(part.buildings_left for part in kept.parts)
    rows = [
        [_("Doors not reached"), f"{kept.not_reached:,}"],
        [_("Buildings with doors left"), f"{buildings:,}"],
        [_("Doors left to the desk"), f"{kept.to_desk:,}"],
        [_("Teams not heard of for 3 hours, also those with nothing left"), f"{kept.silent:,}"],
    ]
    note = _("Which doors and teams they were is not kept of an earlier hour.")
    return Table("left", _("What was left"), [pgettext("of the screen", "Figure"), _("Count")], rows, note)
