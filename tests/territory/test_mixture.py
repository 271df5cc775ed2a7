"""The generated city's numbers: DOMAIN's mixture, exactly where it is exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.territory.generate import housing, mixture
from linli.territory.generate.mixture import AREA_420, COMMODITY, OLD_COURTYARD, RESETTLEMENT, WORK_UNIT


@pytest.mark.parametrize("seed", range(5))
def test_at_scale_1_exactly_255_commodity_quarters_are_above_10000(seed: int) -> None:
    quarters = mixture.city(1, np.random.default_rng(seed))
    big = quarters.people > mixture.CAP
    assert (big & (quarters.kinds == COMMODITY)).sum() == 255
    # Beside them only the 420 area, which is a work unit's.
    assert big.sum() == 256
    assert quarters.people.max() <= 45_000
    assert quarters.people.sum() == 16_490_000
    assert [int((quarters.kinds == kind).sum()) for kind in range(4)] == [9_000, 7_000, 2_200, 1_800]


@pytest.mark.parametrize("seed", range(3))
def test_kinds_have_their_means(seed: int) -> None:
    quarters = mixture.city(1, np.random.default_rng(seed))
    ordinary = quarters.people <= mixture.CAP
    for kind, share in mixture.SHARES.items():
        mean = quarters.people[ordinary & (quarters.kinds == kind)].mean()
        # All are scaled together to the urban total, by 4–5 %.
        assert 0.9 * share.mean < mean < 1.02 * share.mean


def test_the_largest_quarters_follow_the_pareto() -> None:
    sizes = mixture.pareto_between(200_000, 2.6, 10_001, 45_000, np.random.default_rng(1))
    # 255 of them hold about 3.85 million people.
    assert sizes.mean() * 255 == pytest.approx(3.85e6, rel=0.02)
    assert sizes.min() >= 10_001
    assert sizes.max() <= 45_000


def test_the_420_area_is_placed_as_it_is() -> None:
    quarters = mixture.city(0.05, np.random.default_rng(1))
    own = housing.households(quarters.people)
    assert (quarters.kinds[0], quarters.people[0]) == (WORK_UNIT, 30_000)
    assert housing.building_counts(quarters.kinds, own)[0] == 260
    assert AREA_420.square_metres == 500_000


@given(st.floats(0.01, 1))
@settings(deadline=None, max_examples=30)
def test_a_smaller_city_is_smaller_in_proportion(scale: float) -> None:
    quarters = mixture.city(scale, np.random.default_rng(1))
    assert quarters.people.sum() == round(16_490_000 * scale)
    assert len(quarters.people) == pytest.approx(20_000 * scale, abs=3)
    assert ((quarters.people > 10_000) & (quarters.kinds == COMMODITY)).sum() == round(255 * scale)


def test_the_same_seed_gives_the_same_quarters() -> None:
    first, second, other = (mixture.city(0.1, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(first.people, second.people)
    assert not np.array_equal(first.people, other.people)


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=50), st.integers(1, 10_000))
def test_parts_make_the_total(wanted: list[float], total: int) -> None:
    total += len(wanted)
    parts = mixture.fit_total(np.array(wanted), total)
    assert parts.sum() == total
    assert parts.min() >= 1


@given(st.lists(st.floats(0.1, 1000), min_size=2, max_size=50), st.data())
def test_parts_stay_within_their_bounds(wanted: list[float], data: st.DataObject) -> None:
    total = data.draw(st.integers(3 * len(wanted), 9 * len(wanted)))
    parts = mixture.fit_total(np.array(wanted), total, least=3, most=9)
    assert parts.sum() == total
    assert parts.min() >= 3
    assert parts.max() <= 9


def test_an_impossible_total_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot make"):
        mixture.fit_total(np.ones(3), 100, most=9)


def test_a_subdistrict_has_its_people_and_old_courtyards() -> None:
    quarters = mixture.subdistrict(140_000, np.random.default_rng(420))
    assert quarters.people.sum() == 140_000
    assert quarters.people[1:].max() <= 10_000
    assert (quarters.kinds == OLD_COURTYARD).sum() == 70
    assert RESETTLEMENT in quarters.kinds


def whole_city(scale: float = 1.0) -> tuple[housing.Homes, housing.Grids]:
    rng = np.random.default_rng(1)
    quarters = mixture.city(scale, rng)
    villages = 1838 + np.arange(round(1209 * scale))
    rural = mixture.fit_total(rng.lognormal(0, 0.4, len(villages)), round(21_000_000 * scale) - quarters.people.sum())
    own = housing.households(np.concatenate([quarters.people, rural]))
    urban = len(quarters.people)
    homes = housing.homes(
        rng.integers(0, 1838, urban), quarters.kinds, quarters.people, own[:urban], villages, rural, own[urban:]
    )
    return homes, housing.grids(homes)


def test_the_city_has_its_buildings_households_and_grids() -> None:
    homes, grids = whole_city()
    assert (homes.quarter >= 0).sum() == 60_000
    assert homes.households.sum() == 7_419_822
    assert homes.people.sum() == grids.people.sum() == 21_000_000
    assert len(grids.ordinary) == 113_500
    assert len(grids.community) == 15_900
    sizes = np.bincount(grids.micro)
    assert sizes.min() >= 30
    assert sizes.max() <= 100


@pytest.mark.parametrize("scale", [0.02, 1.0])
def test_an_ordinary_grid_has_at_most_ten_micro_grids(scale: float) -> None:
    _homes, grids = whole_city(scale)
    sizes = np.bincount(grids.ordinary)
    assert sizes.min() >= 1
    assert sizes.max() <= 10


def test_grids_are_nested_runs_of_households() -> None:
    homes, grids = whole_city(0.02)
    home = np.repeat(np.arange(len(homes.quarter)), homes.households)
    community = homes.community[home]
    assert (np.diff(grids.micro) >= 0).all()
    assert (grids.community[grids.ordinary[grids.micro]] == community).all()
    # A quarter that is large enough shares no micro-grid with another.
    in_quarter = np.bincount(homes.quarter[home] + 1)[homes.quarter[home] + 1]
    large = (homes.quarter[home] >= 0) & (in_quarter >= 100)
    pairs = np.unique(np.column_stack([grids.micro[large], homes.quarter[home][large]]), axis=0)
    assert len(np.unique(pairs[:, 0])) == len(pairs)


def test_every_household_has_a_door_of_its_own() -> None:
    homes, _grids = whole_city(0.02)
    entrance, floor, door = housing.addresses(homes)
    home = np.repeat(np.arange(len(homes.quarter)), homes.households)
    doors = np.column_stack([home, entrance, floor, door])
    assert len(np.unique(doors, axis=0)) == homes.households.sum()
    assert doors[:, 1:].min() == 1
    assert floor.max() <= 18


def test_families_have_the_mean_of_the_census() -> None:
    assert housing.members(200_000, np.random.default_rng(1)).mean() == pytest.approx(2.49, abs=0.01)
