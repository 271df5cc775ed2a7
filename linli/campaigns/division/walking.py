"""The way through an area: floors in the order in which somebody would walk them."""

import numpy as np

from linli.campaigns.division.columns import Buildings, Floats, Floors, Integers, Line, Rules
from linli.campaigns.division.grouping import means, sums

METRES_A_DEGREE = 111_195.0
# The curve's cells: 2^16 along a city of 150 km are two metres.
CURVE_BITS = 16
# Runs of so many buildings are turned round where that shortens the way, in so many passes: longer runs and more passes
# gain less than one per cent.
LONGEST_TURN, PASSES = 12, 4


def climbing(top: Integers, rules: Rules) -> Floats:
    """Minutes to the next floor in a stairwell whose highest floor with doors is `top`."""
    return np.where(top >= rules.lift_from, rules.lift_minutes, rules.stairs_minutes)


def metres_from(lon: Floats, lat: Floats, buildings: Buildings) -> tuple[Floats, Floats]:
    """Flat enough within a city: metres east and north of the equator and the meridian."""
    known = buildings.lat[np.isfinite(buildings.lat)]
    shrink = np.cos(np.radians(known.mean() if len(known) else 0.0))
    unknown = ~(np.isfinite(lon) & np.isfinite(lat))
    return (
        np.where(unknown, np.nan, lon * METRES_A_DEGREE * shrink),
        np.where(unknown, np.nan, lat * METRES_A_DEGREE),
    )


def on_plane(buildings: Buildings, community: Integers, count: int) -> tuple[Floats, Floats, Integers]:
    """Metres of each building. Where no place is known it is the middle of the community, failing that of all."""
    x, y = metres_from(buildings.lon, buildings.lat, buildings)
    unplaced = np.flatnonzero(np.isnan(x))
    if not len(unplaced):
        return x, y, unplaced
    placed = np.flatnonzero(~np.isnan(x))
    for axis in (x, y):
        middle = axis[placed].mean() if len(placed) else 0.0
        known = np.bincount(community[placed], minlength=count) > 0
        middles = np.where(known, means(community[placed], axis[placed], count), middle)
        axis[unplaced] = middles[community[unplaced]]
    return x, y, unplaced


class Curve:
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


def walk_of(area: Integers, along: Integers) -> Integers:
    """The place of each community in the walk through all: area by area, then along the curve."""
    place = np.empty(len(area), dtype=np.int64)
    place[np.lexsort((along, area))] = np.arange(len(area))
    return place


def lay(
    floors: Floors, community: Integers, field: Integers, curve: Curve, x: Floats, y: Floats, walk: Integers, rules: Rules
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
