"""What a look reads: the calendar of the city, as the watch is given it."""

from datetime import date, timedelta

import pytest
from factories.world import World

from linli.duties import queries as duties
from linli.duties.actions import days
from linli.foundation.access import SYSTEM
from linli.insight import sources
from linli.insight.watch.reports import DAYS

pytestmark = pytest.mark.django_db
# The worked Saturday after the week of the National Day.
LAST = date(2026, 10, 10)


def test_the_calendar_tells_the_days_that_are_unlike_their_weekday(world: World) -> None:
    """The State Council's notice for 2026; free weekends and worked weekdays are as everybody expects them."""
    found = sources.calendar_until(LAST)
    assert set(found.holidays) == {date(2026, 9, 25), *(date(2026, 10, day) for day in (1, 2, 5, 6, 7))}
    assert set(found.make_up_days) == {date(2026, 9, 20), LAST}


def test_the_citys_own_days_count_as_far_back_as_reports_are_read(world: World) -> None:
    usual = sources.calendar_until(LAST)
    oldest = LAST - timedelta(days=DAYS)
    assert oldest.weekday() == 4
    for day in (oldest, oldest - timedelta(days=1), date(2026, 9, 16)):
        days.set_day(day=day, hours="", reason="防汛停工", by=SYSTEM)
    days.set_day(day=date(2026, 9, 13), hours="09:00-12:00", reason="补班", by=SYSTEM)
    days.set_day(day=date(2026, 10, 1), hours="09:00-12:00", reason="值班", by=SYSTEM)
    duties.forget()
    found = sources.calendar_until(LAST)
    assert set(found.holidays) == {*usual.holidays, oldest, date(2026, 9, 16)} - {date(2026, 10, 1)}
    assert set(found.make_up_days) == {*usual.make_up_days, date(2026, 9, 13)}
