"""Buildings, households and grids of quarters and villages, as columns.

Homes (buildings, and the linpan of villages) lie in the order of their communities, so that a run of households is a
neighbourhood: micro-grids are such runs, ordinary grids runs of micro-grids, general grids the communities.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linli.territory.generate.mixture import (
    AREA_420,
    BUILDINGS,
    COMMODITY,
    HOUSEHOLDS,
    MANAGED_PEOPLE,
    OLD_COURTYARD,
    RESETTLEMENT,
    WORK_UNIT,
    Integers,
    fit_total,
)
from linli.territory.rules import Floats

MICRO_GRIDS, ORDINARY_GRIDS = 113_500, 15_900
# A micro-grid has 30–100 households, 65 on average; smaller quarters than this share one.
LEAST_HOUSEHOLDS, MOST_HOUSEHOLDS = 30, 100
# An ordinary grid has 7 micro-grids on average; in a city too small for one in each community, the large ones need more.
MOST_MICRO_GRIDS = 10
MICRO_GRID_HOUSEHOLDS = HOUSEHOLDS / MICRO_GRIDS
SHARED_BELOW = 45
# Family households of the census have 2.49 members; 12 % of the managed people live in collective ones, which are no
# rows. Hence one household for 2.83 managed people.
PEOPLE_PER_HOUSEHOLD = MANAGED_PEOPLE / HOUSEHOLDS
MEMBERS = np.array([0.290, 0.290, 0.207, 0.115, 0.060, 0.026, 0.012])

LINPAN = 4
# By kind of quarter, then linpan: households that share a building, floors at most, doors on a floor.
HOUSEHOLDS_PER_BUILDING = np.array([130.0, 48.0, 96.0, 48.0])
FLOORS = np.array([18, 6, 11, 7, 1])
DOORS = np.array([4, 2, 4, 2, 10_000])
assert (COMMODITY, OLD_COURTYARD, RESETTLEMENT, WORK_UNIT) == (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Homes:
    """One row for each building or linpan, by community, then quarter. `quarter` is −1 for a linpan."""

    community: Integers
    quarter: Integers
    kind: NDArray[np.int8]
    households: Integers
    people: Integers
    # Which one of its quarter (or of its village), from 1.
    number: Integers


@dataclass(frozen=True, slots=True)
class Grids:
    """`micro` of each household, `ordinary` and `people` of each micro-grid, `community` of each ordinary grid."""

    micro: Integers
    ordinary: Integers
    community: Integers
    people: Integers


def households(people: Integers) -> Integers:
    """The family households of places with so many managed people."""
    return fit_total(people.astype(float), max(round(people.sum() / PEOPLE_PER_HOUSEHOLD), len(people)))


def building_counts(kinds: NDArray[np.int8], own: Integers) -> Integers:
    """Buildings of each quarter with `own` households; the first is the 420 area. In all 60,000 for the whole city."""
    wanted = own / HOUSEHOLDS_PER_BUILDING[kinds]
    urban = BUILDINGS * own.sum() / (HOUSEHOLDS * 16_490_000 / MANAGED_PEOPLE)
    rest = max(round(urban) - AREA_420.buildings, len(own) - 1)
    counts = np.concatenate([[AREA_420.buildings], fit_total(wanted[1:], rest)])
    return np.minimum(counts, own)


def homes(
    community: Integers, kinds: NDArray[np.int8], people: Integers, own: Integers, villages: Integers,
    village_people: Integers, village_households: Integers,
) -> Homes:  # fmt: skip
    """The buildings of quarters (given by their community, kind, people, households) and the linpan of villages."""
    buildings = building_counts(kinds, own)
    linpan = np.maximum(np.rint(village_households / MICRO_GRID_HOUSEHOLDS).astype(np.int64), 1)
    quarter = np.concatenate([np.repeat(np.arange(len(own)), buildings), np.full(linpan.sum(), -1)])
    place = np.concatenate([np.repeat(community, buildings), np.repeat(villages, linpan)])
    kind = np.concatenate([np.repeat(kinds, buildings), np.full(linpan.sum(), LINPAN)]).astype(np.int8)
    number = np.concatenate([_count_up(buildings), _count_up(linpan)]) + 1
    sizes = np.concatenate([_even_parts(own, buildings), _even_parts(village_households, linpan)])
    heads = np.concatenate([_even_parts(people, buildings), _even_parts(village_people, linpan)])
    # Small quarters last within their community: they share micro-grids.
    small = np.concatenate([np.repeat(own < SHARED_BELOW, buildings), np.zeros(linpan.sum(), dtype=bool)])
    order = np.lexsort((number, quarter, small, place))
    return Homes(place[order], quarter[order], kind[order], sizes[order], heads[order], number[order])


def _count_up(counts: Integers) -> Integers:
    """0, 1, … n−1 for each n of `counts`, one after the other."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _even_parts(totals: Integers, parts: Integers) -> Integers:
    """Each total in so many parts that differ by one at most."""
    return np.repeat(totals // parts, parts) + (_count_up(parts) < np.repeat(totals % parts, parts))


def addresses(home: Homes) -> tuple[Integers, Integers, Integers]:
    """Entrance, floor and door of every household, home by home. A linpan has one entrance and numbers its doors."""
    doors = DOORS[home.kind]
    entrances = -(-home.households // (doors * FLOORS[home.kind]))
    floors = -(-home.households // (doors * entrances))
    index = _count_up(home.households)
    per_entrance = np.repeat(doors * floors, home.households)
    per_floor = np.repeat(doors, home.households)
    within = index % per_entrance
    return index // per_entrance + 1, within // per_floor + 1, within % per_floor + 1


def grids(home: Homes) -> Grids:
    """Micro-grids as runs of households that stay in one quarter where it is large enough, and the grids above."""
    segment = _segments(home)
    count = segment.max(initial=-1) + 1
    size = np.bincount(segment, weights=home.households, minlength=count).astype(np.int64)
    pieces = _share_of(
        MICRO_GRIDS, size, home, least=-(-size // MOST_HOUSEHOLDS), most=np.maximum(size // LEAST_HOUSEHOLDS, 1)
    )
    first = np.cumsum(pieces) - pieces
    of_household = np.repeat(segment, home.households)
    micro = first[of_household] + _count_up(size) * pieces[of_household] // size[of_household]
    community_of_segment = np.zeros(count, dtype=np.int64)
    community_of_segment[segment] = home.community
    ordinary, community = _ordinary(np.repeat(community_of_segment, pieces), home)
    # Rounding the running sum keeps the total: the micro-grids of a community have its people, to one.
    so_far = np.cumsum(np.repeat(home.people / home.households, home.households))
    ends = np.cumsum(np.bincount(micro)) - 1
    totals = np.rint(so_far[ends]).astype(np.int64)
    people = totals - np.concatenate([[0], totals[:-1]])
    return Grids(micro, ordinary, community, people)


def _share_of(whole_city: int, wanted: Integers, home: Homes, *, least: Integers, most: Integers) -> Integers:
    """So many of what the whole city has as fit these homes' share of its households, in proportion to `wanted`."""
    share = round(whole_city * home.households.sum() / HOUSEHOLDS)
    total = int(np.clip(share, least.sum(), most.sum()))
    return fit_total(wanted.astype(float), total, least=least, most=most)


def _segments(home: Homes) -> Integers:
    """Which run each home belongs to: a linpan its own, a quarter its own, the small ones of a community together."""
    in_quarter = np.bincount(home.quarter + 1, weights=home.households)[home.quarter + 1]
    pooled = (home.quarter >= 0) & (in_quarter < SHARED_BELOW)
    same_community = np.diff(home.community, prepend=-1) == 0
    same_quarter = (np.diff(home.quarter, prepend=-2) == 0) & (home.quarter >= 0)
    shared = pooled & np.concatenate([[False], pooled[:-1]])
    begins = ~(same_community & (same_quarter | shared))
    segment = np.cumsum(begins) - 1
    # A pool too small for a micro-grid of its own joins the quarter before it, if its community has one.
    size = np.bincount(segment, weights=home.households)
    starts = np.flatnonzero(begins)
    joins = pooled[starts] & (size < LEAST_HOUSEHOLDS) & same_community[starts] & (home.quarter[starts - 1] >= 0)
    return np.cumsum(~joins)[segment] - 1


def _ordinary(community_of_micro: Integers, home: Homes) -> tuple[Integers, Integers]:
    """The ordinary grid of each micro-grid, and the community of each ordinary grid."""
    communities, inverse, sizes = np.unique(community_of_micro, return_inverse=True, return_counts=True)
    wanted = _share_of(ORDINARY_GRIDS, sizes, home, least=-(-sizes // MOST_MICRO_GRIDS), most=sizes)
    first = np.cumsum(wanted) - wanted
    within = _count_up(sizes)
    return first[inverse] + within * wanted[inverse] // sizes[inverse], np.repeat(communities, wanted)


def members(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Family sizes with the census mean of 2.49."""
    return np.searchsorted(np.cumsum(MEMBERS)[:-1], rng.uniform(size=count), side="right") + 1


def middles(group: Integers, lons: Floats, lats: Floats, count: int) -> tuple[Floats, Floats]:
    """The mean point of each group."""
    sizes = np.maximum(np.bincount(group, minlength=count), 1)
    return tuple(np.bincount(group, weights=axis, minlength=count) / sizes for axis in (lons, lats))  # type: ignore[return-value]
