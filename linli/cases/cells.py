"""The map's cells: which resolution a zoom shows, which stored cells lie in a window, and the outline of a cell. H3 (h3geo.org).

The bits of an index are its resolution and a digit of three bits for each finer resolution, so the cells inside one cell are one
range of numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import radians, sin, sqrt

import h3.api.basic_int as h3

from linli.cases import errors
from linli.cases.rules import CELL_RESOLUTION, COUNTED_RESOLUTION, digits_below

# The first zoom (of tiles 512 pixels wide) of each resolution: a cell is some 50 to 130 pixels wide, room for its figure.
_FROM_ZOOM = ((13.2, 9), (11.8, 8), (10.4, 7), (9.0, 6), (7.6, 5), (0.0, 4))
POINTS_FROM_ZOOM = 15.0
# Cells in a window; with those that only reach into it no more than 2,000.
MOST_CELLS = 1500
# As many cells as a window may be covered with; a larger one is covered with larger cells. And degrees: what is wider is everywhere.
MOST_COVERING = 200
WIDEST = 30
EVERYWHERE = [(0, 2**63 - 1)]
EARTH_KM = 6371.0
_RESOLUTION_BITS = 52


@dataclass(frozen=True, slots=True)
class Window:
    """What is seen of the map: degrees, WGS84."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90):
            raise errors.WrongWindow


def resolution_at(zoom: float, window: Window) -> int:
    """That of the zoom; coarser where the window is so large that it would hold too many cells."""
    resolution = next(resolution for first, resolution in _FROM_ZOOM if zoom >= first)
    while resolution > 0 and h3.average_hexagon_area(resolution, "km^2") * MOST_CELLS < _area(window):
        resolution -= 1
    return resolution


def is_counted_ahead(resolution: int) -> bool:
    return resolution <= COUNTED_RESOLUTION


def ranges_in(window: Window, resolution: int, stored: int = CELL_RESOLUTION) -> list[tuple[int, int]]:
    """Half-open ranges of cells (of the resolution `stored`) that hold every place in the window, and all of the cells of this
    resolution that it shows.

    With the cells around those of the window: a small cell may stick out of the larger one that its number says holds it.
    """
    if max(window.east - window.west, window.north - window.south) > WIDEST:
        return EVERYWHERE
    covering = min(resolution, stored)
    while _cells_across(window, covering) > MOST_COVERING:
        covering -= 1
    corners = [
        (window.south, window.west),
        (window.south, window.east),
        (window.north, window.east),
        (window.north, window.west),
    ]
    inside = h3.h3shape_to_cells_experimental(h3.LatLngPoly(corners), covering, "overlap")
    cells = sorted({int(near) for cell in inside for near in h3.grid_disk(cell, 1)})
    return list(_joined(_range(cell, covering, stored) for cell in cells))


def _cells_across(window: Window, resolution: int) -> float:
    """About how many touch the window, however narrow it is."""
    side = sqrt(h3.average_hexagon_area(resolution, "km^2"))
    high = radians(window.north - window.south) * EARTH_KM
    return (_area(window) / high / side + 1) * (high / side + 1)


def _area(window: Window) -> float:
    """In km²."""
    steradians = radians(window.east - window.west) * (sin(radians(window.north)) - sin(radians(window.south)))
    return steradians * EARTH_KM**2


def _range(cell: int, resolution: int, stored: int) -> tuple[int, int]:
    """The cells of a finer resolution inside a cell, up to where the next such cell begins."""
    last = (cell & ~(15 << _RESOLUTION_BITS)) | (stored << _RESOLUTION_BITS)
    return last & ~digits_below(resolution), last + 1


def _joined(ranges: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges that begin where the one before ends become one."""
    first, last = next(ranges)
    for begin, end in ranges:
        if begin != last:
            yield first, last
            first = begin
        last = end
    yield first, last


@lru_cache(maxsize=20_000)
def outline_of(cell: int) -> list[tuple[float, float]]:
    """The corners as (longitude, latitude), the first once more at the end, as GeoJSON wants it."""
    corners = [(round(lon, 5), round(lat, 5)) for lat, lon in h3.cell_to_boundary(cell)]
    return [*corners, corners[0]]


@lru_cache(maxsize=20_000)
def centre_of(cell: int) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(cell)
    return round(lon, 5), round(lat, 5)


def lies_in(cell: int, window: Window) -> bool:
    """Whether any of it may be seen: its centre is in the window or as near to it as a cell is wide."""
    lon, lat = centre_of(cell)
    margin_lat = max(abs(corner[1] - lat) for corner in outline_of(cell))
    margin_lon = max(abs(corner[0] - lon) for corner in outline_of(cell))
    return (
        window.west - margin_lon <= lon <= window.east + margin_lon
        and window.south - margin_lat <= lat <= window.north + margin_lat
    )
