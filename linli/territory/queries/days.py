"""The territory as it was on a day, read whole once and kept in memory."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from django.db.models import Q

from linli.foundation import clock
from linli.territory import memory
from linli.territory.index import Grids, TerritoryIndex, UnitInfo
from linli.territory.models import LOCATED_LEVELS, NEAREST_LEVELS, Boundary, FormerPlacement, Level, Unit

When = datetime | date | None
# Drop what is in memory: called on `territory.changed`.
forget = memory.forget


def day_of(at: When) -> date:
    """The day in the city's time zone; today where none is given."""
    moment = clock.now() if at is None else at
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return moment


def index(at: When = None) -> TerritoryIndex:
    """The territory as it was on a day, from memory if it was asked for before. About a second to read a whole city."""
    return memory.current().index(day_of(at), _days_of_change, _read_index)


def _days_of_change() -> list[date]:
    """The days on which a unit, a boundary or a placement changed; between two of them nothing that is located does."""
    days: set[date] = set()
    units = Unit.objects.exclude(level__in=[Level.BUILDING, Level.LINPAN])
    for rows in (units, Boundary.objects.all()):
        for column in ("valid_from", "valid_to"):
            days.update(rows.exclude(**{column: None}).order_by().values_list(column, flat=True).distinct())
    days.update(FormerPlacement.objects.order_by().values_list("valid_to", flat=True).distinct())
    return sorted(days)


def valid_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))


COLUMNS = (
    "id", "code", "level", "kind", "name", "name_en", "parent_id", "path", "managed_population", "lon", "lat",
    "derived", "valid_from", "valid_to",
)  # fmt: skip


def info_of(row: Sequence[Any], placement: tuple[UUID, list[UUID]] | None = None) -> UnitInfo:
    parent_id, path = placement or (row[6], row[7])
    identity, rest = tuple(row[:6]), tuple(row[8:])
    return UnitInfo(*identity, parent_id, tuple(path), *rest)  # type: ignore[call-arg]  # the columns are its fields


def placements_since(day: date) -> dict[UUID, tuple[UUID, list[UUID]]]:
    """Parent and path of the units that have been moved since that day."""
    former = FormerPlacement.objects.filter(valid_to__gt=day).order_by("unit", "-valid_to")
    return {unit: (parent, path) for unit, parent, path in former.values_list("unit_id", "parent_id", "path")}


def _read_index(day: date) -> TerritoryIndex:
    placements = placements_since(day)
    rows = Unit.objects.filter(valid_on(day), level__in=LOCATED_LEVELS).values_list(*COLUMNS)
    units = [info_of(row, placements.get(row[0])) for row in rows]
    boundaries = Boundary.objects.filter(valid_on(day)).values_list("unit_id", "geometry", "derived")
    ids, shapes, derived = zip(*boundaries, strict=True) if boundaries else ((), (), ())
    shapes = shapely.from_wkb([bytes(shape) for shape in shapes])
    known = {unit.id for unit in units}
    by_unit = {i: (shape, d) for i, shape, d in zip(ids, shapes, derived, strict=True) if i in known}
    territory = TerritoryIndex(units, by_unit, _read_grids(day, placements))
    territory.prepare()
    return territory


# A row for each grid would take seconds to read in Python: four long values take a tenth.
_GRIDS = """
SELECT string_agg(uuid_send(id), ''), string_agg(uuid_send(parent_id), ''),
       string_agg(float8send(coalesce(lon, 'NaN')), ''), string_agg(float8send(coalesce(lat, 'NaN')), '')
FROM (
    SELECT id, parent_id, lon, lat FROM territory_unit
    WHERE level = ANY(%(levels)s)
      AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to > %(day)s)
    ORDER BY id
) AS grid
"""


def _read_grids(day: date, placements: dict[UUID, tuple[UUID, list[UUID]]]) -> Grids | None:
    levels = [level.value for level in NEAREST_LEVELS]
    with connection.cursor() as cursor:
        cursor.execute(_GRIDS, {"levels": levels, "day": day})
        ids, parents, lons, lats = cursor.fetchone()
    if ids is None:
        return None
    parent_of = dict(zip(_pieces(ids), _pieces(parents), strict=True))
    for moved, (parent, _path) in placements.items():
        if moved.bytes in parent_of:
            parent_of[moved.bytes] = parent.bytes
    return Grids(parent_of, np.frombuffer(lons, ">f8").astype(float), np.frombuffer(lats, ">f8").astype(float))


def _pieces(ids: bytes) -> list[bytes]:
    return [ids[start : start + 16] for start in range(0, len(ids), 16)]
