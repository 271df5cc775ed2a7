"""What the actions of this room share: the right to edit, the timeline, the news, ids, boundaries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

import shapely
from django.db import connection, transaction
from shapely.geometry.base import BaseGeometry

from linli.foundation import audit, bulk, outbox
from linli.foundation.access import Actor, Permission, acting_as
from linli.territory import events, memory
from linli.territory.models import Boundary, Unit

_BOUNDARY_COLUMNS = (
    "id", "unit_id", "valid_from", "source", "derived", "geometry", "west", "south", "east", "north",
)  # fmt: skip


P = ParamSpec("P")
R = TypeVar("R")


def write(action: Callable[P, R]) -> Callable[P, R]:
    """One transaction, in which the database answers to the actor given as `by`."""

    @wraps(action)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with acting_as(cast(Actor, kwargs["by"])), transaction.atomic():
            return action(*args, **kwargs)

    return inside


def alone() -> None:
    """Imports and whatever else opens units wait for each other: each does what was shown, and finds taken what the other took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('linli.territory'))")


def steady_id(day: date, *parts: str) -> UUID:
    """A UUIDv7 whose time is a day and whose random bits are a digest: a register gives the same ids everywhere."""
    milliseconds = (day - date(1970, 1, 1)).days * 86_400_000
    digest = int.from_bytes(sha256("\x00".join(parts).encode()).digest()[:10])
    bits = (max(milliseconds, 0) << 80) | digest
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=bits & ~(0x3 << 62) | (0x2 << 62))


def changed(reason: str, *, closed: Iterable[UUID] = (), opened: Iterable[UUID] = ()) -> None:
    """Tell the other rooms and processes when this is committed; this transaction sees it at once."""
    ids = {"closed": [str(i) for i in closed], "opened": [str(i) for i in opened]}
    outbox.publish(events.CHANGED, {"reason": reason, **ids})
    memory.changed_here()


def state_of(unit: Unit) -> dict[str, Any]:
    """What the timeline's digest of a unit covers."""
    names = ("code", "level", "kind", "name", "name_en", "parent_id", "valid_from", "valid_to")
    return {name: getattr(unit, name) for name in names}


def record(unit: Unit, action: str, by: Actor, note: str = "", data: Mapping[str, Any] | None = None) -> None:
    audit.record(
        subject_type="unit", subject_id=unit.pk, action=action, by=by, state=state_of(unit), note=note, data=data
    )


def require(by: Actor, path: Sequence[UUID] = ()) -> None:
    """Only who may edit the territory there; who has no unit above (a new city) must hold the permission everywhere."""
    by.require(Permission.EDIT_TERRITORY, tuple(path))


def extent_of(path: Sequence[UUID]) -> tuple[UUID, BaseGeometry] | None:
    """The lowest of these units, root first, that has a boundary now, and it."""
    drawn = dict(Boundary.objects.filter(unit__in=path, valid_to=None).values_list("unit_id", "geometry"))
    return next(((one, shapely.from_wkb(bytes(drawn[one]))) for one in reversed(path) if one in drawn), None)


def set_boundaries(shapes: Mapping[UUID, BaseGeometry], *, day: date, source: str, derived: bool) -> int:
    """Give units these boundaries from `day` on; the earlier ones end that day, later ones stay. Returns how many."""
    current = {b.unit_id: b for b in Boundary.objects.select_for_update().filter(unit__in=list(shapes), valid_to=None)}
    fresh: list[Boundary] = []
    for unit_id, shape in shapes.items():
        geometry = shapely.to_wkb(shape)
        old = current.get(unit_id)
        if old is not None and bytes(old.geometry) == geometry and old.derived == derived:
            continue
        if old is not None and old.valid_from > day:
            continue
        if old is not None and old.valid_from == day:
            old.delete()
        elif old is not None:
            old.valid_to = day
            old.save(update_fields=["valid_to"])
        west, south, east, north = shape.bounds
        fresh.append(
            Boundary(
                unit_id=unit_id,
                valid_from=day,
                source=source,
                derived=derived,
                geometry=geometry,
                west=west,
                south=south,
                east=east,
                north=north,
            )
        )
    bulk.insert(Boundary, _BOUNDARY_COLUMNS, ([getattr(b, c) for c in _BOUNDARY_COLUMNS] for b in fresh))
    _label(shapes)
    return len(fresh)


def _label(shapes: Mapping[UUID, BaseGeometry]) -> None:
    """Units that have no label point get one inside their boundary."""
    bare = list(Unit.objects.filter(pk__in=list(shapes), lon=None))
    for unit in bare:
        point = shapes[unit.pk].point_on_surface()
        unit.lon, unit.lat = point.x, point.y
    Unit.objects.bulk_update(bare, ["lon", "lat"], batch_size=1000)
