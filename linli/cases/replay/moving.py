"""An export moved to the present: by whole weeks, so that a Monday stays a Monday.

The hour on the clocks of the city is kept, across changes of summer time too. What each day was is noted on each case.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from linli.cases.replay.mapping import Mapping
from linli.cases.replay.rows import Export, Request


def days_of(export: Export) -> tuple[date, date]:
    """The first and the last day on which something was opened."""
    days = [request.opened.astimezone(export.mapping.zone).date() for request in export.requests]
    return min(days), max(days)


def weeks_to(today: date, last: date) -> int:
    """The fewest weeks that bring the last day to today or after it: each day until now has its requests."""
    return -((last - today).days // 7)


def move(export: Export, weeks: int) -> Export:
    """The same requests so many weeks later; each remembers its own day."""
    return replace(export, requests=[_moved(request, export.mapping, weeks) for request in export.requests])


def move_holidays(mapping: Mapping, weeks: int) -> list[date]:
    return [day + timedelta(weeks=weeks) for day in mapping.holidays]


def _moved(request: Request, mapping: Mapping, weeks: int) -> Request:
    opened = request.opened.astimezone(mapping.zone)
    return replace(
        request,
        opened=_later(request.opened, mapping.zone, weeks),
        closed=request.closed and _later(request.closed, mapping.zone, weeks),
        target=request.target and _later(request.target, mapping.zone, weeks),
        remark=f"{mapping.title}: {opened:%Y-%m-%d %H:%M}",
    )


def _later(moment: datetime, zone: ZoneInfo, weeks: int) -> datetime:
    """As the clocks of the city show it. Arithmetic within a zone is arithmetic on the wall's clock."""
    return (moment.astimezone(zone) + timedelta(weeks=weeks)).astimezone(UTC)
