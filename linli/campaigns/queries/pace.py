"""How fast doors are reached, and when they will all be: for an area, its parts, and teams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.utils import timezone

from linli.campaigns import forecast
from linli.campaigns.forecast import Day, Forecast, Pace
from linli.campaigns.models import Campaign
from linli.campaigns.queries.console import TeamLine, yesterday
from linli.campaigns.queries.control import require
from linli.campaigns.queries.coverage import Coverage
from linli.campaigns.rules import Act
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.statement import prepared
from linli.territory.index import UnitInfo

DAY = Day()
_HOUR = timedelta(hours=1)
# Hours are counted by community, and their sums by district: what of it is a part of the unit that is looked at. By parents, whose
# communities an index finds; by the path every hour of the screening would be looked through.
_HOURS_OF = {
    "city": """
SELECT district_id, hour, reached FROM campaigns_districthour
WHERE campaign_id = $1::uuid AND $2::uuid IS NOT NULL AND hour >= $3::timestamptz
""",
    "district": """
SELECT community.parent_id, hour, sum(reached)::int FROM campaigns_hourtally
JOIN territory_unit AS community ON community.id = community_id JOIN territory_unit AS subdistrict ON subdistrict.id = community.parent_id
WHERE campaign_id = $1::uuid AND subdistrict.parent_id = $2::uuid AND hour >= $3::timestamptz GROUP BY 1, 2
""",
    "subdistrict": """
SELECT community_id, hour, reached FROM campaigns_hourtally JOIN territory_unit AS community ON community.id = community_id
WHERE campaign_id = $1::uuid AND community.parent_id = $2::uuid AND hour >= $3::timestamptz
""",
    "community": """
SELECT community_id, hour, reached FROM campaigns_hourtally
WHERE campaign_id = $1::uuid AND community_id = $2::uuid AND hour >= $3::timestamptz
""",
}
# More points than these no screen tells apart.
_STEPS = (1, 2, 3, 4, 6, 12, 24)
_MOST_POINTS = 36


@dataclass(frozen=True, slots=True)
class Outlook:
    """When one area or team will be through, at the pace of the day. Without a pace there are no moments."""

    id: UUID
    state: Pace
    an_hour: float
    left: int
    # Doors that will be left when the time is over.
    missing: int
    finish: datetime | None
    early: datetime | None
    late: datetime | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """Of an area: its own, those of its parts that are behind (most missing doors first), and what was reached by hour since yesterday."""

    whole: Outlook
    behind: Sequence[Outlook]
    by_hour: Mapping[datetime, int]
    doors: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The working hours of the day whose pace counts: today, or yesterday while nobody was reached today."""

    starts: Sequence[datetime]
    lasted: Sequence[float]


def prospect(actor: Actor, running: Campaign, unit: UnitInfo, parts: Sequence[Coverage]) -> Prospect | None:
    """Of a unit whose parts were counted. One statement. None below a community: hours are not counted there."""
    require(actor, Act.SEE, unit.id)
    if unit.level not in _HOURS_OF:
        return None
    counted: dict[UUID, dict[datetime, int]] = {}
    values = [running.pk, unit.id, yesterday()]
    found = prepared(_HOURS_OF[unit.level], values)
    by_hour: dict[datetime, int] = {}
    for of, hour, reached in found:
        counted.setdefault(of, {})[hour] = reached
        by_hour[hour] = by_hour.get(hour, 0) + reached
    hours = _hours(by_hour)
    left = [part.not_reached for part in parts]
    (whole,), _behind = _outlooks(running, [unit.id], {unit.id: by_hour}, [sum(left)], hours)
    behind: list[Outlook] = []
    if unit.level != "community":
        each, rows = _outlooks(running, [part.unit_id for part in parts], counted, left, hours)
        behind = [each[row] for row in rows]
    return Prospect(whole, behind, by_hour, sum(part.doors for part in parts))


def of_teams(running: Campaign, lines: Sequence[TeamLine]) -> dict[UUID, Outlook]:
    """Of the teams of a page, whose doors were counted as they stand."""
    counted = {line.team.pk: line.by_hour for line in lines}
    whole = {hour: 1 for by_hour in counted.values() for hour in by_hour}
    left = [max(line.doors - line.reached, 0) for line in lines]
    return {one.id: one for one in _outlooks(running, list(counted), counted, left, _hours(whole))[0]}


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _hours(whole: Mapping[datetime, int]) -> Hours:
    now = timezone.localtime(clock.now())
    for day in (_midnight(now), _midnight(now) - timedelta(days=1)):
        starts = [day + number * _HOUR for number in range(24)]
        lasted = [forecast.hours_between(start, min(start + _HOUR, now), DAY) for start in starts]
        worked = [(start, hours) for start, hours in zip(starts, lasted, strict=True) if hours > 0]
        if any(whole.get(start, 0) > 0 for start, _hours in worked):
            return Hours([start for start, _hours in worked], [hours for _start, hours in worked])
    return Hours([], [])


def _outlooks(
    running: Campaign,
    ids: Sequence[UUID],
    counted: Mapping[UUID, Mapping[datetime, int]],
    left: Sequence[int],
    hours: Hours,
) -> tuple[list[Outlook], list[int]]:
    now = timezone.localtime(clock.now())
    counts = np.array(
        [[max(counted.get(of, {}).get(hour, 0), 0) for hour in hours.starts] for of in ids], dtype=np.int64
    )
    until_end = forecast.hours_between(now, timezone.localtime(running.due_at), DAY)
    found = forecast.forecast(
        counts.reshape(len(ids), len(hours.starts)), np.array(hours.lasted), np.array(left, dtype=np.int64), until_end
    )
    return [_outlook(found, row, of, left[row], now) for row, of in enumerate(ids)], found.behind.tolist()


def _outlook(found: Forecast, row: int, of: UUID, left: int, now: datetime) -> Outlook:
    finish, early, late = (
        forecast.moment_after(now, float(column[row]), DAY) for column in (found.hours, found.early, found.late)
    )
    return Outlook(
        of, Pace(found.state[row]), float(found.pace[row]), left, round(float(found.missing[row])), finish, early, late
    )


# --- the curve --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """Doors reached by a moment; of one that is to come: at the pace of the day, and at the slow and the fast end of what it varies."""

    at: datetime
    reached: int | None
    expected: int | None
    slow: int | None
    fast: int | None


def curve(running: Campaign, found: Prospect) -> list[Point]:
    """From yesterday, or the beginning, to the end that was set, or later where it takes longer, in steps of whole hours."""
    now, whole = timezone.localtime(clock.now()), found.whole
    start = max(
        _midnight(now) - timedelta(days=1),
        timezone.localtime(running.started_at).replace(minute=0, second=0, microsecond=0),
    )
    last = max(timezone.localtime(running.due_at), min(whole.finish or now, now + timedelta(days=30)), now)
    span = (last - start) / _HOUR
    step = next((hours for hours in _STEPS if span / hours <= _MOST_POINTS), 24)
    moments = sorted({*(start + number * step * _HOUR for number in range(int(span / step) + 2)), now})
    reached = found.doors - whole.left
    points = []
    for at in moments:
        if at < now:
            since = sum(count for hour, count in found.by_hour.items() if hour >= at)
            points.append(Point(at, max(reached - since, 0), None, None, None))
        elif at == now:
            points.append(Point(at, reached, reached, reached, reached))
        else:
            ends = (whole.finish, whole.late, whole.early)
            points.append(Point(at, None, *(_by(at, now, reached, found.doors, end) for end in ends)))
    return points


def _by(at: datetime, now: datetime, reached: int, doors: int, end: datetime | None) -> int | None:
    """On a straight line through the working hours to the end."""
    if end is None:
        return None
    whole = forecast.hours_between(now, end, DAY)
    part = 1.0 if at >= end or not whole else forecast.hours_between(now, at, DAY) / whole
    return round(reached + (doors - reached) * part)
