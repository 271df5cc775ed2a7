"""Where a point lies: agreement with brute force, and one answer on every border."""

from datetime import date
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.territory import shapes
from linli.territory.index import NOWHERE, Grids, TerritoryIndex, UnitInfo
from tests.territory.conftest import GRIDS, UNITS, box, point


def info(code: str, level: str, above: tuple[UUID, ...]) -> UnitInfo:
    own = uuid4()
    return UnitInfo(
        own, code, level, "", code, "", above[-1] if above else None, (*above, own), None, None, None, True,
        date(2024, 1, 1), None,
    )  # fmt: skip


def small_index() -> tuple[TerritoryIndex, dict[str, UUID]]:
    paths: dict[str, tuple[UUID, ...]] = {"": ()}
    units, boundaries = [], {}
    for code, level, _kind, parent, shape in UNITS:
        unit = info(code, level, paths[parent])
        paths[code] = unit.path
        units.append(unit)
        boundaries[unit.id] = (shape, False)
    ids = {code: path[-1] for code, path in paths.items() if path}
    for code, _level, _parent, _at in GRIDS:
        ids[code] = uuid4()
    parents = {ids[code].bytes: ids[parent].bytes for code, _level, parent, _at in GRIDS}
    places = np.array([point(*at) for _code, _level, _parent, at in GRIDS])
    return TerritoryIndex(units, boundaries, Grids(parents, places[:, 0], places[:, 1])), ids


INDEX, IDS = small_index()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ((2, 2), "519901001001-Q1"),
        ((4, 2), "519901001001"),
        ((7, 2), "519901001002-Q1"),
        ((5, 9), "519901"),
        ((5, 4), "519901001001"),  # on the communities' common border: the lower code
        ((3, 2), "519901001001-Q1"),  # a border belongs to its polygon
    ],
)
def test_a_point_lies_in_the_finest_unit(at: tuple[float, float], code: str) -> None:
    place = INDEX.place(*point(*at))
    assert place is not None
    assert place.unit_id == IDS[code]
    assert place.path[0] == IDS["5199"]


@pytest.mark.parametrize("at", [(-1, 5), (5, 11), (1e6, 1e6)])
def test_outside_is_nowhere(at: tuple[float, float]) -> None:
    assert INDEX.place(*point(*at)) is None


def test_what_is_no_number_is_nowhere_and_harms_no_other() -> None:
    lon, lat = point(2, 2)
    found = INDEX.locate_many(np.array([np.nan, lon, np.inf]), np.array([lat, lat, lat]))
    assert found[[0, 2]].tolist() == [NOWHERE, NOWHERE]
    assert INDEX.units[found[1]].code == "519901001001-Q1"


def test_in_a_quarter_the_nearest_micro_grid_is_named() -> None:
    place = INDEX.place(*point(1.2, 1.2))
    assert place.grid_id == IDS["519901001001-G1-1"]
    assert [IDS[code] for code in ("519901001001-G", "519901001001-G1", "519901001001-G1-1")] == list(place.path[4:7])
    assert place.path[-1] == place.quarter_id == IDS["519901001001-Q1"]


def test_on_the_street_only_the_ordinary_grid_is_named() -> None:
    assert INDEX.place(*point(4, 6)).grid_id == IDS["519901001001-G1"]


def test_a_community_with_a_general_grid_alone_names_it() -> None:
    assert INDEX.place(*point(7, 2)).grid_id == IDS["519901001002-G"]


def random_territory(seed: int) -> TerritoryIndex:
    """A city in cells: communities by Voronoi, and in each a few quarters shrunk from theirs."""
    rng = np.random.default_rng(seed)
    extent = box(0, 0, 10, 10)
    city, district = info("1", "city", ()), None
    district = info("11", "district", city.path)
    units, boundaries = [city, district], {city.id: (extent, True), district.id: (extent, True)}
    for number, cell in enumerate(shapes.voronoi(shapes.random_points(extent, 6, rng), extent)):
        community = info(f"11{number:03}", "community", district.path)
        units.append(community)
        boundaries[community.id] = (cell, True)
        for place, part in enumerate(shapes.voronoi(shapes.random_points(cell, 4, rng), cell)):
            quarter = info(f"11{number:03}-Q{place}", "quarter", community.path)
            units.append(quarter)
            # Some fill their cell to its border, so that borders of both levels coincide.
            boundaries[quarter.id] = (part if place % 2 else part.buffer(-0.001), True)
    return TerritoryIndex(units, {key: value for key, value in boundaries.items() if not value[0].is_empty})


def brute_force(territory: TerritoryIndex, lon: float, lat: float) -> int:
    """The finest level with a covering polygon, the lowest code in it."""
    spot = shapely.Point(lon, lat)
    for level in ("quarter", "community", "subdistrict", "district", "city"):
        covering = [
            position
            for position, unit in enumerate(territory.units)
            if unit.level == level and (shape := territory.boundary(unit.id)) is not None and shape.covers(spot)
        ]
        if covering:
            return min(covering, key=lambda position: territory.units[position].code)
    return NOWHERE


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 5), st.lists(st.tuples(st.floats(-1, 11), st.floats(-1, 11)), min_size=1, max_size=40))
def test_locate_agrees_with_brute_force(seed: int, places: list[tuple[float, float]]) -> None:
    territory = random_territory(seed)
    spots = [point(*place) for place in places]
    # Corners lie on several borders at once.
    spots += shapely.get_coordinates(territory.boundary(territory.units[3].id)).tolist()
    lons, lats = np.array(spots).T
    expected = [brute_force(territory, lon, lat) for lon, lat in spots]
    assert territory.locate_many(lons, lats).tolist() == expected
    # One by one, in another order, and all at once must be the same.
    assert territory.locate_many(lons[::-1], lats[::-1]).tolist() == expected[::-1]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 5), st.floats(0, 10), st.floats(0, 10))
def test_a_place_names_its_own_ancestors(seed: int, x: float, y: float) -> None:
    territory = random_territory(seed)
    place = territory.place(*point(x, y))
    assert place is not None
    unit = territory.units[territory.position[place.unit_id]]
    assert place.path == unit.path
    for above in unit.path:
        shape = territory.boundary(above)
        assert shape is None or shape.distance(shapely.Point(point(x, y))) < 1e-9
