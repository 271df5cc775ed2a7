"""Phone numbers, periods, one-time passwords and waiting times, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.people import rules
from linli.people.rules import Period

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
periods = st.tuples(moments, st.none() | moments).map(
    lambda pair: Period(pair[0], pair[1] if pair[1] is None else max(pair))
)
# From RFC 6238, appendix B: SHA-1, secret "12345678901234567890", last six of the eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_VECTORS = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(
    "typed",
    ["13800001234", "+8613800001234", "+86 138 0000 1234", "0086-138-0000-1234", "8613800001234", "138 00001234"],
)
def test_a_mainland_number_has_one_form(typed: str) -> None:
    assert rules.normalise_phone(typed) == "13800001234"
    assert rules.normalise_phone("13800001234") == "13800001234"


def test_foreign_numbers_keep_their_country() -> None:
    assert rules.normalise_phone("+1 (617) 555-0100") == "+16175550100"
    assert rules.normalise_phone("+852 9123 4567") == "+85291234567"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1380000123",
        "138000012345",
        "12800001234",
        "+86123",
        "+0123456789",
        "abc",
        "١٣٨٠٠٠٠١٢٣٤",
        "1" * 1000,
        "'; --",
    ],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(rules.InvalidPhone):
        rules.normalise_phone(typed)


@pytest.mark.parametrize(
    "typed", ["028-8444 1234", "(028) 84441234", "+86 28 8444 1234", "0086-28-84441234", "８６２８８４４４１２３４"]
)
def test_a_landline_has_one_form_and_no_text_reaches_it(typed: str) -> None:
    assert rules.normalise_caller(typed) == "02884441234"
    assert rules.is_landline("02884441234")
    with pytest.raises(rules.InvalidPhone):
        rules.normalise_phone(typed)


def test_who_calls_may_call_from_anywhere() -> None:
    numbers = {"0830 312 3456": "08303123456", "010 6512 3456": "01065123456", "138 0000 1234": "13800001234"}
    assert {typed: rules.normalise_caller(typed) for typed in numbers} == numbers
    assert not any(rules.is_landline(rules.normalise_caller(number)) for number in ("13800001234", "+85291234567"))
    for typed in ("84441234", "028-1234", "028 1444 1234", "0138 0000 1234", "028844412345", "9" * 41, "028٨٤٤٤١٢٣٤"):
        with pytest.raises(rules.InvalidCaller):
            rules.normalise_caller(typed)


@given(st.text(max_size=60))
def test_any_text_is_a_number_in_its_one_form_or_refused(text: str) -> None:
    try:
        number = rules.normalise_phone(text)
    except rules.InvalidPhone:
        return
    assert rules.normalise_phone(number) == number
    assert rules.normalise_caller(number) == number


@pytest.mark.parametrize("typed", ["１２３４５６", " 123 456 ", "123-456"])
def test_a_code_may_be_typed_in_several_ways(typed: str) -> None:
    assert rules.code_hash(typed, "row") == rules.code_hash("123456", "row")
    assert rules.code_hash(typed, "another row") != rules.code_hash("123456", "row")


@pytest.mark.reference
@pytest.mark.parametrize(("seconds", "password"), RFC_VECTORS)
def test_one_time_passwords_are_those_of_rfc_6238(seconds: int, password: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert rules.current_totp(RFC_SECRET, moment) == password
    assert rules.matching_step(RFC_SECRET, password, moment, 0) == seconds // 30


@given(moments, st.integers(-120, 120))
def test_a_one_time_password_counts_for_one_step_either_way(moment: datetime, seconds: int) -> None:
    shown = moment + timedelta(seconds=seconds)
    away = rules.totp_step(shown) - rules.totp_step(moment)
    found = rules.matching_step(RFC_SECRET, rules.current_totp(RFC_SECRET, shown), moment, 0)
    assert found == (rules.totp_step(shown) if abs(away) <= 1 else None)


def test_a_step_counts_once() -> None:
    password = rules.current_totp(RFC_SECRET, NOW)
    step = rules.matching_step(RFC_SECRET, password, NOW, 0)
    assert step is not None
    assert rules.matching_step(RFC_SECRET, password, NOW, step) is None


@given(periods, periods)
def test_periods_overlap_exactly_where_both_hold(one: Period, other: Period) -> None:
    both = max(one.start, other.start)
    assert one.overlaps(other) == (one.holds(both) and other.holds(both))
    assert one.overlaps(other) == other.overlaps(one)


@given(periods, moments)
def test_a_period_ended_holds_no_more(period: Period, moment: datetime) -> None:
    ended = period.ended_at(moment)
    assert ended.within(period)
    assert not ended.holds(moment)
    assert not ended.holds(moment + timedelta(days=400))
    assert ended.ended_at(moment) == ended


@given(st.lists(moments, max_size=12), moments, st.integers(1, 6))
def test_the_waiting_time_is_enough_and_not_a_minute_too_long(made: list[datetime], now: datetime, limit: int) -> None:
    window = timedelta(hours=1)
    past = [moment for moment in made if moment <= now]
    minutes = rules.minutes_until(past, limit, window, now)
    then = now + timedelta(minutes=minutes)
    assert sum(moment > then - window for moment in past) < limit
    if minutes > 1:
        earlier = now + timedelta(minutes=minutes - 1)
        assert sum(moment > earlier - window for moment in past) >= limit


def test_recovery_codes_differ_and_are_typed_in_any_way() -> None:
    codes = rules.new_recovery_codes()
    assert len(set(codes)) == rules.RECOVERY_CODES
    assert rules.recovery_hash(codes[0].lower().replace("-", " "), 1) == rules.recovery_hash(codes[0], 1)
    assert rules.recovery_hash(codes[0], 1) != rules.recovery_hash(codes[0], 2)


@pytest.mark.parametrize("name", ["", "ab", "-abc", "王小明", "a b c", "x" * 65, "a'--"])
def test_strange_user_names_are_refused(name: str) -> None:
    with pytest.raises(rules.InvalidUsername):
        rules.normalise_username(name)
