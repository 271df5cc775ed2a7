"""What the map shows of cases in a window: counted by cell where it is zoomed out, one by one where it is zoomed in.

Three ways to look: what is open now, what was reported in a period, what was standing open at a moment. Of the city and its districts
what days before today brought was counted ahead (`actions.count_cells`, every hour), but for the smallest cells, of which a window
holds few cases; the rest is counted when it is asked for.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from linli.cases import cells, rules
from linli.cases.cells import Window
from linli.cases.models import Case, CellMonth
from linli.cases.queries.narrowing import Filters, narrowed, require_unit
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.territory import queries as territory

# More than this is not told one by one.
MOST_POINTS = 2000
# What is told of a point; a whole row is three times as much to read.
TOLD = (
    "number", "state", "lon", "lat", "priority", "case_class", "reported_at", "filed_at", "due_at", "paused_at", "handled_at", "closed_at",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo(settings.TIME_ZONE))


class Shown(StrEnum):
    OPEN = "open"
    REPORTED = "reported"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked of the map. `since` and `until` bound the report; `until` alone is the moment of what was standing."""

    unit_id: UUID
    window: Window
    zoom: float
    shown: Shown = Shown.OPEN
    class_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """`late` is counted of what is open now alone; None otherwise."""

    id: int
    cases: int
    late: int | None


@dataclass(frozen=True, slots=True)
class View:
    """Either points or cells, of this resolution."""

    resolution: int | None
    cells: list[Cell]
    points: list[Case]


def look(actor: Actor, asked: Look) -> View:
    """What is in the window, and a little around it. Raises NotFound for a unit whose cases one may not see."""
    require_unit(actor, asked.unit_id)
    if asked.shown is not Shown.OPEN:
        # What was standing may have been reported at any time before.
        since = asked.since if asked.shown is Shown.REPORTED else None
        asked = replace(asked, since=since, until=asked.until or clock.now())
    if asked.zoom >= cells.POINTS_FROM_ZOOM:
        found = _in_window(narrowed(actor, _filters(asked)), asked)
        if found.order_by()[: MOST_POINTS + 1].count() <= MOST_POINTS:
            return View(None, [], list(found.only(*TOLD).order_by("-pk")))
    resolution = cells.resolution_at(asked.zoom, asked.window)
    counted = [Cell(cell, *figures) for cell, figures in _counted(asked, resolution).items()]
    return View(resolution, [one for one in counted if one.cases > 0 and cells.lies_in(one.id, asked.window)], [])


def _filters(asked: Look) -> Filters:
    return Filters(
        unit_id=asked.unit_id,
        class_id=asked.class_id,
        reported_from=asked.since,
        open_only=asked.shown is Shown.OPEN,
    )


def _in_window(found: QuerySet[Case], asked: Look) -> QuerySet[Case]:
    window = asked.window
    inside = Q(lon__gte=window.west, lon__lt=window.east, lat__gte=window.south, lat__lt=window.north)
    if asked.until:
        inside &= Q(reported_at__lt=asked.until)
    if asked.shown is Shown.STANDING:
        inside &= Q(closed_at=None) | Q(closed_at__gte=asked.until)
    ranges = cells.ranges_in(window, rules.CELL_RESOLUTION)
    return found.filter(inside, reduce(or_, (Q(cell__gte=first, cell__lt=last) for first, last in ranges)))


def _counted(asked: Look, resolution: int) -> dict[int, tuple[int, int | None]]:
    """Cases by cell, and how many of them are late where that is counted."""
    if asked.shown is Shown.OPEN:
        return {cell: (cases, late) for cell, cases, late in _now(asked, resolution, "open", asked.since, asked.until)}
    assert asked.until is not None
    since, until = asked.since or EPOCH, asked.until
    standing = asked.shown is Shown.STANDING
    ahead = _days_counted(asked, resolution, since, until)
    found: Counter[int] = Counter()
    if standing and ahead is None:
        _add(found, _now(asked, resolution, "standing", None, until))
        return {cell: (cases, None) for cell, cases in found.items()}
    # What was standing is what had been reported by then, without what had ended.
    for first, last in _left(since, until, ahead):
        _add(found, _now(asked, resolution, "reported", first, last))
        if standing:
            _add(found, ((cell, -cases) for cell, cases, _late in _now(asked, resolution, "ended", first, last)))
    if ahead:
        _add(found, ((cell, reported - ended * standing) for cell, reported, ended in _ahead(asked, resolution, ahead)))
    return {cell: (cases, None) for cell, cases in found.items()}


def _add(found: Counter[int], rows: Iterable[tuple[int, ...]]) -> None:
    for cell, cases, *_rest in rows:
        found[cell] += cases


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))


def _days_counted(asked: Look, resolution: int, since: datetime, until: datetime) -> tuple[date, date] | None:
    """The whole days of a period that were counted ahead: the first and the last; None where there are none."""
    if not (cells.is_counted_ahead(resolution) and _is_large(asked)):
        return None
    # That there are counts is no secret; what they say is read in the actor's scope.
    with acting_as(SYSTEM):
        counted = CellMonth.objects.aggregate(last=Max("through"))["last"]
    if counted is None:
        return None
    begins = timezone.localdate(since)
    first = begins if since == _midnight(begins) else begins + timedelta(days=1)
    last = min(counted, timezone.localdate(until) - timedelta(days=1))
    return (first, last) if first <= last else None


def _left(since: datetime, until: datetime, ahead: tuple[date, date] | None) -> list[tuple[datetime, datetime]]:
    """What the days counted ahead leave of a period."""
    if ahead is None:
        return [(since, until)]
    parts = [(since, _midnight(ahead[0])), (_midnight(ahead[1] + timedelta(days=1)), until)]
    return [(first, last) for first, last in parts if first < last]


def _is_large(asked: Look) -> bool:
    """Whether the unit holds too many cases to look through all of them."""
    return territory.unit(asked.unit_id).level in ("city", "district")


def _now(
    asked: Look, resolution: int, mode: str, since: datetime | None, until: datetime | None
) -> list[tuple[int, int, int]]:
    # By cell where the window is a small part of a large unit; else by unit and time, which leave little.
    by_cell = _is_large(asked) and not cells.is_counted_ahead(resolution)
    windows = _windows(asked, resolution, rules.CELL_RESOLUTION) if by_cell else None
    values: list[Any] = [asked.unit_id, resolution, windows, mode, asked.class_id, since, until, clock.now()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_cells(%s, %s, %s::int8range[], %s, %s, %s, %s, %s)", values)
        return cursor.fetchall()


def _ahead(asked: Look, resolution: int, days: tuple[date, date]) -> list[tuple[int, int, int]]:
    windows = _windows(asked, resolution, rules.COUNTED_RESOLUTION)
    values: list[Any] = [asked.unit_id, resolution, windows, asked.class_id, *days]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_cells_counted(%s, %s, %s::int8range[], %s, %s, %s)", values)
        return cursor.fetchall()


def _windows(asked: Look, resolution: int, stored: int) -> list[str]:
    return [f"[{first},{last})" for first, last in cells.ranges_in(asked.window, resolution, stored)]
