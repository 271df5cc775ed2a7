"""The generated city as rows: ids, codes, names and paths of units, and households as columns for COPY."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.territory.generate import housing, names
from linli.territory.generate.housing import Grids, Homes
from linli.territory.generate.mixture import AREA_420, KINDS, Integers, Quarters
from linli.territory.models import Level
from linli.territory.rules import Floats

UNIT_COLUMNS = (
    "id", "code", "level", "kind", "name", "name_en", "parent_id", "path", "valid_from", "managed_population", "lon",
    "lat", "derived",
)  # fmt: skip
HOUSEHOLD = np.dtype(
    [("id", "V16"), ("building_id", "V16"), ("micro_grid_id", "V16"), ("entrance", ">i2"), ("floor", ">i2"),
     ("door", ">i2"), ("members", ">i2")]
)  # fmt: skip
HOUSEHOLDS_AT_ONCE = 500_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Community:
    """A community or village to be filled."""

    id: UUID
    code: str
    name: str
    path: tuple[UUID, ...]
    shape: BaseGeometry
    rural: bool


class Ids:
    """UUIDv7s in rising order from a seed: one millisecond each from the start of a day, random bits from the seed."""

    def __init__(self, day: date, rng: np.random.Generator) -> None:
        self._next = max((day - date(1970, 1, 1)).days, 0) * _DAY_MS
        self._rng = rng

    def take(self, count: int) -> NDArray[np.void]:
        raw = np.empty((count, 16), dtype=np.uint8)
        times = (np.arange(count, dtype=np.uint64) + np.uint64(self._next)).astype(">u8")
        raw[:, :6] = times.view(np.uint8).reshape(count, 8)[:, 2:]
        raw[:, 6:] = np.frombuffer(self._rng.bytes(count * 10), dtype=np.uint8).reshape(count, 10)
        raw[:, 6] = (raw[:, 6] & 0x0F) | 0x70
        raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
        self._next += count
        return raw.view("V16").ravel()


def uuids(ids: NDArray[np.void]) -> list[UUID]:
    return [UUID(bytes=bytes(raw)) for raw in ids]


@dataclass(slots=True)
class City:
    """What was generated. `community_of` and `shapes` are of the quarters; `lons`, `lats` of the homes."""

    communities: Sequence[Community]
    quarters: Quarters
    community_of: Integers
    shapes: NDArray[np.object_]
    homes: Homes
    lons: Floats
    lats: Floats
    grids: Grids


class Rows:
    """The rows of a city, each kind of unit after its parents. Ask for them once, in the order of the methods."""

    def __init__(self, city: City, day: date, rng: np.random.Generator) -> None:
        self._city, self._day, self._rng = city, day, rng
        self._ids = Ids(day, rng)
        self.quarter_ids = self._take(len(city.quarters.people))
        self._home_raw = self._ids.take(len(city.homes.quarter))
        self._home_ids = uuids(self._home_raw)
        self._general_ids = self._take(len(city.communities))
        self._ordinary_ids = self._take(len(city.grids.community))
        self._micro_raw = self._ids.take(len(city.grids.ordinary))
        self._quarter_codes: list[str] = []

    def _take(self, count: int) -> list[UUID]:
        return uuids(self._ids.take(count))

    def _row(
        self, unit_id: UUID, code: str, level: Level, name: tuple[str, str], above: Sequence[UUID], people: int | None,
        point: tuple[float, float] | None, kind: str = "",
    ) -> tuple[Any, ...]:  # fmt: skip
        lon, lat = point or (None, None)
        return (
            unit_id, code, level.value, kind, *name, above[-1], [*above, unit_id], self._day, people, lon, lat, True,
        )  # fmt: skip

    def quarters(self) -> Iterator[tuple[Any, ...]]:
        city = self._city
        points = shapely.get_coordinates(shapely.point_on_surface(city.shapes)).tolist()
        numbers = dict.fromkeys(range(len(city.communities)), 0)
        for i, (unit_id, kind, people, place) in enumerate(
            zip(
                self.quarter_ids,
                city.quarters.kinds.tolist(),
                city.quarters.people.tolist(),
                city.community_of.tolist(),
                strict=True,
            )
        ):
            community = city.communities[place]
            numbers[place] += 1
            code = f"{community.code}-Q{numbers[place]:03}"
            self._quarter_codes.append(code)
            name = names.quarter(kind, community.name, numbers[place])
            if i == 0:
                name = (AREA_420.name, AREA_420.name_en)
            yield self._row(
                unit_id, code, Level.QUARTER, name, community.path, people, tuple(points[i]), KINDS[kind].value
            )

    def homes(self) -> Iterator[tuple[Any, ...]]:
        city, homes = self._city, self._city.homes
        columns = (homes.quarter, homes.community, homes.number, homes.people, city.lons, city.lats)
        for unit_id, quarter, place, number, people, lon, lat in zip(
            self._home_ids, *(column.tolist() for column in columns), strict=True
        ):
            community = city.communities[place]
            if quarter < 0:
                code, level, above = f"{community.code}-L{number:03}", Level.LINPAN, community.path
                name = (f"{number}号林盘", f"Linpan {number}")
            else:
                code, level = f"{self._quarter_codes[quarter]}-B{number:03}", Level.BUILDING
                above = (*community.path, self.quarter_ids[quarter])
                name = (f"{number}栋", f"Building {number}")
            yield self._row(unit_id, code, level, name, above, people, (lon, lat))

    def grids(self) -> Iterator[tuple[Any, ...]]:
        city, grids = self._city, self._city.grids
        lons, lats = self._micro_points()
        for unit_id, community in zip(self._general_ids, city.communities, strict=True):
            point = shapely.point_on_surface(community.shape)
            name = (f"{community.name}总网格", "General grid")
            yield self._row(
                unit_id, f"{community.code}-G", Level.GENERAL_GRID, name, community.path, None, (point.x, point.y)
            )
        micro_of = grids.ordinary
        ordinary_lons, ordinary_lats = housing.middles(micro_of, lons, lats, len(grids.community))
        above: list[tuple[UUID, ...]] = []
        codes: list[str] = []
        numbers: dict[int, int] = {}
        for i, place in enumerate(grids.community.tolist()):
            numbers[place] = numbers.get(place, 0) + 1
            community, number = city.communities[place], numbers[place]
            parents = (*community.path, self._general_ids[place])
            codes.append(f"{community.code}-G{number:02}")
            above.append((*parents, self._ordinary_ids[i]))
            point = (float(ordinary_lons[i]), float(ordinary_lats[i]))
            name = (f"一般网格{number}", f"Ordinary grid {number}")
            yield self._row(self._ordinary_ids[i], codes[i], Level.ORDINARY_GRID, name, parents, None, point)
        numbers = {}
        micro = zip(
            uuids(self._micro_raw), micro_of.tolist(), grids.people.tolist(), lons.tolist(), lats.tolist(), strict=True
        )
        for unit_id, ordinary, people, lon, lat in micro:
            numbers[ordinary] = number = numbers.get(ordinary, 0) + 1
            name = (f"微网格{number}", f"Micro-grid {number}")
            code = f"{codes[ordinary]}-{number:03}"
            yield self._row(unit_id, code, Level.MICRO_GRID, name, above[ordinary], people, (lon, lat))

    def _micro_points(self) -> tuple[Floats, Floats]:
        """The middle of the homes of each micro-grid's households."""
        city = self._city
        home = np.repeat(np.arange(len(city.homes.quarter)), city.homes.households)
        return housing.middles(city.grids.micro, city.lons[home], city.lats[home], len(city.grids.ordinary))

    @property
    def household_count(self) -> int:
        return int(self._city.homes.households.sum())

    def households(self) -> Iterator[NDArray[np.void]]:
        city = self._city
        home = np.repeat(np.arange(len(city.homes.quarter)), city.homes.households)
        entrances, floors, doors = housing.addresses(city.homes)
        sizes = housing.members(len(home), self._rng)
        for start in range(0, len(home), HOUSEHOLDS_AT_ONCE):
            part = slice(start, start + HOUSEHOLDS_AT_ONCE)
            records = np.empty(len(home[part]), dtype=HOUSEHOLD)
            records["id"] = self._ids.take(len(records))
            records["building_id"] = self._home_raw[home[part]]
            records["micro_grid_id"] = self._micro_raw[city.grids.micro[part]]
            records["entrance"], records["floor"] = entrances[part], floors[part]
            records["door"], records["members"] = doors[part], sizes[part]
            yield records
