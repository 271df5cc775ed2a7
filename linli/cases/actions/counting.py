"""What happened in each week in the city, its districts and subdistricts, and in each month in each cell of the map, counted ahead:
a page cannot count a million cases."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from linli.cases import rules
from linli.cases.models import CellMonth, ClassWeek, Week
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotAllowed
from linli.territory import queries as territory

# Each case stands in three weeks: in which it was reported, ended, and last dispatched.
COUNT = """
WITH happened AS (
    SELECT date_trunc('week', reported_at AT TIME ZONE %(zone)s)::date AS start, district_id, subdistrict_id, lead_body_id AS body_id,
        count(*) AS opened, 0 AS closed, 0 AS dispatched, 0 AS responded, 0 AS evaluated, 0 AS solved, 0 AS satisfied
    FROM cases_case WHERE reported_at >= %(since)s GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT date_trunc('week', closed_at AT TIME ZONE %(zone)s)::date, district_id, subdistrict_id, lead_body_id, 0, count(*), 0, 0, 0, 0, 0
    FROM cases_case WHERE closed_at >= %(since)s GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT date_trunc('week', dispatched_at AT TIME ZONE %(zone)s)::date, district_id, subdistrict_id, lead_body_id, 0, 0,
        count(*) FILTER (WHERE responded IS NOT NULL OR response_due_at < %(now)s), count(*) FILTER (WHERE responded),
        count(stars), count(*) FILTER (WHERE solved), count(*) FILTER (WHERE stars >= 3)
    FROM cases_case WHERE dispatched_at >= %(since)s AND lead_body_id IS NOT NULL GROUP BY 1, 2, 3, 4
)
INSERT INTO cases_week (
    unit_id, units, start, body_id, opened, closed, dispatched, responded, evaluated, solved, satisfied, counted_at)
SELECT coalesce(subdistrict_id, district_id, %(root)s), array_remove(ARRAY[%(root)s, district_id, subdistrict_id], NULL), start, body_id,
    sum(opened), sum(closed), sum(dispatched), sum(responded), sum(evaluated), sum(solved), sum(satisfied), %(now)s
FROM happened
GROUP BY GROUPING SETS (
    (start), (start, body_id), (start, district_id), (start, district_id, body_id), (start, district_id, subdistrict_id),
    (start, district_id, subdistrict_id, body_id))
-- A case without district, subdistrict or body is in the sums, and has no row of its own.
HAVING (GROUPING(district_id) = 1 OR district_id IS NOT NULL) AND (GROUPING(subdistrict_id) = 1 OR subdistrict_id IS NOT NULL)
    AND (GROUPING(body_id) = 1 OR body_id IS NOT NULL)
"""

COUNT_CLASSES = """
WITH happened AS (
    SELECT date_trunc('week', reported_at AT TIME ZONE %(zone)s)::date AS start, district_id, subdistrict_id, case_class_id,
        count(*) AS opened, 0 AS closed
    FROM cases_case WHERE reported_at >= %(since)s GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT date_trunc('week', closed_at AT TIME ZONE %(zone)s)::date, district_id, subdistrict_id, case_class_id, 0, count(*)
    FROM cases_case WHERE closed_at >= %(since)s GROUP BY 1, 2, 3, 4
)
INSERT INTO cases_classweek (unit_id, units, start, case_class_id, opened, closed, counted_at)
SELECT coalesce(subdistrict_id, district_id, %(root)s), array_remove(ARRAY[%(root)s, district_id, subdistrict_id], NULL), start,
    case_class_id, sum(opened), sum(closed), %(now)s
FROM happened GROUP BY GROUPING SETS (
    (start, case_class_id), (start, district_id, case_class_id), (start, district_id, subdistrict_id, case_class_id))
-- A case without district or subdistrict is in the sums of what lies above.
HAVING (GROUPING(district_id) = 1 OR district_id IS NOT NULL) AND (GROUPING(subdistrict_id) = 1 OR subdistrict_id IS NOT NULL)
"""


def _day_by_day(which: str) -> str:
    """How many of what happened in the month had happened by the end of each day."""
    days = ", ".join(f"count(*) FILTER (WHERE {which} AND day <= {day})" for day in range(1, 32))
    return f"ARRAY[{days}]"


# Up to today, which is not over: the map counts it as it goes. In the order in which a window is read.
COUNT_CELLS = f"""
WITH happened AS (
    SELECT false AS ended, reported_at AT TIME ZONE %(zone)s AS at, cell, district_id, case_class_id
    FROM cases_case WHERE reported_at >= %(since)s AND reported_at < %(until)s AND cell IS NOT NULL
    UNION ALL
    SELECT true, closed_at AT TIME ZONE %(zone)s, cell, district_id, case_class_id
    FROM cases_case WHERE closed_at >= %(since)s AND closed_at < %(until)s AND cell IS NOT NULL
), placed AS (
    SELECT ended, date_trunc('month', at)::date AS month, extract(day FROM at)::integer AS day, district_id, case_class_id,
        (cell & ~((15::bigint << 52) | %(below)s)) | (%(resolution)s::bigint << 52) | %(below)s AS cell
    FROM happened
)
INSERT INTO cases_cellmonth (month, through, cell, district_id, case_class_id, reported, ended)
SELECT month, least((month + interval '1 month')::date - 1, %(yesterday)s), cell, district_id, case_class_id,
    {_day_by_day("NOT ended")}, {_day_by_day("ended")}
FROM placed GROUP BY GROUPING SETS ((month, cell, district_id), (month, cell, district_id, case_class_id))
-- What has no class yet is in the sums, and has no row of its own.
HAVING GROUPING(case_class_id) = 1 OR case_class_id IS NOT NULL
ORDER BY case_class_id, cell, month
"""


def count_cells(*, by: Actor, days: int | None = None) -> None:
    """Count the months of the last days before today anew, and all that were never counted; without `days` all there are."""
    if not by.is_system:
        raise NotAllowed
    zone = ZoneInfo(settings.TIME_ZONE)
    today = timezone.localdate(clock.now())
    counted = CellMonth.objects.aggregate(last=Max("through"))["last"] if days else None
    first = min(today - timedelta(days=days), counted).replace(day=1) if days and counted else date(1970, 1, 1)
    values: dict[str, Any] = {
        "since": datetime.combine(first, time(), zone),
        "until": datetime.combine(today, time(), zone),
        "yesterday": today - timedelta(days=1),
        "zone": zone.key,
        "resolution": rules.COUNTED_RESOLUTION,
        "below": rules.digits_below(rules.COUNTED_RESOLUTION),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        CellMonth.objects.filter(month__gte=first).delete()
        cursor.execute(COUNT_CELLS, values)


def count_weeks(*, by: Actor, weeks: int = rules.WEEKS_COUNTED) -> None:
    """Count the last weeks anew, the present one among them; nothing where no city is loaded yet."""
    if not by.is_system:
        raise NotAllowed
    cities = territory.children(None)
    if not cities:
        return
    now = clock.now()
    first = rules.monday(timezone.localdate(now)) - timedelta(weeks=weeks - 1)
    zone = ZoneInfo(settings.TIME_ZONE)
    values: dict[str, Any] = {
        "since": datetime.combine(first, time(), zone),
        "zone": zone.key,
        "now": now,
        "root": cities[0].id,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for counted, statement in ((Week, COUNT), (ClassWeek, COUNT_CLASSES)):
            counted.objects.filter(start__gte=first).delete()
            cursor.execute(statement, values)
