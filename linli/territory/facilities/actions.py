"""Writes of the register of facilities. A source is loaded whole: what it no longer names is closed, and stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection

from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import InvalidInput
from linli.territory import queries
from linli.territory.actions.common import record, require, write
from linli.territory.errors import NoFacilities
from linli.territory.facilities.kinds import Told
from linli.territory.index import NOWHERE
from linli.territory.models import Facility, Unit

_TOLD = ("kind", "name", "name_en", "lon", "lat", "address", "hours", "phone")
_BATCH = 1000
LONGEST_SOURCE = 100


@dataclass(frozen=True, slots=True)
class Loaded:
    opened: int
    changed: int
    unchanged: int
    closed: int
    # Of the file, and not in the city.
    outside: int


@write
def load(*, source: str, told: Sequence[Told], by: Actor) -> Loaded:
    """All of a source, as it is now. Raises `NoFacilities` where none of it lies in the city, `NotAllowed`, `InvalidInput`."""
    city = queries.root()
    require(by, city.path)
    if not 1 <= len(source) <= LONGEST_SOURCE:
        raise InvalidInput(field="source")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('linli.facilities'))")
    inside = {one.source_id: (one, unit) for one, unit in zip(told, _units_of(told), strict=True) if unit is not None}
    if not inside:
        raise NoFacilities(source=source)
    known = {row.source_id: row for row in Facility.objects.filter(source=source)}
    fresh = [_row(source, *inside[name]) for name in inside if name not in known]
    Facility.objects.bulk_create(fresh, batch_size=_BATCH)
    changed = [known[name] for name in inside if name in known and _takes(known[name], *inside[name])]
    gone = [row for name, row in known.items() if name not in inside and row.closed_at is None]
    for row in gone:
        row.closed_at = clock.now()
    Facility.objects.bulk_update([*changed, *gone], [*_TOLD, "unit", "closed_at"], batch_size=_BATCH)
    loaded = Loaded(
        len(fresh), len(changed), len(inside) - len(fresh) - len(changed), len(gone), len(told) - len(inside)
    )
    if fresh or changed or gone:
        counts = {"opened": loaded.opened, "changed": loaded.changed, "closed": loaded.closed}
        record(Unit.objects.get(pk=city.id), "facilities", by, source, counts)
    return loaded


def _units_of(told: Sequence[Told | Facility]) -> list[UUID | None]:
    """The finest unit of each; None outside the city."""
    at = np.array([(one.lon, one.lat) for one in told], dtype=float).reshape(-1, 2)
    units = queries.index().units
    found = queries.locate_many(at[:, 0], at[:, 1])
    return [None if position == NOWHERE else units[position].id for position in found]


def _row(source: str, told: Told, unit_id: UUID) -> Facility:
    said = {name: getattr(told, name) for name in _TOLD}
    return Facility(source=source, source_id=told.source_id, unit_id=unit_id, **said)


def _takes(row: Facility, told: Told, unit_id: UUID) -> bool:
    """Whether anything of it became another; what was closed is open again."""
    now = {name: getattr(told, name) for name in _TOLD} | {"unit_id": unit_id, "closed_at": None}
    changed = {name: value for name, value in now.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


@write
def place_again(*, by: Actor) -> int:
    """The territory has changed: each open facility belongs to the unit in which it lies now. Returns how many moved."""
    rows = list(Facility.objects.filter(closed_at=None))
    moved = []
    for row, unit_id in zip(rows, _units_of(rows), strict=True):
        if unit_id is not None and unit_id != row.unit_id:
            row.unit_id = unit_id
            moved.append(row)
    Facility.objects.bulk_update(moved, ["unit"], batch_size=_BATCH)
    return len(moved)
