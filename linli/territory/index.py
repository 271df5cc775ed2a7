"""The territory of one day in memory: every unit from city to quarter, and where a point lies.

A point is looked for in the quarters, then, if it is in none, in the communities, the subdistricts, the districts and
the city, each a tree of bounding boxes (STR) over prepared polygons. Borders belong to the polygon; a point on a shared
border belongs to the one with the lower code, so each point has one answer. What lies above the finest unit follows
from its path, not from geometry, so a unit never disagrees with its parent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.territory.models import LOCATED_LEVELS, Level
from linli.territory.rules import Floats, metres_between

Positions = NDArray[np.int32]
_ABOVE_QUARTERS = {Level.CITY, Level.DISTRICT, Level.SUBDISTRICT, Level.COMMUNITY}
_ENDINGS = ("街道", "社区", "村", "镇", "乡", "区", "县", "市")
NOWHERE = -1
# Points are located in pieces of this many: the memory of a piece's geometries is used again by the next, which makes
# it twice as fast as one large piece.
_PIECE = 2048


@dataclass(frozen=True, slots=True)
class UnitInfo:
    """A unit as other rooms read it. `path` holds the ids of its ancestors, root first, itself last."""

    id: UUID
    code: str
    level: str
    kind: str
    name: str
    name_en: str
    parent_id: UUID | None
    path: tuple[UUID, ...]
    managed_population: int | None
    lon: float | None
    lat: float | None
    derived: bool
    valid_from: date
    valid_to: date | None

    def name_in(self, language: str) -> str:
        """The name for a reader of this language code; the Chinese one where there is no other."""
        return self.name if language.startswith("zh") or not self.name_en else self.name_en


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point lies: the finest unit, and the unit of each level above it.

    `path` holds, root first, the ids of every unit that the point belongs to: city, district, subdistrict, community,
    then its grids, then its quarter. A grid is the nearest one by label point (grids have no boundary): in a quarter
    the micro-grid, elsewhere the ordinary grid. `derived` says that the finest boundary is not an official one,
    `outside_claimed` that the point does not lie in the unit that the reporter named.
    """

    unit_id: UUID
    level: str
    name: str
    lon: float | None
    lat: float | None
    path: tuple[UUID, ...]
    district_id: UUID | None = None
    subdistrict_id: UUID | None = None
    community_id: UUID | None = None
    quarter_id: UUID | None = None
    grid_id: UUID | None = None
    derived: bool = False
    outside_claimed: bool = False


@dataclass(frozen=True, slots=True)
class Grids:
    """Every grid, by the 16 bytes of its id: its parent (a grid, or the community), and in the same order its point.

    A grid whose point is not known has NaN.
    """

    parent_of: Mapping[bytes, bytes]
    lons: Floats
    lats: Floats

    def finest(self) -> list[tuple[int, bytes]]:
        """Row and id of the grids that have none below them, where their point is known."""
        above = set(self.parent_of.values())
        placed = np.isfinite(self.lons).tolist()
        return [(row, grid) for row, grid in enumerate(self.parent_of) if grid not in above and placed[row]]

    def community(self, grid: bytes) -> bytes:
        while grid in self.parent_of:
            grid = self.parent_of[grid]
        return grid

    def chain(self, grid: bytes) -> tuple[UUID, ...]:
        """The ids from the general grid down to this one."""
        ids = [grid]
        while (parent := self.parent_of[ids[-1]]) in self.parent_of:
            ids.append(parent)
        return tuple(UUID(bytes=i) for i in reversed(ids))


@dataclass(frozen=True, slots=True)
class _Near:
    """The finest grids of one community or quarter, with their points."""

    grids: list[bytes]
    lons: Floats
    lats: Floats

    def nearest(self, lon: float, lat: float) -> bytes:
        return self.grids[int(metres_between(lon, lat, self.lons, self.lats).argmin())]


class Layer:
    """The boundaries of one level, in the order of their units' codes."""

    def __init__(self, positions: Sequence[int], shapes: Sequence[BaseGeometry]) -> None:
        self.positions = np.asarray(positions, dtype=np.int32)
        self.shapes = np.asarray(shapes, dtype=object)
        shapely.prepare(self.shapes)
        self.tree = shapely.STRtree(self.shapes)

    def locate(self, geometries: NDArray[np.object_], lons: Floats, lats: Floats) -> Positions:
        """The position of the unit of each point, given both as geometry and as coordinates."""
        points, candidates = self.tree.query(geometries)
        inside = shapely.intersects_xy(self.shapes[candidates], lons[points], lats[points])
        points, candidates = points[inside], candidates[inside]
        found = np.full(len(lons), len(self.shapes), dtype=np.int64)
        np.minimum.at(found, points, candidates)
        return np.append(self.positions, NOWHERE)[found]


# A hundredth of the smaller one: boundaries drawn by others do not meet ours exactly.
_TOUCH = 0.01


class TerritoryIndex:
    """The units of one day, and `locate_many`. Immutable: a change of the territory makes another index."""

    def __init__(
        self,
        units: Iterable[UnitInfo],
        boundaries: Mapping[UUID, tuple[BaseGeometry, bool]],
        grids: Grids | None = None,
    ) -> None:
        """`boundaries` maps a unit's id to its shape and whether it is derived."""
        rank = {level: place for place, level in enumerate(LOCATED_LEVELS)}
        self.units = sorted(units, key=lambda unit: (rank[Level(unit.level)], unit.code))
        self.position = {unit.id: position for position, unit in enumerate(self.units)}
        self._boundaries = boundaries
        self._grids = grids

    @cached_property
    def _layers(self) -> list[Layer]:
        """Fine to coarse; levels without boundaries are left out."""
        layers = []
        for level in reversed(LOCATED_LEVELS):
            positions = [p for p, unit in enumerate(self.units) if unit.level == level and unit.id in self._boundaries]
            if positions:
                layers.append(Layer(positions, [self._boundaries[self.units[p].id][0] for p in positions]))
        return layers

    @cached_property
    def below(self) -> Mapping[UUID | None, Sequence[UnitInfo]]:
        """The units directly below each unit (the cities, for None), by code."""
        found: dict[UUID | None, list[UnitInfo]] = {}
        for unit in self.units:
            found.setdefault(unit.parent_id, []).append(unit)
        return found

    def touched(self, shape: BaseGeometry) -> list[UnitInfo]:
        """The fewest units, communities and coarser, that together hold what the shape covers. Where borders only meet is no touch."""
        shapely.prepare(shape)
        return [found for city in self.below.get(None, ()) for found in self._touched(city, shape)]

    def _touched(self, unit: UnitInfo, shape: BaseGeometry) -> list[UnitInfo]:
        own = self._boundaries.get(unit.id)
        if own is None or not shape.intersects(own[0]):
            return []
        if shape.covers(own[0]):
            return [unit]
        least = _TOUCH * min(own[0].area, shape.area)
        if shapely.intersection(shape, own[0]).area <= least:
            return []
        if unit.level == Level.COMMUNITY:
            return [unit]
        parts = [part for part in self.below.get(unit.id, ()) if part.id in self._boundaries]
        found = [each for part in parts for each in self._touched(part, shape)]
        # All of its parts are the unit itself; and so is what no part of it holds.
        return [unit] if not found or found == parts else found

    @cached_property
    def folded_names(self) -> Sequence[str]:
        """The Chinese and the English name of each unit, in the order of `units`, folded for a search."""
        return [f"{unit.name}\n{unit.name_en}".casefold() for unit in self.units]

    @cached_property
    def name_beginnings(self) -> Sequence[str]:
        """What an address written in one word may begin with: names down to the community, whole and without their ending."""
        above = [unit.name.casefold() for unit in self.units if unit.level in _ABOVE_QUARTERS]
        shorter = [name.removesuffix(ending) for name in above for ending in _ENDINGS if name.endswith(ending)]
        return [name for name in (*above, *shorter) if len(name) > 1]

    @property
    def has_boundaries(self) -> bool:
        return bool(self._boundaries)

    def boundary(self, unit_id: UUID) -> BaseGeometry | None:
        found = self._boundaries.get(unit_id)
        return found[0] if found else None

    def locate_many(self, lons: Floats, lats: Floats) -> Positions:
        """The position in `units` of the finest unit of each point (WGS84), `NOWHERE` outside or where not a number."""
        lons, lats = np.asarray(lons, dtype=float), np.asarray(lats, dtype=float)
        found = np.full(len(lons), NOWHERE, dtype=np.int32)
        for start in range(0, len(lons), _PIECE):
            piece = slice(start, start + _PIECE)
            found[piece] = self._locate_piece(lons[piece], lats[piece])
        return found

    def _locate_piece(self, lons: Floats, lats: Floats) -> Positions:
        found = np.full(len(lons), NOWHERE, dtype=np.int32)
        left = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        geometries = np.empty(len(lons), dtype=object)
        geometries[left] = shapely.points(lons[left], lats[left])
        for layer in self._layers:
            if not len(left):
                break
            found[left] = layer.locate(geometries[left], lons[left], lats[left])
            left = left[found[left] == NOWHERE]
        return found

    def place(self, lon: float, lat: float) -> Place | None:
        """The place of one point, None outside."""
        position = int(self.locate_many(np.array([lon]), np.array([lat]))[0])
        return None if position == NOWHERE else self.place_in(self.units[position], lon, lat)

    def place_in(self, unit: UnitInfo, lon: float, lat: float) -> Place:
        """The place of a point known to lie in `unit`."""
        by_level = {self.units[self.position[i]].level: i for i in unit.path}
        quarter = by_level.get(Level.QUARTER)
        grids = self._grids_at(unit, by_level.get(Level.COMMUNITY), lon, lat)
        above = unit.path[:-1] if quarter else unit.path
        return Place(
            unit_id=unit.id,
            level=unit.level,
            name=unit.name,
            lon=lon,
            lat=lat,
            path=(*above, *grids, quarter) if quarter else (*above, *grids),
            district_id=by_level.get(Level.DISTRICT),
            subdistrict_id=by_level.get(Level.SUBDISTRICT),
            community_id=by_level.get(Level.COMMUNITY),
            quarter_id=quarter,
            grid_id=grids[-1] if grids else None,
            derived=self._boundaries[unit.id][1] if unit.id in self._boundaries else unit.derived,
        )

    @cached_property
    def _grids_of(self) -> dict[UUID, _Near]:
        """The finest grids of each community, and of each quarter that their points lie in."""
        if self._grids is None:
            return {}
        finest = self._grids.finest()
        rows = np.array([row for row, _grid in finest], dtype=np.intp)
        lons, lats = self._grids.lons[rows], self._grids.lats[rows]
        members: dict[UUID, list[int]] = {}
        by_community: dict[bytes, list[int]] = {}
        for at, (_row, grid) in enumerate(finest):
            by_community.setdefault(self._grids.community(grid), []).append(at)
        for community, own in by_community.items():
            members[UUID(bytes=community)] = own
        for at, home in enumerate(self.locate_many(lons, lats).tolist()):
            if home != NOWHERE and self.units[home].level == Level.QUARTER:
                members.setdefault(self.units[home].id, []).append(at)
        return {unit_id: _Near([finest[at][1] for at in own], lons[own], lats[own]) for unit_id, own in members.items()}

    def _grids_at(self, unit: UnitInfo, community: UUID | None, lon: float, lat: float) -> tuple[UUID, ...]:
        if self._grids is None or community is None:
            return ()
        in_quarter = self._grids_of.get(unit.id) if unit.level == Level.QUARTER else None
        near = in_quarter or self._grids_of.get(community)
        if near is None:
            return ()
        chain = self._grids.chain(near.nearest(lon, lat))
        # Outside the quarters only the ordinary grid is meant: a micro-grid is made of households.
        return chain if in_quarter is not None else chain[:2]

    def prepare(self) -> None:
        """Build the trees now, rather than with the first question."""
        _ = self._layers, self._grids_of
