"""Shares that change while a campaign runs: only what must move moves."""

from dataclasses import replace

import numpy as np
import pytest
from factories.areas import areas, floors_of, some_buildings, some_teams, towers
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.campaigns.changes import (
    Change,
    Standing,
    Why,
    stand,
    with_doors,
    with_team,
    without_building,
    without_team,
)
from linli.campaigns.division import NOBODY, Buildings, Floors, Rules, divide, work_a_day

RULES = Rules()


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[Standing, np.ndarray, Buildings]:
    """A divided area in which some doors were visited, and the minutes that each team still can work."""
    floors, buildings, teams = draw(areas())
    shares = divide(floors, buildings, teams, RULES).shares
    one_row_each = merged(floors)
    visited = np.array([draw(st.integers(0, doors)) for doors in one_row_each.doors.tolist()], dtype=np.int64)
    standing, _ = stand(shares, one_row_each, visited, RULES)
    days = draw(st.sampled_from([0.01, 0.1, 1.0]))
    return standing, work_a_day(teams, RULES).clip(min=0) * days, buildings


def merged(floors: Floors) -> Floors:
    found: dict[tuple[int, int, int], int] = {}
    for home, entrance, floor, doors in zip(*(getattr(floors, name) for name in floors.__slots__), strict=True):
        key = (int(home), int(entrance), int(floor))
        found[key] = found.get(key, 0) + int(doors)
    return floors_of([(*key, doors) for key, doors in found.items()])


def a_row(teams: int, *, homes: int = 8, visited: int = 0) -> tuple[Standing, Buildings]:
    """Equal teams along a row of equal towers; of each floor so many doors were visited."""
    buildings = replace(some_buildings([0] * homes), lon=104 + np.arange(homes) * 0.001, lat=np.full(homes, 30.6))
    people = some_teams([0] * teams, lon=104 + np.arange(teams) * homes / teams * 0.001)
    floors = towers(homes)
    shares = divide(floors, buildings, people, RULES).shares
    standing, outside = stand(shares, floors, np.full(len(floors.doors), visited), RULES)
    assert not len(outside)
    return standing, buildings


def left_of(standing: Standing, teams: int) -> list[int]:
    return [int(standing.left[standing.team == team].sum()) for team in range(teams)]


def assert_told(change: Change, before: Standing) -> None:
    """What is said to have moved is what differs, door for door."""
    told = np.zeros(len(before.team), dtype=bool)
    for moved in change.moved:
        rows = (before.home == moved.home) & (before.entrance == moved.entrance)
        rows &= (before.floor >= moved.floor_from) & (before.floor <= moved.floor_to) & (before.left > 0)
        rows &= before.team == moved.from_team
        assert before.left[rows].sum() == moved.doors > 0
        assert (change.standing.team[rows] == moved.to_team).all()
        told |= rows
    assert (told == (before.team != change.standing.team)).all()


@settings(max_examples=60, deadline=None)
@given(campaigns(), st.data())
def test_when_a_team_falls_out_only_its_doors_that_are_left_move(
    campaign: tuple[Standing, np.ndarray, Buildings], data: st.DataObject
) -> None:
    standing, can_do, _ = campaign
    if not len(standing.team):
        return
    team = data.draw(st.sampled_from(sorted(set(standing.team.tolist()))))
    change = without_team(standing, team, can_do)
    after = change.standing
    moved = (standing.team == team) & (standing.left > 0)
    assert (after.team[~moved] == standing.team[~moved]).all()
    assert (after.team[moved] != team).all()
    others = set(standing.team.tolist()) - {team}
    assert (after.team[moved] != NOBODY).all() == bool(others) or not moved.any()
    assert (after.left == standing.left).all()
    assert_told(change, standing)
    assert {moved.why for moved in change.moved} <= {Why.TEAM_FELL_OUT}


@settings(max_examples=60, deadline=None)
@given(campaigns(), st.data())
def test_a_sealed_building_leaves_all_else_as_it_is(
    campaign: tuple[Standing, np.ndarray, Buildings], data: st.DataObject
) -> None:
    standing, _, buildings = campaign
    home = data.draw(st.integers(0, len(buildings.lon) - 1))
    change = without_building(standing, home)
    elsewhere = (standing.home != home) | (standing.left == 0)
    assert (change.standing.team[elsewhere] == standing.team[elsewhere]).all()
    assert (change.standing.team[~elsewhere] == NOBODY).all()
    assert_told(change, standing)
    # What is stored names no team for a door of that building that is left.
    stored, outside = stand(change.standing.shares, columns_of(standing), standing.doors - standing.left, RULES)
    assert not stored.left[stored.home == home].any()
    assert len(outside) == (~elsewhere).sum()


def columns_of(standing: Standing) -> Floors:
    return Floors(standing.home, standing.entrance, standing.floor, standing.doors)


@settings(max_examples=60, deadline=None)
@given(campaigns())
def test_a_team_that_comes_makes_nobody_later_than_the_latest_was(
    campaign: tuple[Standing, np.ndarray, Buildings],
) -> None:
    standing, can_do, _ = campaign
    new = len(can_do)
    can_do = np.append(can_do, 300.0)
    change = with_team(standing, new, can_do)
    touched = standing.team != change.standing.team
    assert (change.standing.team[touched] == new).all()
    assert (standing.left[touched] > 0).all()
    assert_told(change, standing)

    def latest(now: Standing) -> float:
        has = [now.minutes_left[now.team == team].sum() for team in range(new + 1)]
        return max(float(minutes / can) for minutes, can in zip(has, can_do, strict=True) if can)

    # Half a floor more than even is the most that a cut between floors costs.
    assert latest(change.standing) <= latest(standing) + standing.minutes_left.max(initial=0) / 600


@settings(max_examples=40, deadline=None)
@given(campaigns())
def test_shares_that_are_stored_stand_again_as_they_stood(campaign: tuple[Standing, np.ndarray, Buildings]) -> None:
    standing, can_do, _ = campaign
    for now in (standing, with_team(standing, len(can_do), np.append(can_do, 90.0)).standing):
        again, outside = stand(now.shares, columns_of(now), now.doors - now.left, RULES)
        assert not len(outside)
        for name in ("team", "home", "entrance", "floor", "order", "doors", "left", "climb"):
            assert getattr(again, name).tolist() == getattr(now, name).tolist()


def test_the_neighbours_on_both_sides_take_over_by_what_they_can_spare() -> None:
    standing, _ = a_row(4, visited=1)
    can_do = np.array([200.0, 1_000.0, 1_000.0, 1_000.0])
    change = without_team(standing, 1, can_do)
    before, after = left_of(standing, 4), left_of(change.standing, 4)
    assert before == [24, 24, 24, 24]
    assert (after[1], after[3]) == (0, 24)
    # The one before can spare 68 minutes, the one behind 868.
    assert (after[0] - 24, after[2] - 24) == (2, 22)
    # The first part of the way goes to the one before, the rest to the one behind.
    rows = standing.team == 1
    assert (np.diff(change.standing.team[rows]) >= 0).all()
    assert sum(moved.doors for moved in change.moved) == 24


def test_who_stands_further_helps_when_the_neighbours_cannot() -> None:
    standing, _ = a_row(4)
    first = left_of(standing, 4)[0]
    change = without_team(standing, 0, np.array([300.0, 300.0, 300.0, 2_000.0]))
    after = left_of(change.standing, 4)
    assert after[0] == 0
    assert after[3] > after[1]
    assert sum(after) == 4 * first


def test_where_nobody_can_spare_enough_all_take_of_it_by_their_strength() -> None:
    standing, _ = a_row(3, homes=9)
    change = without_team(standing, 1, np.array([10.0, 10.0, 30.0]))
    taken = np.array(left_of(change.standing, 3)) - np.array([72, 0, 72])
    assert taken.tolist() == [18, 0, 54]


def test_the_last_team_leaves_its_doors_with_nobody() -> None:
    standing, _ = a_row(1, homes=1)
    change = without_team(standing, 0, np.array([100.0]))
    assert {moved.to_team for moved in change.moved} == {NOBODY}
    assert len(change.standing.shares.team) == 0
    again = without_team(change.standing, 0, np.array([100.0]))
    assert again.moved == ()


def test_what_was_visited_stays_where_it_was() -> None:
    standing, _ = a_row(4, visited=2)
    assert without_team(standing, 1, np.full(4, 100.0)).moved == ()
    assert without_building(standing, 0).moved == ()
    assert with_team(standing, 4, np.full(5, 100.0)).moved == ()


def test_a_new_team_takes_the_end_of_the_way_of_the_most_loaded() -> None:
    standing, _ = a_row(2, homes=8)
    tired = np.array([100.0, 400.0, 100.0])
    change = with_team(standing, 2, tired)
    assert {moved.from_team for moved in change.moved} == {0}
    after = left_of(change.standing, 3)
    assert after[0] == pytest.approx(after[2], abs=2)
    rows = np.flatnonzero(standing.team == 0)
    # The end of the way, in one piece.
    assert (np.diff(change.standing.team[rows]) >= 0).all()
    with pytest.raises(ValueError, match="no time"):
        with_team(standing, 2, np.array([100.0, 400.0, 0.0]))


def test_doors_found_late_join_the_share_beside_them() -> None:
    standing, buildings = a_row(4)
    lon, lat = np.append(buildings.lon, [104.0071, np.nan]), np.append(buildings.lat, [30.6, np.nan])
    wider = Buildings(np.zeros(10, dtype=np.int64), np.zeros(10, dtype=np.int64), lon, lat)
    late = floors_of([(0, 1, 3, 1), (3, 2, 7, 2), (3, 4, 1, 1), (8, 1, 2, 4), (9, 1, 1, 3)])
    change = with_doors(standing, late, wider, RULES)

    def team_at(home: int) -> int:
        return int(standing.team[(standing.home == home)][0])

    assert [moved.to_team for moved in change.moved] == [team_at(0), team_at(3), team_at(3), team_at(7), NOBODY]
    after = change.standing
    assert after.doors.sum() == standing.doors.sum() + 11
    row = (after.home == 0) & (after.entrance == 1) & (after.floor == 3)
    assert (after.doors[row].tolist(), after.left[row].tolist()) == ([3], [3])
    # All else stands as it stood, and the new floors stand in the walk beside their neighbours.
    shares = after.shares
    assert shares.doors.sum() == standing.doors.sum() + 8
    assert (np.diff(shares.order) >= 0).all()
    seventh = (shares.home == 3) & (shares.entrance == 2)
    assert shares.floor_to[seventh].tolist() == [7]


def test_a_late_door_in_a_sealed_building_is_nobodys() -> None:
    standing, buildings = a_row(4)
    sealed = without_building(standing, 2).standing
    change = with_doors(sealed, floors_of([(2, 1, 9, 1)]), buildings, RULES)
    assert change.moved[0].to_team == NOBODY
    assert change.standing.shares.doors.sum() == sealed.shares.doors.sum()


def test_more_visits_than_doors_are_refused() -> None:
    floors = towers(1)
    shares = divide(floors, some_buildings([0]), some_teams([0]), RULES).shares
    for visited in (3, -1):
        with pytest.raises(ValueError, match="visited"):
            stand(shares, floors, np.full(len(floors.doors), visited), RULES)
