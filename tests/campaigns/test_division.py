"""Households divided among teams: no door twice, none forgotten, together, evenly, and the same every time."""

from dataclasses import replace

import numpy as np
import pytest
from factories.areas import a_city, areas, floors_of, some_buildings, some_teams, towers
from hypothesis import given, settings

from linli.campaigns.division import (
    EVEN,
    NOBODY,
    WHOLE_AREA,
    Buildings,
    Division,
    Fate,
    Floors,
    NotDivisible,
    Rules,
    Shares,
    Teams,
    count_floors,
    divide,
    share_of,
    untangle,
    work_a_day,
)
from linli.campaigns.division.walking import Curve

RULES = Rules()


def doors_of(columns: Floors) -> dict[tuple[int, int, int], int]:
    """Doors by building, entrance and floor; a floor that is named twice has the doors of both."""
    found: dict[tuple[int, int, int], int] = {}
    for home, entrance, floor, doors in zip(*(getattr(columns, name) for name in columns.__slots__), strict=True):
        key = (int(home), int(entrance), int(floor))
        found[key] = found.get(key, 0) + int(doors)
    return {key: doors for key, doors in found.items() if doors}


def rows_of(shares: Shares) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(shares, name).tolist() for name in shares.__slots__ if name != "minutes"), strict=True))


def same(one: Division, other: Division) -> bool:
    return rows_of(one.shares) == rows_of(other.shares) and one.shares.minutes.tolist() == other.shares.minutes.tolist()


@settings(max_examples=100, deadline=None)
@given(areas())
def test_each_door_is_in_one_share_or_counted_as_uncovered(area: tuple[Floors, Buildings, Teams]) -> None:
    floors, buildings, teams = area
    division = divide(floors, buildings, teams, RULES)
    shares = division.shares
    in_shares = np.zeros(len(shares.team), dtype=int)
    uncovered: dict[int, int] = {}
    for (home, entrance, floor), doors in doors_of(floors).items():
        holders = np.flatnonzero(
            (shares.home == home) & (shares.entrance == entrance)
            & (shares.floor_from <= floor) & (floor <= shares.floor_to)
        )  # fmt: skip
        assert len(holders) <= 1
        if len(holders):
            in_shares[holders] += doors
        else:
            community = int(buildings.community[home])
            uncovered[community] = uncovered.get(community, 0) + doors
    assert in_shares.tolist() == shares.doors.tolist()
    assert uncovered == division.uncovered
    assert shares.doors.sum() + sum(uncovered.values()) == floors.doors.sum()


@settings(max_examples=100, deadline=None)
@given(areas())
def test_the_shares_of_a_team_lie_together_and_in_its_area(area: tuple[Floors, Buildings, Teams]) -> None:
    floors, buildings, teams = area
    shares = divide(floors, buildings, teams, RULES).shares
    # In the order of the walk, top floor first, each team comes once.
    assert (np.diff(shares.order) >= 0).all()
    same_stairwell = np.diff(shares.order) == 0
    assert (shares.floor_from[:-1] > shares.floor_to[1:])[same_stairwell].all()
    assert 1 + (np.diff(shares.team) != 0).sum() == len(set(shares.team.tolist())) or not len(shares.team)
    assert (teams.area[shares.team] == buildings.area[shares.home]).all()
    # Nobody without people goes.
    assert (teams.members[shares.team] > 0).all()


@settings(max_examples=100, deadline=None)
@given(areas())
def test_loads_differ_from_the_exact_part_by_the_bound_that_is_named(area: tuple[Floors, Buildings, Teams]) -> None:
    floors, buildings, teams = area
    division = divide(floors, buildings, teams, RULES)
    strength = work_a_day(teams, RULES)
    placed = np.isfinite(buildings.lon)
    places = buildings.lon[placed], buildings.lat[placed]
    by_field = {community: community for community in division.plans.community.tolist()} | division.helped
    field = np.array([by_field.get(int(community), NOBODY) for community in buildings.community])
    # A floor's minutes with the longest way to it that there is.
    metres = 111_195 * float(np.hypot(*(np.ptp(axis) for axis in places))) if placed.any() else 0.0
    dearest = max(doors_of(floors).values()) * RULES.door_minutes + RULES.stairs_minutes
    dearest += metres / RULES.metres_a_minute
    for one in set(division.plans.community.tolist()) - {NOBODY}:
        whole = division.shares.minutes[field[division.shares.home] == one].sum()
        there = np.flatnonzero(division.plans.community == one)
        part = whole * strength[there] / strength[there].sum()
        assert (np.abs(division.plans.minutes[there] - part) <= 2 * EVEN * part + dearest).all()


@pytest.mark.parametrize("seed", range(5))
def test_in_an_area_of_towers_the_bound_is_narrow(seed: int) -> None:
    """Parts are worth many floors here: a cut at the wrong stairwell would be seen."""
    rng = np.random.default_rng(seed)
    buildings = some_buildings([0] * 60, seed=seed)
    teams = some_teams([0] * 50, members=rng.integers(1, 6, 50).tolist(), pace=rng.uniform(0.7, 1.3, 50))
    plans = divide(towers(60, floors=18, doors=4), buildings, teams, RULES).plans
    strength = work_a_day(teams, RULES)
    part = plans.minutes.sum() * strength / strength.sum()
    longest_step = 111_195 * 0.008 * 2**0.5
    dearest = 4 * RULES.door_minutes + RULES.lift_minutes + longest_step / RULES.metres_a_minute
    assert (np.abs(plans.minutes - part) <= 2 * EVEN * part + dearest).all()


@settings(max_examples=50, deadline=None)
@given(areas())
def test_the_same_columns_are_divided_the_same_way(area: tuple[Floors, Buildings, Teams]) -> None:
    floors, buildings, teams = area
    backwards = Floors(*(getattr(floors, name)[::-1] for name in floors.__slots__))
    assert same(divide(floors, buildings, teams, RULES), divide(backwards, buildings, teams, RULES))


def test_teams_that_are_equal_get_equal_parts_and_whole_stairwells() -> None:
    division = divide(towers(6), some_buildings([0] * 6), some_teams([0] * 4), RULES)
    assert division.plans.doors.tolist() == [36] * 4
    assert (division.shares.floor_to - division.shares.floor_from == 5).all()
    assert division.plans.days == pytest.approx([36 * 5 / (3 * 480)] * 4, rel=0.2)


def test_a_team_of_twice_the_people_gets_twice_the_doors() -> None:
    division = divide(towers(12), some_buildings([0] * 12), some_teams([0, 0], members=[2, 4]), RULES)
    assert division.plans.doors.tolist() == [96, 192]
    in_twos = Rules(people_at_a_door=2)
    assert work_a_day(some_teams([0, 0, 0], members=[1, 5, 0]), in_twos).tolist() == [480, 960, 0]


def test_a_huge_building_is_cut_at_its_floors() -> None:
    division = divide(towers(1, entrances=1, floors=300, doors=100), some_buildings([0]), some_teams([0] * 100), RULES)
    assert division.shares.doors.sum() == 30_000
    assert division.plans.doors.tolist() == [300] * 100
    # From the top down.
    assert division.shares.floor_to.tolist() == list(range(300, 0, -3))


def test_a_floor_is_not_cut_and_those_for_whom_nothing_is_left_are_named() -> None:
    division = divide(floors_of([(0, 1, 1, 30_000)]), some_buildings([0]), some_teams([0] * 3), RULES)
    assert sorted(division.plans.doors.tolist()) == [0, 0, 30_000]
    assert sorted(division.plans.fate.tolist()) == [Fate.HAS_SHARE, Fate.NOTHING_LEFT, Fate.NOTHING_LEFT]


def test_a_community_without_a_team_is_helped_by_the_nearest_of_its_area() -> None:
    buildings = some_buildings([0, 1, 5])
    division = divide(towers(3), buildings, some_teams([0, 5]), RULES)
    assert division.helped == {1: 0}
    assert division.uncovered == {}
    assert division.plans.doors.tolist() == [48, 24]


def test_areas_do_not_help_each_other_and_what_is_uncovered_is_named() -> None:
    buildings = replace(some_buildings([0, 1]), area=np.array([0, 1]))
    division = divide(towers(2), buildings, some_teams([0]), RULES)
    assert (division.helped, division.uncovered) == ({}, {1: 24})
    assert division.shares.doors.sum() == 24


def test_teams_of_another_area_only_leave_everything_uncovered() -> None:
    division = divide(towers(2), some_buildings([0, 1]), some_teams([5], area=4), RULES)
    assert division.uncovered == {0: 24, 1: 24}
    assert division.plans.fate.tolist() == [Fate.NO_DOORS_NEAR]
    assert not len(division.shares.team)


def test_teams_of_the_whole_area_go_first_to_who_has_nobody() -> None:
    buildings = some_buildings([0, 1, 2, 2])
    division = divide(towers(4), buildings, some_teams([0, WHOLE_AREA, WHOLE_AREA, WHOLE_AREA]), RULES)
    assert division.helped == {}
    # The larger one of those without a team comes first, and gets the third as well.
    assert division.plans.community.tolist() == [0, 2, 1, 2]


def test_a_team_whose_community_has_no_doors_goes_where_it_is_needed() -> None:
    division = divide(towers(1), some_buildings([1]), some_teams([7, 1]), RULES)
    assert division.plans.community.tolist() == [1, 1]
    elsewhere = divide(towers(1), some_buildings([1]), replace(some_teams([7, 1]), area=np.array([9, 0])), RULES)
    assert elsewhere.plans.fate.tolist() == [Fate.NO_DOORS_NEAR, Fate.HAS_SHARE]


def test_teams_that_cannot_go_are_set_aside_with_the_reason() -> None:
    teams = some_teams(
        [0] * 6,
        members=[3, 0, -1, 3, 3, 3],
        minutes_a_day=[480, 480, 480, 0, np.nan, 480],
        pace=[1, 1, 1, 1, 1, 0],
    )
    division = divide(towers(2), some_buildings([0, 0]), teams, RULES)
    assert division.plans.fate.tolist() == [
        Fate.HAS_SHARE, Fate.NO_MEMBERS, Fate.NO_MEMBERS, Fate.NO_HOURS, Fate.NO_HOURS, Fate.NO_PACE,
    ]  # fmt: skip
    assert division.plans.doors.tolist() == [48, 0, 0, 0, 0, 0]
    assert np.isfinite(division.plans.days).all()


def test_buildings_without_a_place_are_visited_and_named() -> None:
    buildings = some_buildings([0, 0, 0])
    buildings.lat[1] = np.nan
    division = divide(towers(3), buildings, some_teams([0, 0]), RULES)
    assert division.unplaced.tolist() == [1]
    assert division.shares.doors.sum() == 72
    nowhere = replace(buildings, lon=np.full(3, np.nan))
    division = divide(towers(3), nowhere, some_teams([0, 0]), RULES)
    assert division.unplaced.tolist() == [0, 1, 2]
    assert division.shares.doors.sum() == 72
    assert division.plans.metres.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("code", "floors", "buildings", "teams"),
    [
        ("no_doors", Floors(*(np.zeros(0, dtype=np.int64) for _ in range(4))), [0], [0]),
        ("no_doors", floors_of([(0, 1, 1, 0)]), [0], [0]),
        ("no_teams", floors_of([(0, 1, 1, 2)]), [0], []),
        ("negative_doors", floors_of([(0, 1, 1, 5), (0, 1, 2, -2)]), [0], [0]),
        ("unknown_building", floors_of([(1, 1, 1, 2)]), [0], [0]),
        ("unknown_building", floors_of([(-1, 1, 1, 2)]), [0], [0]),
        ("ragged", replace(floors_of([(0, 1, 1, 2)]), doors=np.array([1, 2])), [0], [0]),
    ],
)
def test_what_cannot_be_divided_is_said(code: str, floors: Floors, buildings: list[int], teams: list[int]) -> None:
    with pytest.raises(NotDivisible) as refused:
        divide(floors, some_buildings(buildings), some_teams(teams), RULES)
    assert refused.value.code == code


def test_no_team_that_can_go_is_no_team() -> None:
    with pytest.raises(NotDivisible, match="No team has people"):
        divide(towers(1), some_buildings([0]), some_teams([0, 0], members=0), RULES)


@pytest.mark.parametrize(
    "rules",
    [
        {"door_minutes": 0}, {"door_minutes": float("nan")}, {"door_minutes": float("inf")}, {"metres_a_minute": 0},
        {"people_at_a_door": 0}, {"stairs_minutes": -1}, {"lift_minutes": float("nan")},
    ],
)  # fmt: skip
def test_prices_without_sense_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(NotDivisible):
        Rules(**rules)  # type: ignore[arg-type]


def test_the_curve_goes_from_cell_to_neighbouring_cell() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(16.0), np.arange(16.0)))
    along = Curve(x, y).at(x, y)
    walk = np.argsort(along)
    assert len(set(along.tolist())) == 256
    assert (np.abs(np.diff(x[walk])) + np.abs(np.diff(y[walk])) == 1).all()


def test_turning_runs_round_shortens_the_way_and_keeps_to_the_fields() -> None:
    rng = np.random.default_rng(3)
    x, y, field = rng.uniform(0, 900, 300), rng.uniform(0, 900, 300), np.repeat([0, 1, 2], 100)
    before = np.concatenate([one * 100 + np.argsort(Curve(x, y).at(x, y)[field == one]) for one in range(3)])
    after = untangle(before, field, x, y)

    def way(walk: np.ndarray) -> float:
        return sum(float(np.hypot(np.diff(x[part]), np.diff(y[part])).sum()) for part in np.split(walk, 3))

    assert way(after) < 0.93 * way(before)
    assert field[after].tolist() == field.tolist()
    assert sorted(after.tolist()) == list(range(300))


def test_households_are_counted_by_floor() -> None:
    rng = np.random.default_rng(5)
    home, entrance, floor = rng.integers(0, 9, 500), rng.integers(1, 4, 500), rng.integers(-2, 7, 500)
    one_by_one = Floors(home, entrance, floor, np.ones(500, dtype=np.int64))
    assert doors_of(count_floors(home, entrance, floor)) == doors_of(one_by_one)
    nobody = np.zeros(0, dtype=np.int64)
    assert len(count_floors(nobody, nobody, nobody).doors) == 0


@pytest.mark.slow
def test_a_city_is_divided_with_no_door_twice_and_none_forgotten() -> None:
    floors, buildings, teams = a_city()
    division = divide(floors, buildings, teams, RULES)
    rows = share_of(division.shares, floors.home, floors.entrance, floors.floor)
    assert (rows >= 0).all()
    assert np.bincount(rows, weights=floors.doors).tolist() == division.shares.doors.tolist()
    assert division.shares.doors.sum() == floors.doors.sum() > 7_000_000
    assert len(set(division.shares.team.tolist())) > 140_000


def test_a_door_finds_its_share() -> None:
    division = divide(towers(4), some_buildings([0] * 4), some_teams([0] * 5), RULES)
    everywhere = towers(4)
    rows = share_of(division.shares, everywhere.home, everywhere.entrance, everywhere.floor)
    assert np.bincount(rows, weights=everywhere.doors).tolist() == division.shares.doors.tolist()
    outside = share_of(division.shares, np.array([0, 0, 9]), np.array([1, 3, 1]), np.array([7, 1, 1]))
    assert outside.tolist() == [-1, -1, -1]
