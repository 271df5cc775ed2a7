"""The life circle: what lies within five and fifteen minutes' walk, kind by kind, and what is missing. Pure rules, then the register."""

from math import cos, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.foundation.access import SYSTEM
from linli.territory import maps
from linli.territory.facilities import actions, circle, queries
from linli.territory.facilities.kinds import Told
from linli.territory.models import Facility, FacilityKind
from tests.territory.conftest import point

LON, LAT = 104.06, 30.67
_kinds = st.sampled_from([kind.value for kind in FacilityKind])
_services = st.lists(st.tuples(_kinds, st.floats(min_value=0, max_value=5000)), max_size=40)


def reaches(services: list[tuple[str, float]]) -> dict[FacilityKind, circle.Reach]:
    found = circle.circle([kind for kind, _far in services], np.array([far for _kind, far in services], dtype=float))
    return {reach.kind: reach for reach in found}


@given(_services)
def test_every_kind_is_told_once_and_its_nearest_come_first(services: list[tuple[str, float]]) -> None:
    found = reaches(services)
    assert set(found) == set(FacilityKind)
    for kind, reach in found.items():
        own = sorted(far for name, far in services if name == kind.value)
        assert [far for _position, far in reach.nearest] == own[: circle.NAMED]
        assert all(services[position] == (kind.value, far) for position, far in reach.nearest)
        assert reach.in_five == sum(far <= 300 for far in own)
        assert reach.in_five <= reach.in_fifteen == sum(far <= 1000 for far in own)


@given(_services, _kinds, st.floats(min_value=0, max_value=5000))
def test_one_service_more_leaves_nothing_missing_that_was_there(
    services: list[tuple[str, float]], kind: str, far: float
) -> None:
    before, after = reaches(services), reaches([*services, (kind, far)])
    assert {one for one in after if after[one].missing} <= {one for one in before if before[one].missing}


@pytest.mark.parametrize(
    ("kind", "far", "missing"),
    [
        ("kindergarten", 300, False), ("kindergarten", 301, True), ("market", 301, False), ("market", 1000, False),
        ("market", 1001, True), ("hospital", 5000, False),
    ],
)  # fmt: skip
def test_a_kind_is_missing_beyond_its_own_circle(kind: str, far: float, missing: bool) -> None:
    assert reaches([(kind, far)])[FacilityKind(kind)].missing is missing
    assert reaches([])[FacilityKind.MARKET].missing


@given(st.floats(min_value=-0.02, max_value=0.02), st.floats(min_value=-0.02, max_value=0.02))
def test_a_walk_is_a_third_longer_than_the_line_whichever_way(east: float, north: float) -> None:
    there = circle.walking_metres(LON, LAT, np.array([LON + east]), np.array([LAT + north]))[0]
    line = np.hypot(east * cos(radians(LAT)), north) * 111_320
    assert there == pytest.approx(line * 1.3, abs=0.001)
    back = circle.walking_metres(LON + east, LAT + north, np.array([LON]), np.array([LAT]))[0]
    assert back == pytest.approx(there, rel=1e-3, abs=0.01)


def test_minutes_are_counted_whole() -> None:
    assert [circle.minutes(metres) for metres in (0, 1, 66, 67, 300, 1000, 1001)] == [1, 1, 1, 2, 5, 15, 16]


# --- the register ----------------------------------------------------------------------------------------------------


def told(name: str, kind: FacilityKind, metres: float) -> Told:
    """A service so many metres of walking to the north of the quarter's middle."""
    lon, lat = point(2, 2)
    return Told(name, kind, name, "", lon, lat + metres / circle.DETOUR / 111_320)


@pytest.mark.django_db
def test_the_register_is_read_around_a_place_and_what_is_closed_is_not_there(small_city: object) -> None:
    rows = [
        told("near", FacilityKind.TOILET, 100), told("far", FacilityKind.TOILET, 900), told("market", FacilityKind.MARKET, 500),
        told("gone", FacilityKind.PHARMACY, 50),
    ]  # fmt: skip
    actions.load(source="register", told=rows, by=SYSTEM)
    actions.load(source="register", told=rows[:3], by=SYSTEM)
    assert Facility.objects.count() == 4
    found = {near.reach.kind: near for near in queries.life_circle(*point(2, 2))}
    toilets = found[FacilityKind.TOILET]
    assert [(place.name, round(metres)) for place, metres in toilets.nearest] == [("near", 100), ("far", 900)]
    assert (toilets.reach.in_five, toilets.reach.in_fifteen, toilets.reach.missing) == (1, 2, False)
    assert not found[FacilityKind.MARKET].reach.missing
    assert found[FacilityKind.PHARMACY].reach.missing
    assert found[FacilityKind.PHARMACY].nearest == []


@pytest.mark.django_db
def test_it_costs_two_statements(small_city: object, django_assert_num_queries) -> None:
    actions.load(source="register", told=[told("near", FacilityKind.TOILET, 100)], by=SYSTEM)
    with django_assert_num_queries(2):
        queries.life_circle(*point(2, 2))


@pytest.mark.django_db
def test_a_map_around_a_place_has_it_in_its_middle(small_city: object) -> None:
    from linli.territory import queries as territory

    unit = territory.locate(*point(2, 2)).community_id
    assert unit is not None
    drawn = maps.map_around(unit, *point(2, 2), 770)
    assert drawn.pin is not None
    assert drawn.pin[0] == pytest.approx(maps.WIDTH / 2, abs=1)
    assert drawn.pin[1] == pytest.approx(drawn.frame.height / 2, abs=1)
    assert maps.centre_of(unit) is not None
