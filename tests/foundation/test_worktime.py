"""Working time: Chinese holidays and make-up days, other cities, pauses, and what must hold for every limit."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from linli.foundation.worktime import (
    KNOWN_YEARS,
    LAST_YEAR,
    Limit,
    LimitKind,
    OutsideCalendar,
    WorkCalendar,
    moments,
    parse_hours,
    resume_due,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHENGDU = WorkCalendar(SHANGHAI)
HALF_SATURDAYS = WorkCalendar(
    SHANGHAI, overrides={date(2024, 5, day): ((time(9), time(12)),) for day in (11, 18, 25)} | {date(2024, 5, 15): ()}
)
BOSTON = WorkCalendar(ZoneInfo("America/New_York"), day_hours=((time(0), time(0)),), country="none")
CALENDARS = [CHENGDU, HALF_SATURDAYS, BOSTON]
ONE_MICROSECOND = timedelta(microseconds=1)


def local(text: str) -> datetime:
    """A moment of Chengdu's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def working_days(amount: int | str) -> Limit:
    return Limit(Decimal(amount), LimitKind.WORKING_DAY)


def working_hours(amount: int | str) -> Limit:
    return Limit(Decimal(amount), LimitKind.WORKING_HOUR)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 2, 4), True),  # Sunday made up for the Spring Festival
        (date(2024, 2, 18), True),
        (date(2024, 2, 12), False),  # Monday of the Spring Festival
        (date(2024, 10, 1), False),
        (date(2024, 10, 12), True),  # Saturday made up
        (date(2024, 10, 13), False),
        (date(2025, 1, 26), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 23), True),
    ],
)
def test_days_follow_the_state_council(day, works):
    assert CHENGDU.is_workday(day) is works


@pytest.mark.parametrize("year", [KNOWN_YEARS[0] - 1, KNOWN_YEARS[-1] + 1])
def test_years_without_a_notice_fall_back_to_monday_to_friday(year):
    days = [date(year, 10, 1) + timedelta(n) for n in range(14)]
    assert [CHENGDU.is_workday(day) for day in days] == [day.weekday() < 5 for day in days]


def test_an_override_stands_above_the_notice_and_above_the_fallback():
    year = KNOWN_YEARS[-1] + 1
    calendar = WorkCalendar(SHANGHAI, overrides={date(year, 10, 1): (), date(2024, 2, 12): ((time(9), time(12)),)})
    assert not calendar.is_workday(date(year, 10, 1))
    assert calendar.is_workday(date(2024, 2, 12))
    assert calendar.hours_of(date(2024, 2, 12)) == ((time(9), time(12)),)


def test_another_country_knows_no_chinese_holiday():
    assert BOSTON.is_workday(date(2024, 10, 1))
    assert not BOSTON.is_workday(date(2024, 2, 4))
    with pytest.raises(ValueError, match="no calendar for country"):
        WorkCalendar(SHANGHAI, country="FR")


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-11-23 09:30", working_hours(4), "2026-11-23 14:30"),  # over lunch
        ("2026-11-23 16:00", working_hours(2), "2026-11-24 10:00"),  # over night
        ("2026-11-20 16:00", working_hours(2), "2026-11-23 10:00"),  # over the weekend
        ("2026-11-22 03:00", working_hours(7), "2026-11-23 17:00"),  # from Sunday: Monday's whole day
        ("2024-02-03 10:00", working_hours(7), "2024-02-04 17:00"),  # the make-up Sunday works
        ("2024-02-09 10:00", working_hours(8), "2024-02-18 11:00"),  # 10 to 17 February is the festival, 18 makes up
        ("2026-11-23 10:00", working_days(1), "2026-11-24 10:00"),
        ("2026-11-20 20:00", working_days(2), "2026-11-24 17:00"),
        ("2024-09-30 10:00", working_days(5), "2024-10-12 10:00"),  # the 12th is a make-up Saturday
        ("2026-11-23 09:00", working_days("0.5"), "2026-11-23 13:30"),
        ("2026-11-21 22:15", Limit(2, LimitKind.EMERGENCY_HOUR), "2026-11-22 00:15"),
        ("2026-11-21 22:15", Limit(2, LimitKind.CALENDAR_DAY), "2026-11-23 22:15"),
        ("2026-11-21 22:15", working_days(0), "2026-11-21 22:15"),
    ],
)
def test_due(start, limit, due):
    assert CHENGDU.add(local(start), limit) == local(due)
    assert CHENGDU.add(local(start), limit).tzinfo is UTC


def test_a_short_saturday_counts_as_a_day_of_its_own_length():
    # Friday 10:00 is one hour of seven; the same share of Saturday's three hours is 09:25:42.857143.
    due = HALF_SATURDAYS.add(local("2024-05-10 10:00"), working_days(1))
    assert due == local("2024-05-11 09:25:42.857143")


def test_summer_time_keeps_a_working_day_whole():
    # The clocks went forward on Sunday 2024-03-10 and the calendar has whole days as working days.
    start = datetime(2024, 3, 8, 12, tzinfo=ZoneInfo("America/New_York"))
    assert BOSTON.add(start, working_days(1)) == datetime(2024, 3, 11, 12, tzinfo=ZoneInfo("America/New_York"))


MOMENTS = st.datetimes(datetime(2003, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
KINDS = st.sampled_from(list(LimitKind))
AMOUNTS = st.one_of(
    st.integers(0, 400), st.fractions(0, 60, max_denominator=64), st.decimals(0, 90, places=2, allow_nan=False)
)
ANY_CALENDAR = st.sampled_from(CALENDARS)


def as_timedelta(limit: Limit) -> timedelta:
    unit = timedelta(days=1) if limit.kind in {LimitKind.WORKING_DAY, LimitKind.CALENDAR_DAY} else timedelta(hours=1)
    microseconds = Fraction(limit.amount) * (unit // ONE_MICROSECOND)
    return timedelta(microseconds=round(microseconds))


def near(kind: LimitKind) -> timedelta:
    """A microsecond; a working day may have three hours, so that one microsecond of them is eight of a whole day."""
    return 8 * ONE_MICROSECOND if kind is LimitKind.WORKING_DAY else ONE_MICROSECOND


@given(ANY_CALENDAR, MOMENTS, AMOUNTS, KINDS)
@example(CHENGDU, datetime(2024, 2, 3, 20, tzinfo=UTC), 1, LimitKind.WORKING_DAY)
def test_what_was_added_has_elapsed(calendar, start, amount, kind):
    limit = Limit(amount, kind)
    due = calendar.add(start, limit)
    assert due >= start
    assert abs(calendar.elapsed(start, due, kind) - as_timedelta(limit)) <= near(kind)


@given(ANY_CALENDAR, MOMENTS, st.integers(1, 400), KINDS)
def test_the_due_moment_is_the_earliest(calendar, start, amount, kind):
    due = calendar.add(start, Limit(amount, kind))
    assert calendar.elapsed(start, due - timedelta(seconds=1), kind) < as_timedelta(Limit(amount, kind))


@given(ANY_CALENDAR, MOMENTS, MOMENTS, AMOUNTS, KINDS)
def test_later_starts_are_due_no_earlier(calendar, one, other, amount, kind):
    early, late = sorted((one, other))
    limit = Limit(amount, kind)
    assert calendar.add(early, limit) <= calendar.add(late, limit)


@given(ANY_CALENDAR, MOMENTS, AMOUNTS, AMOUNTS, KINDS)
def test_longer_limits_are_due_no_earlier(calendar, start, one, other, kind):
    short, long = sorted((Fraction(one), Fraction(other)))
    assert calendar.add(start, Limit(short, kind)) <= calendar.add(start, Limit(long, kind))


@given(ANY_CALENDAR, MOMENTS, st.integers(0, 200), st.integers(0, 200), KINDS)
def test_a_limit_may_be_split(calendar, start, first, second, kind):
    at_once = calendar.add(start, Limit(first + second, kind))
    in_parts = calendar.add(calendar.add(start, Limit(first, kind)), Limit(second, kind))
    assert abs(at_once - in_parts) <= ONE_MICROSECOND


@given(ANY_CALENDAR, MOMENTS, MOMENTS, MOMENTS, KINDS)
def test_elapsed_time_adds_up(calendar, start, middle, end, kind):
    parts = calendar.elapsed(start, middle, kind) + calendar.elapsed(middle, end, kind)
    assert abs(parts - calendar.elapsed(start, end, kind)) <= near(kind)
    assert calendar.elapsed(end, start, kind) == -calendar.elapsed(start, end, kind) or kind is LimitKind.WORKING_DAY


@given(st.sampled_from([CHENGDU, HALF_SATURDAYS]), MOMENTS)
@settings(max_examples=30)
def test_an_hour_of_work_is_an_hour_that_some_day_lists(calendar, start):
    """The table against the plain definition, minute by minute of one day."""
    day = start.astimezone(SHANGHAI).date()
    midnight = datetime.combine(day, time(), SHANGHAI)
    minutes = sum(
        any(opens <= (midnight + timedelta(minutes=n)).time() < closes for opens, closes in calendar.hours_of(day))
        for n in range(24 * 60)
    )
    assert calendar.elapsed(midnight, midnight + timedelta(1), LimitKind.WORKING_HOUR) == timedelta(minutes=minutes)


@given(
    MOMENTS,
    st.integers(1, 90),
    KINDS,
    st.timedeltas(timedelta(0), timedelta(20)),
    st.timedeltas(timedelta(0), timedelta(20)),
)
def test_a_pause_takes_nothing_from_the_limit(start, amount, kind, worked, paused):
    limit = Limit(amount, kind)
    due = CHENGDU.add(start, limit)
    paused_at, resumed_at = start + worked, start + worked + paused
    later = resume_due(due, paused_at, resumed_at, kind, CHENGDU)
    used = CHENGDU.elapsed(start, paused_at, kind)
    assert abs(used + CHENGDU.elapsed(resumed_at, later, kind) - as_timedelta(limit)) <= 3 * near(kind)
    assert later >= due


def test_a_pause_over_the_weekend_takes_no_working_time():
    due = local("2026-11-24 10:00")
    paused, resumed = local("2026-11-20 18:00"), local("2026-11-22 12:00")
    assert resume_due(due, paused, resumed, LimitKind.WORKING_HOUR, CHENGDU) == due
    assert resume_due(due, paused, resumed, LimitKind.EMERGENCY_HOUR, CHENGDU) == due + timedelta(hours=42)
    with pytest.raises(ValueError, match="before it was paused"):
        resume_due(due, resumed, paused, LimitKind.WORKING_HOUR, CHENGDU)


def test_escalation_moments_are_shares_of_the_limit():
    start = local("2026-11-23 09:00")
    assert moments(start, working_days(2), CHENGDU) == [
        local("2026-11-23 17:00"),
        local("2026-11-24 17:00"),
        local("2026-11-25 17:00"),
    ]


@given(ANY_CALENDAR, MOMENTS, st.integers(1, 60), KINDS, st.sampled_from([0.25, 0.5, 1.0, 1.5]))
def test_the_share_used_at_a_moment_is_its_fraction(calendar, start, amount, kind, fraction):
    limit = Limit(amount, kind)
    [moment] = moments(start, limit, calendar, [fraction])
    assert calendar.share(start, moment, limit) == pytest.approx(fraction, abs=1e-6)


def test_no_limit_is_used_up_at_once():
    start = local("2026-11-23 09:00")
    assert CHENGDU.share(start, start, working_hours(0)) == 1.0


def test_moments_need_a_time_zone_and_a_year_that_is_counted():
    with pytest.raises(ValueError, match="time zone"):
        CHENGDU.add(datetime(2024, 1, 1), working_hours(1))
    with pytest.raises(OutsideCalendar):
        CHENGDU.add(datetime(1900, 1, 1, tzinfo=UTC), working_hours(1))
    with pytest.raises(OutsideCalendar):
        CHENGDU.add(datetime(LAST_YEAR, 12, 30, tzinfo=UTC), working_hours(100))
    with pytest.raises(OutsideCalendar):
        CHENGDU.add(datetime(LAST_YEAR, 12, 30, tzinfo=UTC), working_days(100))


@pytest.mark.parametrize(("amount", "error"), [(-1, ValueError), (0.5, TypeError), ("3", TypeError)])
def test_limits_are_exact_and_not_negative(amount, error):
    with pytest.raises(error):
        Limit(amount, LimitKind.WORKING_DAY)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        ("09:00-12:00,13:00-17:00", ((time(9), time(12)), (time(13), time(17)))),
        (" 08:30 - 12:00 ", ((time(8, 30), time(12)),)),
        ("00:00-24:00", ((time(0), time(0)),)),
    ],
)
def test_hours_are_read_from_text(text, hours):
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["9", "12:00-09:00", "09:00-12:00,11:00-13:00", "9-12", "09:00-24:00,10:00-11:00", "09:00+08:00-12:00"]
)
def test_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_hours(text)


@given(st.lists(st.times(), min_size=2, max_size=6, unique=True))
def test_any_ordered_hours_are_accepted_and_measured(times):
    ordered = sorted(times)
    assume(len(ordered) % 2 == 0)
    hours = tuple(zip(ordered[::2], ordered[1::2], strict=True))
    text = ",".join(f"{opens.isoformat()}-{closes.isoformat()}" for opens, closes in hours)
    assert parse_hours(text) == hours


def test_a_stretch_in_the_hour_that_summer_time_leaves_out_takes_no_time():
    missing = {date(2024, 3, 10): parse_hours("01:00-02:30,02:30-03:00,03:00-05:00"), date(2024, 3, 9): ()}
    calendar = WorkCalendar(ZoneInfo("America/New_York"), overrides=missing, country="none")
    night = datetime(2024, 3, 10, tzinfo=ZoneInfo("America/New_York"))
    # From one to two, and from three to five.
    assert calendar.elapsed(night, night + timedelta(days=1), LimitKind.WORKING_HOUR) == timedelta(hours=3)
    assert calendar.elapsed(night, night + timedelta(days=1), LimitKind.WORKING_DAY) == timedelta(days=1)
    only = WorkCalendar(
        ZoneInfo("America/New_York"), overrides={date(2024, 3, 10): parse_hours("02:30-03:00")}, country="none"
    )
    assert only.elapsed(night, night + timedelta(days=1), LimitKind.WORKING_DAY) == timedelta()


def test_one_and_a_half_times_the_longest_limit_can_be_counted():
    due = moments(datetime(2026, 11, 25, tzinfo=UTC), working_days(9999), CHENGDU)
    assert due == sorted(due)
