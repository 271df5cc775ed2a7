"""The walk is cut into shares, as long as the teams are strong."""

import numpy as np
from numpy.typing import NDArray

from linli.campaigns.division.columns import (
    NOBODY,
    Buildings,
    Division,
    Fate,
    Floats,
    Floors,
    Integers,
    Line,
    NotDivisible,
    Plans,
    Rules,
    Shares,
    Teams,
)
from linli.campaigns.division.grouping import means, nearest, sums
from linli.campaigns.division.teams import fates_of, fields_of, post_teams, work_a_day
from linli.campaigns.division.walking import Curve, lay, metres_from, on_plane, walk_of

# A cut moves to the end of a stairwell if that costs either neighbour no more than this part of its share: two teams in
# one stairwell ring at each other's doors.
EVEN = 0.05


def divide(floors: Floors, buildings: Buildings, teams: Teams, rules: Rules) -> Division:
    """Every door of `floors` for exactly one team, where its area has any. Raises `NotDivisible`."""
    _check(floors, buildings, teams)
    communities, of_building = np.unique(buildings.community, return_inverse=True)
    doors = sums(of_building[floors.home], floors.doors, len(communities)).astype(np.int64)
    area = np.empty(len(communities), dtype=np.int64)
    area[of_building] = buildings.area
    x, y, unplaced = on_plane(buildings, of_building, len(communities))
    start_x, start_y = metres_from(teams.lon, teams.lat, buildings)

    fate = fates_of(teams)
    if (fate != Fate.HAS_SHARE).all():
        raise NotDivisible("no_teams", "No team has people, hours and a pace.")
    strength = work_a_day(teams, rules)
    at = post_teams(teams, fate, strength, communities, area, doors)
    middle_x, middle_y = means(of_building, x, len(communities)), means(of_building, y, len(communities))
    field = fields_of(at, area, doors, middle_x, middle_y)

    curve = Curve(x, y)
    walk = walk_of(area, curve.at(middle_x, middle_y))
    line = lay(floors, of_building, field, curve, x, y, walk, rules)
    going = np.flatnonzero(at >= 0)
    # Teams stand along the line as they do along the curve; who starts nobody knows where comes last.
    along = np.where(np.isnan(start_x), np.inf, curve.at(start_x, start_y).astype(float))
    going = going[np.lexsort((going, along[going], walk[at[going]]))]
    first, end = _cuts(line, at[going], strength[going])
    team = np.repeat(going, end - first)

    shares = gather(team, line.home, line.entrance, line.floor, line.order, line.doors, line.minutes)
    plans = _plan(fate, at, communities, strength, team, line, (start_x, start_y), (x, y))
    lone = (doors > 0) & (field >= 0) & (field != np.arange(len(communities)))
    return Division(
        shares,
        plans,
        helped=dict(zip(communities[lone].tolist(), communities[field[lone]].tolist(), strict=True)),
        uncovered=dict(
            zip(*(column[(field < 0) & (doors > 0)].tolist() for column in (communities, doors)), strict=True)
        ),
        unplaced=unplaced,
    )


def count_floors(home: Integers, entrance: Integers, floor: Integers) -> Floors:
    """The floors of households that come one by one, each with its building, entrance and floor."""
    if not len(home):
        return Floors(home, entrance, floor, home)
    lowest = floor.min()
    stories, entrances = floor.max() - lowest + 1, entrance.max() + 1
    keys, doors = np.unique((home * entrances + entrance) * stories + floor - lowest, return_counts=True)
    stairwell, story = np.divmod(keys, stories)
    return Floors(*np.divmod(stairwell, entrances), story + lowest, doors.astype(np.int64))


def gather(
    team: Integers, home: Integers, entrance: Integers, floor: Integers, order: Integers, doors: Integers, minutes: Floats
) -> Shares:  # fmt: skip
    """Floors in walking order, each with its team, as shares; floors of nobody are in none."""
    kept = np.flatnonzero(team != NOBODY)
    if not len(kept):
        none = np.zeros(0, dtype=np.int64)
        return Shares(none, none, none, none, none, none, none, np.zeros(0))
    # A floor of somebody else or of nobody in between ends a share.
    begins = np.ones(len(kept), dtype=bool)
    begins[1:] = np.diff(kept) > 1
    for column in (team, home, entrance):
        begins[1:] |= np.diff(column[kept]) != 0
    first = np.flatnonzero(begins)
    top, bottom = kept[first], kept[np.append(first[1:], len(kept)) - 1]
    return Shares(
        team[top], home[top], entrance[top], floor[bottom], floor[top], order[top],
        np.add.reduceat(doors[kept], first), np.add.reduceat(minutes[kept], first),
    )  # fmt: skip


def share_of(shares: Shares, home: Integers, entrance: Integers, floor: Integers) -> Integers:
    """The row of the share to which each floor belongs, −1 where it is in none."""
    if not len(shares.team) or not len(home):
        return np.full(len(home), -1, dtype=np.int64)
    lowest = min(shares.floor_from.min(), floor.min())
    stories = max(shares.floor_to.max(), floor.max()) - lowest + 1
    entrances = max(shares.entrance.max(), entrance.max()) + 1

    def key(at: Integers, way_in: Integers, story: Integers) -> Integers:
        return (at * entrances + way_in) * stories + story - lowest

    bottoms = key(shares.home, shares.entrance, shares.floor_from)
    upwards = np.argsort(bottoms, kind="stable")
    row = upwards[np.searchsorted(bottoms[upwards], key(home, entrance, floor), side="right") - 1]
    inside = (shares.home[row] == home) & (shares.entrance[row] == entrance)
    inside &= (shares.floor_from[row] <= floor) & (floor <= shares.floor_to[row])
    return np.where(inside, row, -1)


def _check(floors: Floors, buildings: Buildings, teams: Teams) -> None:
    for columns in (floors, buildings, teams):
        if len({len(getattr(columns, name)) for name in columns.__slots__}) != 1:
            raise NotDivisible("ragged", f"The columns of {type(columns).__name__} differ in length.")
    if not floors.doors.sum():
        raise NotDivisible("no_doors", "There are no doors here.")
    if not len(teams.area):
        raise NotDivisible("no_teams", "There are no teams.")
    if floors.doors.min() < 0:
        raise NotDivisible("negative_doors", "A floor has fewer than no doors.")
    if floors.home.min() < 0 or floors.home.max() >= len(buildings.area):
        raise NotDivisible("unknown_building", "A floor is in a building that is not in the columns of buildings.")


def _cuts(line: Line, field: Integers, strength: Floats) -> tuple[Integers, Integers]:
    """The rows of the line at which each team begins and ends. Teams come with their fields, in the order of the line."""
    passed = np.concatenate([[0.0], np.cumsum(line.minutes)])
    firsts = np.flatnonzero(np.diff(line.field, prepend=NOBODY) != 0)
    ends = np.append(firsts[1:], len(line.field))
    opens = np.diff(field, prepend=NOBODY) != 0
    closes = np.diff(field, append=NOBODY) != 0
    group = np.cumsum(opens) - 1
    part = strength / np.bincount(group, weights=strength)[group] * (passed[ends] - passed[firsts])[group]
    target = np.cumsum(part)

    cut = nearest(passed, target)
    stairwells = np.append(np.flatnonzero(np.diff(line.order, prepend=NOBODY) != 0), len(line.order))
    whole = stairwells[nearest(passed[stairwells], target)]
    slack = EVEN * np.minimum(part, np.append(part[1:], part[-1:]))
    cut = np.where(np.abs(passed[whole] - target) <= slack, whole, cut)
    cut[closes] = ends
    return np.concatenate([[0], cut])[:-1], cut


def _plan(
    fate: NDArray[np.int8], at: Integers, communities: Integers, strength: Floats, team: Integers, line: Line,
    start: tuple[Floats, Floats], place: tuple[Floats, Floats],
) -> Plans:  # fmt: skip
    """What each team has before it; writes into `fate` for whom nothing was left."""
    count = len(fate)
    doors = sums(team, line.doors, count).astype(np.int64)
    minutes = sums(team, line.minutes, count)
    first = np.flatnonzero(np.diff(team, prepend=NOBODY) != 0)
    within = line.metres.copy()
    within[first] = 0.0
    approach = np.zeros(count)
    way = np.hypot(*(there[line.home[first]] - here[team[first]] for here, there in zip(start, place, strict=True)))
    approach[team[first]] = np.nan_to_num(way)
    fate[(fate == Fate.HAS_SHARE) & (doors == 0)] = Fate.NOTHING_LEFT
    days = np.divide(minutes, strength, out=np.zeros(count), where=doors > 0)
    community = np.where(at >= 0, communities[at], NOBODY)
    return Plans(fate, community, doors, minutes, sums(team, within, count), approach, days)
