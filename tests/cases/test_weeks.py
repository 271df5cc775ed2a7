"""Weeks of figures: counted now for small units, ahead for the city and its districts, and the same either way."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from factories.world import ELSEWHERE, HERE, World

from linli.cases import actions, jobs, queries, rules
from linli.cases.models import Case, ClassWeek, Week
from linli.cases.queries import Filters
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound

ZONE = ZoneInfo("Asia/Shanghai")
# A Wednesday.
NOW = datetime(2026, 11, 25, 12, tzinfo=ZONE)


def tell(world: World, at: datetime, place: tuple[float, float] = HERE) -> UUID:
    with clock.at(at), acting_as(SYSTEM):
        report = Report(description="路灯不亮", lon=place[0], lat=place[1], class_code="0102")
        return actions.collect(report=report, by=SYSTEM).case.id


def live(world: World, case: UUID, at: datetime, *, stars: int) -> None:
    """From filing to the rating, within a day."""
    with acting_as(SYSTEM):
        handler = world.actor("handler", Role.HANDLER, None, "street")
        desk = world.actor("desk", Role.DESK, "51")
        verifier = world.actor("verifier", Role.VERIFIER, "51")
        for hours, verb, by, more in (
            (1, actions.file, desk, {"class_code": "0103"}),
            (2, actions.dispatch, desk, {"body_id": world.bodies["street"].id, "note": "就近处理"}),
            (2, actions.accept, handler, {}),
            (3, actions.report_back, handler, {"note": "已更换"}),
            (4, actions.verify, verifier, {}),
            (5, actions.close, desk, {}),
        ):
            with clock.at(at + timedelta(hours=hours)):
                verb(cases=[case], by=by, **more)
        Case.objects.filter(pk=case).update(stars=stars, solved=stars > 1)


@pytest.fixture
def lived(world: World) -> World:
    """Two cases of the week before, one of them on the other side of the city and rated badly; one of this week, still open."""
    monday = datetime(2026, 11, 16, 0, 0, 1, tzinfo=ZONE)
    live(world, tell(world, monday), monday, stars=5)
    live(world, tell(world, monday + timedelta(days=1), ELSEWHERE), monday + timedelta(days=1), stars=1)
    # In UTC this is still Sunday.
    tell(world, datetime(2026, 11, 23, 0, 0, 1, tzinfo=ZONE))
    return world


def shown(actor: Actor, unit: UUID, weeks: int = 3) -> list[tuple[str, int, int, tuple[int, int, int, int]]]:
    with clock.at(NOW), acting_as(actor):
        found = queries.by_week(actor, unit, weeks)
        return [
            (f"{row.start:%m-%d}", row.opened, row.closed,
             (row.rates.dispatched, row.rates.responded, row.rates.evaluated, row.rates.satisfied))
            for row in found.rows
        ]  # fmt: skip


def test_a_small_unit_is_counted_now(lived: World) -> None:
    desk = lived.actor("west", Role.DESK, "W")
    assert shown(desk, lived.id("W1")) == [
        ("11-09", 0, 0, (0, 0, 0, 0)),
        ("11-16", 1, 1, (1, 1, 1, 1)),
        ("11-23", 1, 0, (0, 0, 0, 0)),
    ]


def test_what_holds_many_cases_is_counted_by_the_hour(lived: World) -> None:
    leader = lived.actor("leader", Role.LEADER, "51")
    assert [row[1] for row in shown(leader, lived.id("51"))] == [0, 0, 0]
    with clock.at(NOW):
        jobs.count_weeks()
    for unit in ("51", "5101"):
        assert shown(leader, lived.id(unit)) == [
            ("11-09", 0, 0, (0, 0, 0, 0)),
            ("11-16", 2, 2, (2, 2, 2, 1)),
            ("11-23", 1, 0, (0, 0, 0, 0)),
        ]
    assert shown(leader, lived.id("W")) == [
        ("11-09", 0, 0, (0, 0, 0, 0)),
        ("11-16", 1, 1, (1, 1, 1, 1)),
        ("11-23", 1, 0, (0, 0, 0, 0)),
    ]
    # Counting anew counts nothing twice.
    with clock.at(NOW):
        jobs.count_all_weeks()
    assert shown(leader, lived.id("51"))[1][1:3] == (2, 2)


def test_rates_by_body_are_the_same_counted_now_and_ahead(lived: World) -> None:
    leader = lived.actor("leader", Role.LEADER, "51")
    with clock.at(NOW):
        jobs.count_weeks()
        with acting_as(leader):
            start, end = date(2026, 11, 16), date(2026, 11, 23)
            before, ahead = queries.rates_by_body(leader, lived.id("51"), start - timedelta(weeks=1), start, end)
            midnights = [datetime.combine(day, time(), ZONE) for day in (start, end)]
            now = queries.rates(leader, since=midnights[0], until=midnights[1])
            assert ahead == now == {lived.bodies["street"].id: rules.Rates(2, 2, 2, 1, 1)}
            assert before == queries.rates(leader, since=midnights[0] - timedelta(weeks=1), until=midnights[0])
            later = end + timedelta(weeks=1)
            for unit, counts in (("51", (2, 2, 2, 1, 1)), ("W", (1, 1, 1, 1, 1)), ("W1", (1, 1, 1, 1, 1))):
                part, nothing = queries.rates_by_body(leader, lived.id(unit), start, end, later)
                assert part == {lived.bodies["street"].id: rules.Rates(*counts)}
                assert nothing == {}
            # Further back than anything was counted: the cases of a subdistrict are read.
            Week.objects.all().delete()
            earlier = queries.first_week(rules.WEEKS_COUNTED + 1)
            _long_ago, part = queries.rates_by_body(leader, lived.id("W"), earlier, start, end)
            assert part == {lived.bodies["street"].id: rules.Rates(1, 1, 1, 1, 1)}


def test_units_below_are_the_same_counted_now_and_ahead(lived: World) -> None:
    case = tell(lived, datetime(2026, 11, 17, tzinfo=ZONE))
    # In the district, and in none of its subdistricts.
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case).update(subdistrict=None)
    with clock.at(NOW), acting_as(SYSTEM):
        actions.count_weeks(by=SYSTEM)
        start = queries.first_week(3)
        for unit, class_id in (
            ("5101", None),
            ("51", None),
            ("51", lived.classes["0103"].pk),
            ("5101", lived.classes["0103"].pk),
        ):
            ahead = queries.by_week_below(SYSTEM, lived.id(unit), start, 3, class_id)
            # So far back nothing was counted ahead: every case is read.
            earlier = queries.first_week(rules.WEEKS_COUNTED + 1)
            now = queries.by_week_below(SYSTEM, lived.id(unit), earlier, rules.WEEKS_COUNTED + 1, class_id)
            assert ahead.counted_at == NOW
            assert now.counted_at is None
            assert ahead.weeks == {key: weeks[-3:] for key, weeks in now.weeks.items()}
        below = queries.by_week_below(SYSTEM, lived.id("5101"), start, 3).weeks
    assert {key: [week.opened for week in weeks] for key, weeks in below.items()} == {
        lived.id("W"): [0, 1, 1],
        lived.id("E"): [0, 1, 0],
        None: [0, 1, 0],
    }


def test_classes_are_the_same_counted_now_and_ahead(lived: World) -> None:
    case = tell(lived, datetime(2026, 11, 17, tzinfo=ZONE))
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case).update(case_class=None)
    with clock.at(NOW), acting_as(SYSTEM):
        actions.count_weeks(by=SYSTEM)
        start = queries.first_week(2)
        ahead = queries.reported_by_class(SYSTEM, lived.id("5101"), start, 2)
        parts = [queries.reported_by_class(SYSTEM, lived.id(unit), start, 2) for unit in ("W", "E")]
        assert ahead == {
            lived.classes["0103"].pk: [2, 0],
            lived.classes["0102"].pk: [0, 1],
            None: [1, 0],
        }
        for key, counts in ahead.items():
            assert [sum(part.get(key, [0, 0])[week] for part in parts) for week in range(2)] == counts
    west = lived.actor("west", Role.DESK, "W")
    with acting_as(west), pytest.raises(NotFound):
        queries.reported_by_class(west, lived.id("5101"), start, 2)


@pytest.mark.parametrize("back", [0, 1])
@pytest.mark.parametrize("code", ["51", "5101", "W", "E", "W1"])
def test_a_report_tells_what_is_told_one_by_one(lived: World, code: str, back: int) -> None:
    unit, monday = lived.id(code), date(2026, 11, 23) - timedelta(weeks=back)
    start = monday - timedelta(weeks=2)
    with clock.at(NOW), acting_as(SYSTEM):
        actions.count_weeks(by=SYSTEM)
        told = queries.in_report(SYSTEM, unit, monday, 2)
        assert told.weeks.rows == queries.by_week(SYSTEM, unit, back + 3).rows[:3]
        assert told.by_class == queries.reported_by_class(SYSTEM, unit, start, 3)
        assert told.bodies == queries.rates_by_body(SYSTEM, unit, monday, monday, monday + timedelta(weeks=1))[1]
        assert any(row.opened for row in told.weeks.rows) == bool(told.by_class)
    stranger = lived.actor("stranger", Role.DESK, "E2")
    with acting_as(stranger), pytest.raises(NotFound):
        queries.in_report(stranger, unit, monday, 2)


def test_nobody_sees_the_figures_of_a_unit_that_is_not_theirs(lived: World) -> None:
    with clock.at(NOW):
        jobs.count_weeks()
    west = lived.actor("west", Role.DESK, "W")
    for unit in ("E", "5101", "51"):
        with pytest.raises(NotFound):
            shown(west, lived.id(unit))
    # And the database says the same.
    with acting_as(west):
        assert set(Week.objects.values_list("unit", flat=True)) == {lived.id("W")}
        assert set(ClassWeek.objects.values_list("unit", flat=True)) == {lived.id("W")}
    with acting_as(lived.actor("district", Role.DESK, "5101")):
        assert set(Week.objects.values_list("unit", flat=True)) == {lived.id(unit) for unit in ("5101", "W", "E")}
        assert set(ClassWeek.objects.values_list("unit", flat=True)) == {lived.id(unit) for unit in ("5101", "W", "E")}


def test_weeks_that_an_older_version_did_not_count_are_counted_within_the_hour(lived: World) -> None:
    monday = datetime(2026, 3, 2, 12, tzinfo=ZONE)
    case = tell(lived, monday)
    with clock.at(NOW), acting_as(SYSTEM):
        jobs.count_all_weeks()
        wanted = queries.by_week_below(SYSTEM, lived.id("5101"), queries.first_week(52), 52)
        ClassWeek.objects.filter(unit__level="subdistrict").delete()
        Week.objects.filter(unit__level="subdistrict").delete()
        jobs.count_weeks()
        assert queries.by_week_below(SYSTEM, lived.id("5101"), queries.first_week(52), 52).weeks == wanted.weeks
        # And from then on only what may still change.
        Case.objects.filter(pk=case).delete()
        jobs.count_weeks()
        assert queries.by_week_below(SYSTEM, lived.id("5101"), queries.first_week(52), 52).weeks == wanted.weeks


def test_only_the_system_counts(world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.count_weeks(by=world.actor("leader", Role.LEADER, "51"))


def test_lists_are_narrowed_to_the_days_of_an_end_or_a_dispatch(lived: World) -> None:
    leader = lived.actor("leader", Role.LEADER, "51")
    since, until = datetime(2026, 11, 17, tzinfo=ZONE), datetime(2026, 11, 18, tzinfo=ZONE)
    with acting_as(leader):
        for filters in (Filters(ended_from=since, ended_to=until), Filters(sent_from=since, sent_to=until)):
            found = queries.desk_page(leader, filters).cases
            assert [case.stars for case in found] == [1]


@pytest.mark.parametrize(
    "text",
    ["", "..", "2026-11-16", "2026-11-22..2026-11-16", "x..y", "0001-01-01..9999-12-31", "2026-02-30..2026-03-01"],
)
def test_days_that_cannot_be_read_are_none(text: str) -> None:
    assert rules.span_of(text) is None


def test_days_are_read_as_they_are_written() -> None:
    span = date(2026, 11, 16), date(2026, 11, 22)
    assert rules.span_of(rules.span_text(*span)) == span
