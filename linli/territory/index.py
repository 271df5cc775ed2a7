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
    the micro-grid, elsewhere the ordinary grid. `derived` says that the finest boundary is not an official one.
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


@dataclass(frozen=True, slots=True)
class Grids:
    """Grids with their label points; each row is the finest grid there: its ids from general to micro."""

    chains: Sequence[tuple[UUID, ...]]
    communities: Sequence[UUID]
    lons: Floats
    lats: Floats


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
    def _grids_of(self) -> dict[UUID, NDArray[np.intp]]:
        """For each community, and each quarter that a grid's label point lies in, the rows of its grids."""
        if self._grids is None:
            return {}
        rows: dict[UUID, list[int]] = {}
        homes = self.locate_many(self._grids.lons, self._grids.lats)
        for row, (community, home) in enumerate(zip(self._grids.communities, homes, strict=True)):
            rows.setdefault(community, []).append(row)
            if home != NOWHERE and self.units[home].level == Level.QUARTER:
                rows.setdefault(self.units[home].id, []).append(row)
        return {unit_id: np.array(own) for unit_id, own in rows.items()}

    def _grids_at(self, unit: UnitInfo, community: UUID | None, lon: float, lat: float) -> tuple[UUID, ...]:
        if self._grids is None or community is None:
            return ()
        in_quarter = self._grids_of.get(unit.id) if unit.level == Level.QUARTER else None
        rows = in_quarter if in_quarter is not None else self._grids_of.get(community)
        if rows is None:
            return ()
        nearest = rows[metres_between(lon, lat, self._grids.lons[rows], self._grids.lats[rows]).argmin()]
        chain = self._grids.chains[nearest]
        # Outside the quarters only the ordinary grid is meant: a micro-grid is made of households.
        return chain if in_quarter is not None else chain[:2]
