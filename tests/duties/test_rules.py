"""Who is responsible, as pure rules: one answer, finest unit first, minor class first, by date; overlaps, gaps, seasons."""

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.duties import coverage, rules
from linli.duties.rules import DutyRow


def numbered(number: int) -> UUID:
    return UUID(int=number)


# A path of five units, root first, and a sub-class, its minor and its major class.
PATH = [numbered(n) for n in range(1, 6)]
LINEAGE = [numbered(n) for n in (103, 102, 101)]
ELSEWHERE, OTHER_CLASS = numbered(99), numbered(199)
TODAY = date(2026, 11, 23)


def duty(
    number: int,
    *,
    unit: UUID = PATH[2],
    case_class: UUID = LINEAGE[0],
    body: int = 1,
    lead: bool = True,
    since: date = date(2023, 1, 1),
    until: date | None = None,
    listed: int = 1,
) -> DutyRow:
    return DutyRow(
        numbered(1000 + number), numbered(listed), case_class, unit, numbered(2000 + body), lead, f"第{number}条",
        str(number), number, since, until,
    )  # fmt: skip


def answer(rows: list[DutyRow], day: date = TODAY) -> DutyRow | None:
    found = rules.explain(rules.index_of(rows), PATH, LINEAGE, day)
    return found[0].row if found else None


def test_the_finest_unit_decides():
    city, community = duty(1, unit=PATH[0]), duty(2, unit=PATH[3])
    assert answer([city, community]) == community


def test_the_class_itself_stands_before_its_parents_in_the_same_unit():
    major, minor, sub = (duty(n, case_class=LINEAGE[3 - n]) for n in (1, 2, 3))
    assert answer([major, minor, sub]) == sub
    assert answer([major, minor]) == minor
    assert answer([major]) == major


def test_a_finer_unit_with_the_major_class_stands_before_a_coarser_one_with_the_minor_class():
    fine_major, coarse_minor = duty(1, unit=PATH[4], case_class=LINEAGE[2]), duty(2, unit=PATH[0])
    assert answer([fine_major, coarse_minor]) == fine_major


def test_nobody_answers_for_another_place_or_class():
    assert answer([duty(1, unit=ELSEWHERE), duty(2, case_class=OTHER_CLASS)]) is None


def test_the_day_decides_between_versions():
    old = duty(1, since=date(2020, 1, 1), until=date(2023, 1, 1))
    new = duty(2, since=date(2023, 1, 1))
    assert answer([new, old], date(2022, 12, 31)) == old
    assert answer([new, old], date(2023, 1, 1)) == new
    assert answer([new, old], date(2019, 12, 31)) is None


def test_helpers_come_from_every_level_each_once_and_never_the_lead():
    rows = [
        duty(1, unit=PATH[0], body=7, lead=False),
        duty(2, unit=PATH[3], body=8, lead=False),
        duty(3, unit=PATH[2], body=7, lead=False),
        duty(4, unit=PATH[1], body=9, lead=False),
    ]
    helpers = rules.co_bodies(rules.index_of(rows), PATH, LINEAGE, TODAY, numbered(2009))
    assert helpers == (numbered(2008), numbered(2007))


ROWS = st.lists(
    st.builds(
        duty,
        st.integers(1, 40),
        unit=st.sampled_from([*PATH, ELSEWHERE]),
        case_class=st.sampled_from([*LINEAGE, OTHER_CLASS]),
        body=st.integers(1, 5),
        since=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        until=st.none(),
    ),
    max_size=30,
)


@given(ROWS, st.dates(date(2023, 12, 1), date(2027, 1, 31)))
def test_the_answer_is_the_best_of_a_plain_search(rows, day):
    """The index against its definition: the smallest (distance of the unit, distance of the class) that holds."""
    fitting = [row for row in rows if row.unit_id in PATH and row.class_id in LINEAGE and row.holds(day)]
    best = min(
        ((-PATH.index(row.unit_id), LINEAGE.index(row.class_id)) for row in fitting),
        default=None,
    )
    found = answer(rows, day)
    assert (found and (-PATH.index(found.unit_id), LINEAGE.index(found.class_id))) == best


@given(ROWS)
def test_rows_without_overlap_give_one_answer_whatever_their_order(rows):
    told = coverage.overlaps(rows, [])
    wrong = {id(overlap.row) for overlap in told}
    clean = [row for row in rows if id(row) not in wrong]
    assert coverage.overlaps(clean, []) == []
    assert answer(clean) == answer(clean[::-1])


def test_two_leads_for_one_place_overlap_and_a_helper_does_not():
    first, second, helper = duty(1, body=1), duty(2, body=2), duty(3, body=3, lead=False)
    assert [(o.row, o.other) for o in coverage.overlaps([first, second, helper], [])] == [(second, first)]


def test_a_body_named_twice_for_one_place_overlaps_with_itself():
    lead, again = duty(1, body=1), duty(2, body=1, lead=False)
    assert [(o.row, o.other) for o in coverage.overlaps([lead, again], [])] == [(again, lead)]


def test_other_units_and_other_classes_do_not_overlap():
    assert coverage.overlaps([duty(1), duty(2, unit=PATH[3]), duty(3, case_class=LINEAGE[2])], []) == []


@pytest.mark.parametrize(
    ("since", "until", "meets"),
    [
        (date(2020, 1, 1), None, True),
        (date(2020, 1, 1), date(2023, 1, 1), False),
        (date(2020, 1, 1), date(2023, 1, 2), True),
        (date(2030, 1, 1), None, True),
        (date(2024, 1, 1), date(2024, 1, 1), False),
    ],
)
def test_another_list_overlaps_only_where_both_hold_on_some_day(since, until, meets):
    mine, theirs = duty(1), duty(2, body=2, since=since, until=until, listed=2)
    assert bool(coverage.overlaps([mine], [theirs])) is meets


def test_gaps_name_the_class_and_every_unit_that_has_nobody():
    units = [numbered(n) for n in (11, 12, 13)]
    families = [(PATH[:2], units)]
    lineages = {numbered(102): [numbered(102), numbered(101)], numbered(202): [numbered(202), numbered(201)]}
    rows = [
        duty(1, unit=PATH[0], case_class=numbered(101)),  # a major class in the city covers all
        duty(2, unit=numbered(12), case_class=numbered(202)),
    ]
    assert coverage.gaps(rows, lineages, families) == [coverage.Gap(numbered(202), (numbered(11), numbered(13)))]
    assert coverage.gaps([], lineages, families) == [
        coverage.Gap(numbered(102), tuple(units)),
        coverage.Gap(numbered(202), tuple(units)),
    ]


def test_gaps_keep_the_order_of_units_that_lack_different_classes():
    units = [numbered(n) for n in range(11, 17)]
    families = [(PATH[:1], units[:2]), ((), units[2:])]
    lineages = {numbered(102): [numbered(102)], numbered(202): [numbered(202)]}
    rows = [duty(n, unit=numbered(n), case_class=numbered(202)) for n in (12, 14, 16)]
    assert coverage.gaps(rows, lineages, families) == [
        coverage.Gap(numbered(102), tuple(units)),
        coverage.Gap(numbered(202), (numbered(11), numbered(13), numbered(15))),
    ]


@pytest.mark.parametrize(
    ("day", "inside"),
    [("04-30", False), ("05-01", True), ("07-15", True), ("09-30", True), ("10-01", False)],
)
def test_a_season_includes_both_its_days(day, inside):
    assert rules.in_season(date.fromisoformat(f"2026-{day}"), "05-01", "09-30") is inside


@pytest.mark.parametrize(("day", "inside"), [("10-31", False), ("11-01", True), ("01-15", True), ("02-29", False)])
def test_a_season_may_pass_the_new_year(day, inside):
    assert rules.in_season(date.fromisoformat(f"2024-{day}"), "11-01", "02-28") is inside


MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")


@given(MONTH_DAYS, MONTH_DAYS)
def test_a_season_begins_once_and_ends_once_a_year(season_from, season_to):
    year = [date(2024, 1, 1) + timedelta(n) for n in range(367)]
    inside = [rules.in_season(day, season_from, season_to) for day in year]
    assert any(inside)
    assert sum(before != after for before, after in pairwise(inside)) <= 2
