"""An export moved to the present: weekdays, hours on the wall and what each day was."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linli.cases.replay import mapping, moving
from linli.cases.replay.rows import Export, Request

BOSTON = ZoneInfo("America/New_York")


def request(opened: datetime, **more: Any) -> Request:
    plain = dict.fromkeys(
        ("id", "class_name", "group", "body", "label", "title", "description", "address", "channel", "outcome"), ""
    )
    nothing = dict.fromkeys(("lon", "lat", "target", "closed", "on_time"))
    return Request(**{"number": 1, "opened": opened, **plain, **nothing, **more})


@pytest.mark.parametrize("today", [datetime(2026, 11, 23) + timedelta(days=number) for number in range(8)])
def test_weekdays_stay_and_every_day_until_now_has_its_requests(today: datetime) -> None:
    last = datetime(2015, 6, 30)
    weeks = moving.weeks_to(today.date(), last.date())
    moved = last + timedelta(weeks=weeks)
    assert moved.weekday() == last.weekday()
    assert timedelta(0) <= moved - today < timedelta(weeks=1)


def test_the_hour_on_the_wall_is_kept_over_summer_time() -> None:
    """Moved to winter, noon stays noon, and what took an hour less or more by the sun stays in the same order."""
    opened = datetime(2015, 6, 22, 12, 5, tzinfo=BOSTON)
    closed = datetime(2015, 6, 23, 9, 0, tzinfo=BOSTON)
    export = Export(mapping.read("boston311"), [request(opened, closed=closed)])
    moved = moving.move(export, 596).requests[0]
    assert moved.opened.astimezone(BOSTON) == datetime(2026, 11, 23, 12, 5, tzinfo=BOSTON)
    assert moved.closed is not None
    assert moved.closed.astimezone(BOSTON) == datetime(2026, 11, 24, 9, 0, tzinfo=BOSTON)
    assert moved.target is None
    assert moved.remark == "Boston 311: 2015-06-22 12:05"
