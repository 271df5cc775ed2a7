"""What a look at a district reads: its reports as arrays, the calendar, the bodies' open work. For the system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
from django.conf import settings

from linli.cases import queries as cases
from linli.cases.queries import Reported
from linli.duties import queries as duties
from linli.foundation.access import SYSTEM
from linli.insight.watch import Calendar, Load, Reports
from linli.insight.watch.reports import DAYS, Ints
from linli.territory import queries as territory

# About 50 m across: reports of one building fall into one cell or two.
SPOT_RESOLUTION = 11
PACE_DAYS = 28
GRID_WORKER = "grid_worker"
# Further ahead nobody plans.
FARTHEST_DAYS = 60


@dataclass(frozen=True)
class Numbered:
    """Values as positions in a list of the different ones; -1 for none."""

    of_row: Ints
    values: Sequence[Any]


def reports_of(district_id: UUID, until: datetime) -> Reports:
    """The reports of a district in the weeks before a moment."""
    rows = cases.reported(SYSTEM, district_id, until - timedelta(days=DAYS), until)
    quarters = {unit.id: unit for unit in territory.index().units if district_id in unit.path and unit.lon is not None}
    places = _numbered([_place(row, quarters) for row in rows])
    units = _numbered([unit for row in rows for unit in (row.district, row.subdistrict, row.community)])
    classes = _numbered([row.case_class for row in rows])
    spots = np.array([_spot(row) for row in rows], np.int64)
    return Reports(
        case=np.array([row.case for row in rows], object),
        at=np.array([wall(row.at) for row in rows], "M8[s]"),
        place=places.of_row,
        spot=spots,
        unit=units.of_row.reshape(len(rows), 3),
        case_class=classes.of_row,
        places=[str(place) for place in places.values],
        positions=np.array([_position(place, quarters) for place in places.values]).reshape(-1, 2),
        units=units.values,
        classes=classes.values,
        addresses=max(territory.count_below(district_id), len(np.unique(spots))),
    )


def wall(moment: datetime) -> datetime:
    """As the clocks of the city show it, without zone."""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None)


def moment(wall_time: datetime) -> datetime:
    """The other way round."""
    return wall_time.replace(tzinfo=ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)


def calendar_until(last: date) -> Calendar:
    """The days of the weeks before that are unlike their weekday: free though it is not a weekend, or worked at one."""
    work = duties.calendar()
    days = [last - timedelta(days=number) for number in range(DAYS + 1)]
    return Calendar(
        holidays={day for day in days if day.weekday() < 5 and not work.is_workday(day)},
        make_up_days={day for day in days if day.weekday() >= 5 and work.is_workday(day)},
    )


def loads_of(district_id: UUID, last: date) -> list[Load]:
    """The open work of each body in a district after the day `last`, in working days."""
    work = duties.calendar()
    ahead = [work.is_workday(last + timedelta(days=number)) for number in range(1, FARTHEST_DAYS + 1)]
    # How many working days there are until each of the next days, itself counted.
    until = [0, *accumulate(ahead)]
    worked = sum(work.is_workday(last - timedelta(days=number)) for number in range(PACE_DAYS))
    since = moment(datetime.combine(last - timedelta(days=PACE_DAYS - 1), datetime.min.time()))
    pace = cases.pace(SYSTEM, district_id, since)
    waiting: dict[UUID, list[tuple[UUID, int]]] = {}
    for one in cases.to_report_back(SYSTEM, district_id):
        days = (wall(one.due_at).date() - last).days
        left = until[min(max(days, 0), FARTHEST_DAYS)]
        waiting.setdefault(one.body, []).append((one.case, left))
    return [
        Load(body, [case for case, _left in own], [left for _case, left in own], done, came, max(worked, 1), None)
        for body, own in waiting.items()
        for came, done in [pace.get(body, (0, 0))]
    ]


def _numbered(values: Sequence[Any]) -> Numbered:
    known: dict[Any, int] = {}
    of_row = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    return Numbered(np.array(of_row, np.int64), list(known))


def _place(row: Reported, quarters: dict[UUID, Any]) -> UUID | int | None:
    """The quarter, or where the city has none there the H3 cell of about 0.1 km².

    None for what a worker found on a round: that many of these lie close together on one day says where the worker was.
    """
    if row.channel == GRID_WORKER:
        return None
    return row.quarter if row.quarter in quarters else row.cell


def _position(place: UUID | int, quarters: dict[UUID, Any]) -> tuple[float, float]:
    if isinstance(place, UUID):
        return quarters[place].lat, quarters[place].lon
    latitude, longitude = h3.cell_to_latlng(place)
    return latitude, longitude


def _spot(row: Reported) -> int:
    if row.lon is None or row.lat is None:
        return 0
    return int(h3.latlng_to_cell(row.lat, row.lon, SPOT_RESOLUTION))


def centre_of(spot: int) -> tuple[float, float]:
    """Longitude and latitude of an H3 cell."""
    latitude, longitude = h3.cell_to_latlng(spot)
    return longitude, latitude
