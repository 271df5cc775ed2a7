"""Pure rules of cases: numbers, words, likeness, what a report must hold, and the lifecycle table as a whole."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.cases import charts, errors, rules
from linli.cases.lifecycle import CHANGES, OPEN, By, changes_from
from linli.cases.models import DONE_STATES, State
from linli.cases.rules import Report
from linli.foundation.access import ANONYMOUS, Actor, ActorKind, Grant, Role
from linli.foundation.errors import DomainError
from linli.foundation.ids import uuid7

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@given(st.integers(1, 10**15))
def test_a_number_survives_being_read_out(number: int) -> None:
    reference = rules.reference_of(number)
    assert rules.number_of(reference) == number
    assert rules.number_of(f"  {reference.replace('-', '')} ") == number


@given(st.integers(10_000, 10**9), st.integers(0, 20), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: int, place: int, shift: int) -> None:
    digits = rules.reference_of(number).replace("-", "")
    place %= len(digits)
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    with pytest.raises(errors.WrongNumber):
        rules.number_of(wrong)


@pytest.mark.parametrize("text", ["", "-", "１２", "abc", "12a4", "٣٤٥", "9" * 40, "'; DROP TABLE"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(errors.WrongNumber):
        rules.number_of(text)


@given(st.text(max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    vector = rules.lexemes(text)
    assert all(vector)
    assert rules.search_query(text) == "" or vector
    assert "\x00" not in rules.clean_text(text, 100)
    assert len(rules.title_of("", text)) <= rules.TITLE_LENGTH


def test_a_word_is_found_wherever_it_stands() -> None:
    assert "'路灯'" in rules.search_query("路灯")
    assert "路灯" in rules.lexemes("双桥子小区路灯不亮，Street lamp 3号楼")
    assert "street" in rules.lexemes("双桥子小区路灯不亮，Street lamp 3号楼")
    assert rules.search_query("灯") == "'灯':*"


@given(st.lists(st.text(min_size=1)), st.lists(st.text(min_size=1)))
def test_likeness_is_symmetric_and_bounded(one: list[str], other: list[str]) -> None:
    assert 0 <= rules.likeness(one, other) <= 1
    assert rules.likeness(one, other) == rules.likeness(other, one)
    assert rules.likeness(one, one) == (1.0 if one else 0.0)


@given(st.floats(0, 1000), st.booleans(), st.floats(0, 1), st.integers(0, 400))
def test_a_nearer_more_alike_case_is_never_less_likely(metres: float, same: bool, alike: float, days: int) -> None:
    age = timedelta(days=days)
    score = rules.duplicate_score(metres, same, alike, age)
    assert 0 <= score <= 1
    assert score <= rules.duplicate_score(metres / 2, True, min(1, alike + 0.1), age / 2)


def test_another_class_without_a_word_in_common_is_no_duplicate_however_near() -> None:
    today = timedelta()
    assert rules.duplicate_score(0, False, 0, today) < rules.LIKELY
    assert rules.duplicate_score(0, None, 0, today) >= rules.LIKELY
    assert rules.duplicate_score(0, False, 0.5, today) >= rules.LIKELY, "the class may be wrong where the words agree"


@given(st.floats(103, 105), st.floats(30, 31), st.floats(0, 6.3), st.floats(0, 249))
def test_the_cells_around_hold_all_within_reach(lon: float, lat: float, bearing: float, metres: float) -> None:
    from math import cos, radians, sin

    x = lon + metres * cos(bearing) / rules.METRES_PER_DEGREE / cos(radians(lat))
    y = lat + metres * sin(bearing) / rules.METRES_PER_DEGREE
    assert rules.cell_of(x, y) in rules.cells_around(lon, lat)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三楼冒烟了，好像着火", "119"),
        ("有人昏迷", "120"),
        ("楼下持刀打架", "110"),
        ("gas leak", "119"),
        ("There is a fire in the stairwell", "119"),
        ("A car blocks the fire lane, the fire extinguisher is gone", ""),
        ("An old man is trapped in the lift", "119"),
        ("It smells of gas on our floor", "119"),
        ("Somebody fainted, she can’t breathe", "120"),
        ("A child got an electric shock", "120"),
        ("Two people are fighting, one was stabbed", "110"),
        ("Somebody is smoking in the lift", ""),
        ("路灯坏了", ""),
    ],
)
def test_danger_to_life_names_the_number_to_call(text: str, number: str) -> None:
    assert rules.emergency_number(text) == number


@pytest.mark.parametrize(
    ("report", "error"),
    [
        (Report(description="😀😀😀", lon=1, lat=1), errors.NothingSaid),
        (Report(description="  ", lon=1, lat=1), errors.NothingSaid),
        (Report(description="ok", title="🚮", lon=1, lat=1), errors.NothingSaid),
        (Report(description="长" * 4001, lon=1, lat=1), errors.TooLong),
        (Report(description="ok", channel="fax", lon=1, lat=1), errors.UnknownChoice),
        (Report(description="ok", nature="?", lon=1, lat=1), errors.UnknownChoice),
        (Report(description="ok", lon=1), errors.HalfAPosition),
        (Report(description="ok"), errors.NoPlace),
        (Report(description="ok", address="双林路1号", file_ids=tuple(range(10))), errors.TooManyPhotos),
        (Report(description="ok", lon=1, lat=1, reported_at=NOW - timedelta(days=730)), errors.DateTooOld),
        (Report(description="ok", lon=1, lat=1, reported_at=NOW + timedelta(days=1)), errors.DateInFuture),
    ],
)
def test_a_report_that_no_desk_could_work_with(report: Report, error: type[DomainError]) -> None:
    with pytest.raises(error) as refused:
        rules.check_report(report, NOW)
    assert refused.value.field
    assert str(refused.value)


def test_markup_stays_text() -> None:
    assert rules.clean_text("<b>x</b>\x00\x1b[31m' OR 1=1 --", 100) == "<b>x</b>[31m' OR 1=1 --"


# The lifecycle table ----------------------------------------------------------------------------------------------------

states, changes = st.sampled_from(list(State)), st.sampled_from(list(CHANGES.values()))


def test_every_state_can_be_reached_and_left() -> None:
    reached = {State.COLLECTED}
    while True:
        more = {change.to for change in CHANGES.values() if change.to and change.sources & reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(State)
    for state in State:
        assert any(change.to not in {None, state} or change.name == "unmerge" for change in changes_from(state)) or (
            state == State.EVALUATED
        )


def test_a_case_is_closed_only_after_somebody_verified_it() -> None:
    # But for a question that was answered on the phone: there was nothing to do, and nothing to verify.
    others = [change for change in CHANGES.values() if change.name != "answer_call"]
    assert {s for change in others if change.to in DONE_STATES for s in change.sources} == {
        State.VERIFIED,
        State.CLOSED,
    }
    assert CHANGES["verify"].sources == frozenset({State.HANDLED})
    assert CHANGES["verify"].roles == frozenset({Role.VERIFIER})
    assert OPEN.isdisjoint({*DONE_STATES, State.DECLINED, State.MERGED})


def test_every_change_has_someone_who_may_make_it() -> None:
    for change in CHANGES.values():
        assert change.roles or change.by
        assert change.sources
        assert str(change.label)


@given(changes, st.sampled_from(list(Role)), st.booleans(), st.booleans())
def test_a_post_elsewhere_allows_nothing(change, role: Role, as_body: bool, is_reporter: bool) -> None:  # type: ignore[no-untyped-def]
    case = SimpleNamespace(units=[uuid7()], lead_body_id=uuid7(), bodies=[])
    grant = Grant(role, None if as_body else uuid7(), uuid7() if as_body else None)
    actor = Actor(uuid7(), ActorKind.PERSON, "somebody", (grant,))
    allowed = rules.may_change(change, case, actor, is_reporter=is_reporter)
    assert allowed == (By.ANYONE in change.by or (is_reporter and By.REPORTER in change.by))


@given(changes)
def test_nobody_unknown_may_anything(change) -> None:  # type: ignore[no-untyped-def]
    case = SimpleNamespace(units=[uuid7()], lead_body_id=None, bodies=[])
    assert not rules.may_change(change, case, ANONYMOUS)


def test_a_rate_says_what_it_was_counted_over_and_nothing_of_nothing():
    rates = rules.Rates(dispatched=3, responded=2, evaluated=4, solved=1, satisfied=4)
    assert (rates.response, rates.solution) == (rules.Rate(2, 3), rules.Rate(1, 4))
    assert (rates.solution.share, rates.satisfaction.share) == (0.25, 1.0)
    assert charts.said(rates.response) == "67% (2/3)"
    none = rules.Rates(0, 0, 0, 0, 0)
    assert (none.response.share, charts.said(none.response)) == (None, "–")


def test_rates_together_are_over_all_that_was_counted():
    whole = rules.together([rules.Rates(1, 1, 0, 0, 0), rules.Rates(3, 0, 2, 2, 1)])
    assert (whole.response, whole.solution, whole.satisfaction) == (
        rules.Rate(1, 4),
        rules.Rate(2, 2),
        rules.Rate(1, 2),
    )
    assert rules.together([]) == rules.Rates(0, 0, 0, 0, 0)
