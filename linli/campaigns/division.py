"""Who knocks at which doors: the households of an area divided among teams. Pure: columns in, columns out.

The floors of a community are laid in one line as somebody would walk them: from building to building along a Hilbert
curve that is then untangled, entrance after entrance, from the top floor down. The line is cut into as many pieces as
there are teams, each as long as its team is strong. So no door is in two shares and none is forgotten, the doors of a
team lie together, and a stairwell is cut between two floors or not at all.

**The bound.** What a team gets differs from its exact part by at most a tenth of that part and the dearest floor of its
field (`EVEN`, `_cuts`). The floors are what cannot be cut: where one is worth more than a part, as in a hamlet with a
single entrance, some teams get nothing, and the plan says so.
"""

from dataclasses import dataclass
from enum import IntEnum
from heapq import heapify, heapreplace

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

# A team that belongs to no community but to its whole area; a floor that belongs to no team.
WHOLE_AREA = NOBODY = -1
# A cut moves to the end of a stairwell if that costs either neighbour no more than this part of its share: two teams in
# one stairwell ring at each other's doors.
EVEN = 0.05
METRES_A_DEGREE = 111_195.0
# The curve's cells: 2^16 along a city of 150 km are two metres.
CURVE_BITS = 16
# Runs of so many buildings are turned round where that shortens the way, in so many passes: longer runs and more passes
# gain less than one per cent.
LONGEST_TURN, PASSES = 12, 4


class NotDivisible(ValueError):
    """Columns that cannot be divided; `code` for programs, the text for people who read logs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Fate(IntEnum):
    """What became of a team in a division."""

    HAS_SHARE = 0
    NO_MEMBERS = 1
    NO_HOURS = 2
    NO_PACE = 3
    # Its area has no doors, or is none of the areas to be divided.
    NO_DOORS_NEAR = 4
    # More teams than floors: everything was given to others.
    NOTHING_LEFT = 5


@dataclass(frozen=True, slots=True)
class Rules:
    """What a visit costs. Differences between teams are in their `pace`: with one price list the cuts are exact."""

    door_minutes: float = 5.0
    # Two where nobody may stand before a door alone: then a team of five works as two.
    people_at_a_door: int = 1
    metres_a_minute: float = 70.0
    # To the next floor, by stairs or by the lift that a building has from `lift_from` floors on (GB 50096: seven).
    stairs_minutes: float = 0.5
    lift_minutes: float = 0.25
    lift_from: int = 7

    def __post_init__(self) -> None:
        if not (self.door_minutes > 0 and np.isfinite(self.door_minutes)):
            raise NotDivisible("no_minutes", "A door takes more than no minutes: loads would all be the same.")
        if not self.metres_a_minute > 0:
            raise NotDivisible("no_speed", "People walk more than no metres a minute.")
        if self.people_at_a_door < 1 or not (self.stairs_minutes >= 0 and self.lift_minutes >= 0):
            raise NotDivisible("wrong_rules", "At least one person stands at a door; no floor takes less than no time.")


@dataclass(frozen=True, slots=True)
class Buildings:
    """One row each; other columns name a building by its row. A place that nobody knows is NaN."""

    community: Integers
    area: Integers
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class Floors:
    """How many doors are on which floor of which entrance."""

    home: Integers
    entrance: Integers
    floor: Integers
    doors: Integers


@dataclass(frozen=True, slots=True)
class Teams:
    """One row each. `community` may be WHOLE_AREA; a start that nobody knows is NaN; `pace` 1 is that of the rules."""

    community: Integers
    area: Integers
    lon: Floats
    lat: Floats
    members: Integers
    minutes_a_day: Floats
    pace: Floats


@dataclass(frozen=True, slots=True)
class Shares:
    """Floors from–to of an entrance, for a team. `order` is the place of the stairwell in the walk through all: sorted by
    it, and from the top floor down, the shares of a team are its way, and those before and after it its neighbours.
    """

    team: Integers
    home: Integers
    entrance: Integers
    floor_from: Integers
    floor_to: Integers
    order: Integers
    doors: Integers
    minutes: Floats


@dataclass(frozen=True, slots=True)
class Plans:
    """One row for each team. `metres` leads through its buildings, `approach` from where it starts to its first door."""

    fate: NDArray[np.int8]
    community: Integers
    doors: Integers
    minutes: Floats
    metres: Floats
    approach: Floats
    days: Floats


@dataclass(frozen=True, slots=True)
class Division:
    """`helped`: a community without a team, and the one whose teams take it along. `uncovered`: communities of areas
    without a team, with their doors. `unplaced`: buildings without a place, walked to as if in their community's middle.
    """

    shares: Shares
    plans: Plans
    helped: dict[int, int]
    uncovered: dict[int, int]
    unplaced: Integers


@dataclass(frozen=True, slots=True)
class Line:
    """Floors in the order in which they are walked. `metres` from the building before, at the first floor of each."""

    field: Integers
    home: Integers
    entrance: Integers
    floor: Integers
    order: Integers
    doors: Integers
    metres: Floats
    minutes: Floats


def divide(floors: Floors, buildings: Buildings, teams: Teams, rules: Rules) -> Division:
    """Every door of `floors` for exactly one team, where its area has any. Raises `NotDivisible`."""
    _check(floors, buildings, teams)
    communities, of_building = np.unique(buildings.community, return_inverse=True)
    doors = sums(of_building[floors.home], floors.doors, len(communities)).astype(np.int64)
    area = np.empty(len(communities), dtype=np.int64)
    area[of_building] = buildings.area
    x, y, unplaced = _on_plane(buildings, of_building, len(communities))
    start_x, start_y = _metres(teams.lon, teams.lat, buildings)

    fate = _fates(teams)
    if (fate != Fate.HAS_SHARE).all():
        raise NotDivisible("no_teams", "No team has people, hours and a pace.")
    strength = work_a_day(teams, rules)
    at = _post(teams, fate, strength, communities, area, doors)
    middle_x, middle_y = _means(of_building, x, len(communities)), _means(of_building, y, len(communities))
    field = _fields(at, area, doors, middle_x, middle_y)

    curve = _Curve(x, y)
    walk = _walk_of(area, curve.at(middle_x, middle_y))
    line = _lay(floors, of_building, field, curve, x, y, walk, rules)
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


def lines(members: Integers, rules: Rules) -> Integers:
    """How many doors a team stands at at once. Whoever is alone goes alone."""
    return np.where(members > 0, np.maximum(members // rules.people_at_a_door, 1), 0)


def work_a_day(teams: Teams, rules: Rules) -> Floats:
    """Minutes by the price list of the rules that a team gets done in a day."""
    return lines(teams.members, rules) * teams.minutes_a_day * teams.pace


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


def climbing(top: Integers, rules: Rules) -> Floats:
    """Minutes to the next floor in a stairwell whose highest floor with doors is `top`."""
    return np.where(top >= rules.lift_from, rules.lift_minutes, rules.stairs_minutes)


def nearest(rising: Floats, wanted: Floats) -> Integers:
    """The row of `rising` that is nearest to each wanted value."""
    above = np.searchsorted(rising, wanted).clip(1, len(rising) - 1)
    return above - (wanted - rising[above - 1] <= rising[above] - wanted)


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


def _fates(teams: Teams) -> NDArray[np.int8]:
    """Who can go. The comparisons are false for NaN too."""
    fate = np.full(len(teams.area), Fate.HAS_SHARE, dtype=np.int8)
    fate[~((teams.pace > 0) & np.isfinite(teams.pace))] = Fate.NO_PACE
    fate[~((teams.minutes_a_day > 0) & np.isfinite(teams.minutes_a_day))] = Fate.NO_HOURS
    fate[~(teams.members > 0)] = Fate.NO_MEMBERS
    return fate


def _metres(lon: Floats, lat: Floats, buildings: Buildings) -> tuple[Floats, Floats]:
    """Flat enough within a city: metres east and north of the equator and the meridian."""
    known = buildings.lat[np.isfinite(buildings.lat)]
    shrink = np.cos(np.radians(known.mean() if len(known) else 0.0))
    unknown = ~(np.isfinite(lon) & np.isfinite(lat))
    return (
        np.where(unknown, np.nan, lon * METRES_A_DEGREE * shrink),
        np.where(unknown, np.nan, lat * METRES_A_DEGREE),
    )


def _on_plane(buildings: Buildings, community: Integers, count: int) -> tuple[Floats, Floats, Integers]:
    """Metres of each building. Where no place is known it is the middle of the community, failing that of all."""
    x, y = _metres(buildings.lon, buildings.lat, buildings)
    unplaced = np.flatnonzero(np.isnan(x))
    if not len(unplaced):
        return x, y, unplaced
    placed = np.flatnonzero(~np.isnan(x))
    for axis in (x, y):
        middle = axis[placed].mean() if len(placed) else 0.0
        known = np.bincount(community[placed], minlength=count) > 0
        means = np.where(known, _means(community[placed], axis[placed], count), middle)
        axis[unplaced] = means[community[unplaced]]
    return x, y, unplaced


def sums(group: Integers, values: Integers | Floats, count: int) -> Floats:
    """The sum of the values of each group."""
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def _means(group: Integers, values: Floats, count: int) -> Floats:
    return sums(group, values, count) / np.maximum(np.bincount(group, minlength=count), 1)


class _Curve:
    """The Hilbert curve through the square that holds all buildings: near on it is near on the ground."""

    def __init__(self, x: Floats, y: Floats) -> None:
        self.west, self.south = x.min(), y.min()
        self.metres_a_cell = max(np.ptp(x), np.ptp(y), 1.0) / (2**CURVE_BITS - 1)

    def at(self, x: Floats, y: Floats) -> Integers:
        """How far along the curve the points are; those outside of the square are taken to its rim, NaN to its corner."""
        most = 2**CURVE_BITS - 1
        across, up = (
            np.clip(np.nan_to_num((axis - low) / self.metres_a_cell), 0, most).astype(np.int64)
            for axis, low in ((x, self.west), (y, self.south))
        )
        along = np.zeros(len(across), dtype=np.int64)
        for bit in range(CURVE_BITS - 1, -1, -1):
            east, north = (across >> bit) & 1, (up >> bit) & 1
            along = (along << 2) | ((3 * east) ^ north)
            # The two southern quarters hold the curve turned, the south-eastern one upside down as well.
            upside = (north == 0) & (east == 1)
            across, up = np.where(upside, most - across, across), np.where(upside, most - up, up)
            across, up = np.where(north == 0, up, across), np.where(north == 0, across, up)
        return along


def _post(
    teams: Teams, fate: NDArray[np.int8], strength: Floats, communities: Integers, area: Integers, doors: Integers
) -> Integers:
    """The community (its row) at which each team works, −1 for none; writes into `fate` who has no doors near.

    Who belongs to a community with doors stays there. The others go one by one to where in their area most doors wait
    for the least strength, so first to those who have nobody.
    """
    able = fate == Fate.HAS_SHARE
    at = np.searchsorted(communities, teams.community).clip(max=len(communities) - 1)
    rooted = able & (communities[at] == teams.community) & (doors[at] > 0)
    there = sums(at[rooted], strength[rooted], len(communities))
    at[~rooted] = NOBODY
    roaming = np.flatnonzero(able & ~rooted)
    for one in np.unique(teams.area[roaming]):
        places = np.flatnonzero((area == one) & (doors > 0))
        sent = roaming[teams.area[roaming] == one]
        if not len(places):
            fate[sent] = Fate.NO_DOORS_NEAR
            continue
        waiting = [
            (there[place] / doors[place], -int(doors[place]), float(there[place]), int(place)) for place in places
        ]
        heapify(waiting)
        for team in sent.tolist():
            _, minus, strong, place = waiting[0]
            strong += float(strength[team])
            heapreplace(waiting, (strong / -minus, minus, strong, place))
            at[team] = place
    return at


def _fields(at: Integers, area: Integers, doors: Integers, x: Floats, y: Floats) -> Integers:
    """Which community's teams go to each community: its own, or those of the nearest in the area; −1 for nobody's."""
    manned = np.bincount(at[at >= 0], minlength=len(area)) > 0
    field = np.where(manned, np.arange(len(area)), NOBODY)
    for lone in np.flatnonzero(~manned & (doors > 0)):
        near = np.flatnonzero(manned & (area == area[lone]))
        if len(near):
            field[lone] = near[np.argmin(np.hypot(x[near] - x[lone], y[near] - y[lone]))]
    return field


def _walk_of(area: Integers, along: Integers) -> Integers:
    """The place of each community in the walk through all: area by area, then along the curve."""
    place = np.empty(len(area), dtype=np.int64)
    place[np.lexsort((along, area))] = np.arange(len(area))
    return place


def _lay(
    floors: Floors, community: Integers, field: Integers, curve: _Curve, x: Floats, y: Floats, walk: Integers, rules: Rules
) -> Line:  # fmt: skip
    """The floors of all fields in walking order; a floor named twice is one with the doors of both."""
    of_building = field[community]
    inhabited = sums(floors.home, floors.doors, len(community)) > 0
    seen = np.flatnonzero(inhabited & (of_building >= 0))
    seen = seen[np.lexsort((seen, curve.at(x[seen], y[seen]), walk[of_building[seen]]))]
    seen = untangle(seen, of_building, x, y)
    rank = np.full(len(community), -1, dtype=np.int64)
    rank[seen] = np.arange(len(seen))

    rows = np.flatnonzero((rank[floors.home] >= 0) & (floors.doors > 0))
    rows = rows[np.lexsort((-floors.floor[rows], floors.entrance[rows], rank[floors.home[rows]]))]
    home, entrance, floor = floors.home[rows], floors.entrance[rows], floors.floor[rows]
    first_of_home = np.diff(home, prepend=-1) != 0
    first_of_stairwell = first_of_home | (np.diff(entrance, prepend=0) != 0)
    first_of_floor = first_of_stairwell | (np.diff(floor, prepend=0) != 0)
    start = np.flatnonzero(first_of_floor)
    doors = np.add.reduceat(floors.doors[rows], start) if len(start) else np.zeros(0, dtype=np.int64)
    home, entrance, floor = home[start], entrance[start], floor[start]

    step = np.zeros(len(seen))
    same = of_building[seen][1:] == of_building[seen][:-1]
    step[1:] = np.where(same, np.hypot(np.diff(x[seen]), np.diff(y[seen])), 0.0)
    metres = np.where(first_of_home[start], step[rank[home]], 0.0)
    stairwell = np.cumsum(first_of_stairwell[start]) - 1
    height = floor[first_of_stairwell[start]][stairwell]
    minutes = doors * rules.door_minutes + climbing(height, rules) + metres / rules.metres_a_minute
    return Line(of_building[home], home, entrance, floor, stairwell, doors, metres, minutes)


def untangle(order: Integers, field: Integers, x: Floats, y: Floats) -> Integers:
    """The same walk with runs turned round where that makes it shorter (2-opt with short runs); no run leaves its field.

    Runs of one length that stand one building apart do not touch each other's ways, so a whole city is tried at once.
    """
    order = order.copy()
    count = len(order)

    def way(some: Integers, others: Integers) -> Floats:
        """Metres between places of the walk, nothing beyond the ends of a field."""
        known = (some >= 0) & (others < count)
        here, there = order[np.maximum(some, 0)], order[np.minimum(others, count - 1)]
        return np.where(known & (field[here] == field[there]), np.hypot(x[here] - x[there], y[here] - y[there]), 0.0)

    for length in list(range(2, min(LONGEST_TURN, count) + 1)) * PASSES:
        for phase in range(length + 1):
            first = np.arange(phase, count - length + 1, length + 1)
            last = first + length - 1
            gain = way(first - 1, first) + way(last, last + 1) - way(first - 1, last) - way(first, last + 1)
            turned = first[(gain > 1e-6) & (field[order[first]] == field[order[last]])]
            run = turned[:, None] + np.arange(length)
            order[run] = order[run[:, ::-1]]
    return order


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
