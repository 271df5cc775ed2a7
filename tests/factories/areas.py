"""Areas as columns, for the tests of division, changes and simulation."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from linli.campaigns.division import WHOLE_AREA, Buildings, Floors, Teams, count_floors
from linli.territory.generate import housing


def some_buildings(communities: list[int], *, area: int = 0, seed: int = 0) -> Buildings:
    """One building for each entry, scattered around the middle of its community."""
    rng = np.random.default_rng(seed)
    community = np.array(communities)
    lon = 104.0 + community % 10 * 0.01 + rng.uniform(-0.004, 0.004, len(community))
    lat = 30.6 + community // 10 * 0.01 + rng.uniform(-0.004, 0.004, len(community))
    return Buildings(community, np.full(len(community), area), lon, lat)


def floors_of(rows: list[tuple[int, int, int, int]]) -> Floors:
    """Rows of building, entrance, floor and doors."""
    return Floors(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))


def towers(buildings: int, *, entrances: int = 2, floors: int = 6, doors: int = 2) -> Floors:
    return floors_of(
        [
            (home, entrance, floor, doors)
            for home in range(buildings)
            for entrance in range(1, entrances + 1)
            for floor in range(1, floors + 1)
        ]
    )


def some_teams(communities: list[int], *, area: int = 0, members: int | list[int] = 3, **columns: Any) -> Teams:
    count = len(communities)
    community = np.array(communities, dtype=np.int64)
    known = {
        "lon": np.where(community == WHOLE_AREA, np.nan, 104.0 + community % 10 * 0.01),
        "lat": np.where(community == WHOLE_AREA, np.nan, 30.6 + community // 10 * 0.01),
        "minutes_a_day": np.full(count, 480.0),
        "pace": np.ones(count),
    }
    return Teams(
        community=community,
        area=np.full(count, area),
        members=np.broadcast_to(np.array(members, dtype=np.int64), (count,)),
        **{**known, **{name: np.array(values, dtype=float) for name, values in columns.items()}},
    )


def a_city(households: int = 7_400_000, people: int = 490_000) -> tuple[Floors, Buildings, Teams]:
    """As many doors, buildings, communities and teams of three as Chengdu has, drawn like its generated housing."""
    rng = np.random.default_rng(7)
    urban, villages, quarters = 1_838, 1_209, 20_000
    kinds = rng.choice(4, size=quarters, p=[0.45, 0.35, 0.11, 0.09]).astype(np.int8)
    sizes = rng.lognormal(0.0, 0.9, quarters) * np.array([500.0, 90.0, 320.0, 135.0])[kinds]
    own = np.maximum(sizes * 0.78 * households / sizes.sum(), 1).astype(np.int64)
    in_villages = np.full(villages, int(0.22 * households) // villages)
    home = housing.homes(
        np.sort(rng.integers(0, urban, quarters)), kinds, own * 3, own,
        np.arange(urban, urban + villages), in_villages * 3, in_villages,
    )  # fmt: skip
    entrance, floor, _ = housing.addresses(home)
    floors = count_floors(np.repeat(np.arange(len(home.households)), home.households), entrance, floor)
    middle_lon, middle_lat = rng.uniform(103.2, 104.9, urban + villages), rng.uniform(30.1, 31.4, urban + villages)
    lon = middle_lon[home.community] + rng.normal(0, 0.004, len(home.community))
    lat = middle_lat[home.community] + rng.normal(0, 0.004, len(home.community))
    # A subdistrict has some twelve communities.
    buildings = Buildings(home.community, home.community // 12, lon, lat)
    weights = np.bincount(home.community, weights=home.households)
    community = np.sort(rng.choice(urban + villages, people // 3, p=weights / weights.sum()))
    count = len(community)
    teams = Teams(
        community, community // 12, middle_lon[community], middle_lat[community],
        np.full(count, 3), np.full(count, 480.0), np.ones(count),
    )  # fmt: skip
    return floors, buildings, teams


@st.composite
def areas(draw: st.DrawFn) -> tuple[Floors, Buildings, Teams]:
    """A few communities in two areas, some without teams, some buildings without a place."""
    communities = draw(st.integers(1, 5))
    of_building = draw(st.lists(st.integers(0, communities - 1), min_size=1, max_size=14))
    buildings = some_buildings(of_building, seed=draw(st.integers(0, 9)))
    unplaced = draw(st.lists(st.integers(0, len(of_building) - 1), max_size=4))
    buildings.lon[unplaced] = np.nan
    buildings = Buildings(buildings.community, buildings.community % 2, buildings.lon, buildings.lat)
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, len(of_building) - 1), st.integers(1, 3), st.integers(-1, 12), st.integers(0, 5)),
            min_size=1,
            max_size=60,
        ).filter(lambda rows: any(doors for *_, doors in rows))
    )
    at = draw(st.lists(st.integers(-1, communities), min_size=1, max_size=9))
    count = len(at)
    community = np.array(at)
    area = np.where(community == WHOLE_AREA, draw(st.integers(0, 1)), community % 2)
    members = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count).filter(any))
    pace = draw(st.lists(st.sampled_from([0.5, 1.0, 1.7]), min_size=count, max_size=count))
    teams = some_teams(at, members=members, pace=pace)
    return (
        floors_of(rows),
        buildings,
        Teams(community, area, teams.lon, teams.lat, teams.members, teams.minutes_a_day, teams.pace),
    )
