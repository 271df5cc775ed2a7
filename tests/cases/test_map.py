"""The map of cases: cells and points say exactly what lists say, counted ahead or now, and nobody sees a unit that is not theirs."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import pytest
from django.db.models import Q
from factories.world import ELSEWHERE, HERE, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.cases import actions, cells, errors, jobs, queries, rules
from linli.cases.cells import Window
from linli.cases.models import Case, CellMonth
from linli.cases.queries import Look, Shown, View
from linli.cases.queries import map as map_queries
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 12, tzinfo=ZONE)
CITY = Window(103.99, 30.59, 104.05, 30.65)
CHENGDU = {"lon": st.floats(103, 105), "lat": st.floats(30, 31.5)}


def tell(at: datetime, place: tuple[float, float] = HERE, ended: datetime | None = None, code: str = "0102") -> Case:
    with clock.at(at), acting_as(SYSTEM):
        report = Report(description="路灯不亮", lon=place[0], lat=place[1], class_code=code)
        case = actions.collect(report=report, by=SYSTEM).case
        if ended:
            Case.objects.filter(pk=case.pk).update(state="declined", closed_at=ended)
    return case


@pytest.fixture
def lived(world: World) -> World:
    """Four cases of four days, one on the other side of the city; the first has ended, and one other on the day before today."""
    tell(NOW - timedelta(days=9), ended=NOW - timedelta(days=5))
    tell(NOW - timedelta(days=4), ended=NOW - timedelta(days=1))
    tell(NOW - timedelta(days=2), ELSEWHERE, code="0103")
    tell(NOW - timedelta(hours=1))
    return world


def seen(
    actor: Actor, world: World, unit: str, zoom: float = 11, window: Window = CITY, now: datetime = NOW, **asked: object
) -> View:
    with clock.at(now), acting_as(actor):
        return queries.look(actor, Look(world.id(unit), window, zoom, **asked))  # type: ignore[arg-type]


def total(view: View) -> int:
    return sum(cell.cases for cell in view.cells) + len(view.points)


@pytest.mark.parametrize("zoom", [4, 8.5, 10, 11, 13, 14, 16])
@pytest.mark.parametrize("counted", [False, True])
def test_every_zoom_tells_of_the_same_cases(lived: World, zoom: float, counted: bool) -> None:
    if counted:
        with clock.at(NOW):
            jobs.count_all_cells()
    leader = lived.actor("leader", Role.LEADER, "51")
    ways = {
        2: {"shown": Shown.OPEN},
        4: {"shown": Shown.REPORTED},
        3: {"shown": Shown.REPORTED, "since": NOW - timedelta(days=4, hours=2)},
        1: {"shown": Shown.STANDING, "until": NOW - timedelta(days=3)},
    }
    for cases, asked in ways.items():
        assert total(seen(leader, lived, "51", zoom, **asked)) == cases, asked
    lamp = lived.classes["0103"].id
    assert total(seen(leader, lived, "51", zoom, shown=Shown.REPORTED, class_id=lamp)) == 1
    assert total(seen(leader, lived, "W", zoom, shown=Shown.REPORTED)) == 3


@pytest.mark.parametrize("hours", [0, 1, 20, 30, 47, 49, 90, 100, 119, 121, 215, 217])
def test_a_past_moment_shows_what_was_open_then(lived: World, hours: int) -> None:
    moment = NOW - timedelta(hours=hours)
    with acting_as(SYSTEM):
        open_then = sum(
            case.reported_at < moment and (case.closed_at is None or case.closed_at >= moment)
            for case in Case.objects.all()
        )
    leader = lived.actor("leader", Role.LEADER, "51")
    now = total(seen(leader, lived, "51", shown=Shown.STANDING, until=moment))
    with clock.at(NOW):
        jobs.count_cells()
    ahead = total(seen(leader, lived, "51", shown=Shown.STANDING, until=moment))
    assert now == ahead == open_then


# Hours before now of a report, and of its end; none while it is open.
MOMENTS = st.tuples(st.integers(0, 70 * 24), st.none() | st.integers(0, 70 * 24))


def live(cases: list[Case], now: datetime, lives: list[tuple[int, int | None]]) -> None:
    for case, (told, ended) in zip(cases, lives, strict=True):
        closed_at = None if ended is None else now - timedelta(hours=min(told, ended))
        state = "collected" if closed_at is None else "declined"
        Case.objects.filter(pk=case.pk).update(
            reported_at=now - timedelta(hours=told), closed_at=closed_at, state=state
        )


@given(
    now=st.sampled_from([(3, 1, 0), (3, 1, 12), (3, 8, 12), (3, 31, 12), (1, 3, 0), (11, 25, 12)]),
    lives=st.lists(MOMENTS, min_size=4, max_size=4),
    first_counted=st.integers(0, 45),
    then=st.sampled_from(["nothing", "hourly", "nightly"]),
    corrected=MOMENTS,
    period=st.tuples(st.integers(0, 75 * 24), st.integers(0, 75 * 24)),
    zoom=st.sampled_from([8.5, 10, 11, 13, 14]),
    whole_city=st.booleans(),
    of_class=st.booleans(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_whatever_was_counted_ahead_the_map_says_what_a_plain_count_says(
    lived: World,
    now: tuple[int, int, int],
    lives: list[tuple[int, int | None]],
    first_counted: int,
    then: str,
    corrected: tuple[int, int | None],
    period: tuple[int, int],
    zoom: float,
    whole_city: bool,
    of_class: bool,
) -> None:
    """At the borders of months too, and where a past day was corrected: of the last days by the hour, of any day by the night."""
    month, day, hour = now
    at = datetime(2026, month, day, hour, tzinfo=ZONE)
    since, until = (at - timedelta(hours=hours) for hours in sorted(period, reverse=True))
    wanted = lived.classes["0102"].id if of_class else None
    leader = lived.actor("leader", Role.LEADER, "51")
    with acting_as(SYSTEM):
        cases = list(Case.objects.order_by("pk"))
        CellMonth.objects.all().delete()
        live(cases, at, lives)
        with clock.at(at - timedelta(days=first_counted)):
            jobs.count_all_cells()
        if then == "nightly":
            live(cases, at, [corrected, *lives[1:]])
            with clock.at(at):
                jobs.count_all_cells()
        elif then == "hourly":
            in_motion = rules.DAYS_IN_MOTION * 24
            if max(hours or 0 for moments in (corrected, lives[0]) for hours in moments) <= in_motion:
                live(cases, at, [corrected, *lives[1:]])
            with clock.at(at):
                jobs.count_cells()
        plain = Case.objects.filter(**({"case_class": wanted} if wanted else {}))
        reported = plain.filter(reported_at__gte=since, reported_at__lt=until).count()
        standing = plain.filter(Q(closed_at=None) | Q(closed_at__gte=until), reported_at__lt=until).count()

    def shown(**asked: object) -> int:
        return total(seen(leader, lived, "51" if whole_city else "5101", zoom, now=at, class_id=wanted, **asked))

    assert shown(shown=Shown.REPORTED, since=since, until=until) == reported
    assert shown(shown=Shown.STANDING, until=until) == standing


def test_counting_anew_counts_nothing_twice_and_leaves_today_out(lived: World) -> None:
    for _ in range(2):
        with clock.at(NOW):
            jobs.count_all_cells()
            jobs.count_cells()
    with acting_as(SYSTEM):
        rows = CellMonth.objects.filter(case_class=None)
        assert sum(row.reported[-1] for row in rows) == 3
        assert sum(row.ended[-1] for row in rows) == 2
        assert {row.through for row in rows} == {NOW.date() - timedelta(days=1)}


def test_cells_tell_how_many_are_late(lived: World) -> None:
    with acting_as(SYSTEM):
        Case.objects.filter(closed_at=None, lon=HERE[0]).update(due_at=NOW - timedelta(minutes=1))
    leader = lived.actor("leader", Role.LEADER, "51")
    assert sum(cell.late or 0 for cell in seen(leader, lived, "51").cells) == 1
    for asked in ({"shown": Shown.REPORTED}, {"shown": Shown.STANDING, "until": NOW}):
        found = seen(leader, lived, "51", **asked).cells
        assert {cell.late for cell in found} == {None}, "nobody counts there how many were late"


def test_zoomed_in_a_window_holds_what_lies_in_it(lived: World) -> None:
    leader = lived.actor("leader", Role.LEADER, "51")
    around = Window(HERE[0] - 0.001, HERE[1] - 0.001, HERE[0] + 0.001, HERE[1] + 0.001)
    (case,) = seen(leader, lived, "51", 17, around).points
    assert (case.lon, case.lat) == HERE


@pytest.mark.parametrize("zoom", [11, 13, 16])
def test_standing_without_a_moment_is_standing_now(lived: World, zoom: float) -> None:
    leader = lived.actor("leader", Role.LEADER, "51")
    assert total(seen(leader, lived, "51", zoom, shown=Shown.STANDING)) == 2
    # A moment ends before what is reported in it, told by cell or one by one.
    last = NOW - timedelta(hours=1)
    assert total(seen(leader, lived, "51", zoom, shown=Shown.REPORTED, until=last)) == 3


@pytest.mark.parametrize("zoom", [4, 11, 14, 16, 24])
@pytest.mark.parametrize("degrees", [0.01, 0.5, 5, 60])
def test_no_window_holds_more_cells_than_said(zoom: float, degrees: float) -> None:
    window = Window(104 - degrees, 30 - degrees, 104 + degrees, 30 + degrees)
    area = cells._area(window)
    assert area / h3.average_hexagon_area(cells.resolution_at(zoom, window), "km^2") <= cells.MOST_CELLS


def test_too_many_for_points_are_told_by_cell(lived: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_queries, "MOST_POINTS", 1)
    view = seen(lived.actor("leader", Role.LEADER, "51"), lived, "51", 16)
    assert (view.points, view.resolution, total(view)) == ([], 9, 2)


def test_nobody_sees_the_map_of_a_unit_that_is_not_theirs(lived: World) -> None:
    west = lived.actor("west", Role.DESK, "W")
    for unit in ("E", "5101", "51"):
        with pytest.raises(NotFound):
            seen(west, lived, unit)
    with clock.at(NOW):
        jobs.count_all_cells()
    # And the database says the same, whatever the code asks.
    with clock.at(NOW), acting_as(west):
        asked = Look(lived.id("51"), CITY, 11, Shown.REPORTED, until=NOW)
        assert map_queries._counted(asked, 7) == {}
        assert not CellMonth.objects.exists()


def test_only_the_system_counts(world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.count_cells(by=world.actor("leader", Role.LEADER, "51"))


@given(resolution=st.integers(4, 9), stored=st.sampled_from([8, 9]), times=st.sampled_from([1, 20, 400]), **CHENGDU)
def test_the_ranges_of_a_window_hold_every_place_in_it(
    resolution: int, stored: int, times: int, lon: float, lat: float
) -> None:
    west, east, south, north = lon - 0.01 * times, lon + 0.02 * times, lat - 0.01 * times, lat + 0.03 * times
    ranges = cells.ranges_in(Window(west, south, east, north), resolution, stored)
    for place in ((lon, lat), (west + 0.0001, south + 0.0001), (east - 0.0001, north - 0.0001)):
        cell = h3.cell_to_parent(rules.cell_of(*place), stored)
        assert any(first <= cell < last for first, last in ranges)
    assert all(last < first for (_begin, last), (first, _end) in pairwise(ranges))


@given(resolution=st.integers(0, 8), **CHENGDU)
def test_the_cell_above_is_h3s_own(resolution: int, lon: float, lat: float) -> None:
    """What migration 0015 calculates from the bits."""
    stored, below = rules.cell_of(lon, lat), rules.digits_below(resolution)
    assert (stored & ~((15 << 52) | below)) | (resolution << 52) | below == h3.cell_to_parent(stored, resolution)


def test_a_window_of_half_the_world_is_no_search() -> None:
    assert cells.ranges_in(Window(-170, -80, 170, 80), 9) == cells.EVERYWHERE
    assert cells.ranges_in(Window(-170, 30, 170, 30.00001), 9) == cells.EVERYWHERE


@pytest.mark.parametrize(
    "sides",
    [
        (104, 30, 104, 31),
        (105, 30, 104, 31),
        (104, 31, 105, 30),
        (-200, 0, 1, 1),
        (0, -91, 1, 1),
        (float("nan"), 0, 1, 1),
    ],
)
def test_what_is_no_window_is_refused(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(errors.WrongWindow):
        Window(*sides)
