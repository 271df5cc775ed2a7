"""Writes of the register, each a step of the camera's timeline, and looks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.cameras import errors, queries, rules
from linli.cameras.models import Camera, Kind, Look
from linli.cameras.rules import Act
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed
from linli.people import queries as people
from linli.territory import queries as territory

SUBJECT, LOOK = "camera", "look"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a camera. Its unit follows from where it stands."""

    name: str
    lon: float
    lat: float
    owner_id: UUID
    purpose: str
    kind: str
    address: str
    retention_days: int
    direction: int | None = None
    sign: str = ""


def register(*, told: Told, by: Actor) -> Camera:
    """Raises `InvalidInput`, `WrongAddress`, `NotAllowed`, and what `territory.locate` raises."""
    row = Camera(**_checked(told, by))
    with transaction.atomic():
        row.save(force_insert=True)
        _record(SUBJECT, row, "register", by)
    return row


def change(*, camera_id: UUID, told: Told, by: Actor) -> Camera:
    """Raises `NotFound`, `CameraClosed` and what `register` raises."""
    values = _checked(told, by)
    with transaction.atomic():
        row = _managed(camera_id, by)
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            row.save(update_fields=changed)
            _record(SUBJECT, row, "change", by, data={"changed": sorted(changed)})
    return row


def close(*, camera_id: UUID, reason: str, by: Actor) -> Camera:
    """Take it out of the register; its looks stay. Raises `NotFound`, `CameraClosed`, `ReasonNeeded`, `NotAllowed`."""
    note = rules.reason_of(reason)
    with transaction.atomic():
        row = _managed(camera_id, by)
        row.closed_at = clock.now()
        row.save(update_fields=["closed_at"])
        _record(SUBJECT, row, "close", by, note)
    return row


def look(*, camera_id: UUID, reason: str, by: Actor) -> Look:
    """Note who looks and why, before anything is shown. Raises `NotFound`, `CameraClosed`, `ReasonNeeded`, `NotAllowed`."""
    words = rules.reason_of(reason)
    camera = queries.camera(by, camera_id)
    queries.require(by, Act.LOOK, camera.unit_id)
    if camera.closed_at is not None:
        raise errors.CameraClosed
    if by.id is None:
        raise NotAllowed
    with transaction.atomic():
        row = Look.objects.create(camera=camera, by_id=by.id, by_label=by.label[:120], reason=words)
        _record(LOOK, row, "begin", by, data={"camera": str(camera.id), "reason": True})
    return row


def _managed(camera_id: UUID, by: Actor) -> Camera:
    queries.camera(by, camera_id)
    row = Camera.objects.select_for_update().get(pk=camera_id)
    queries.require(by, Act.MANAGE, row.unit_id)
    if row.closed_at is not None:
        raise errors.CameraClosed
    return row


def _checked(told: Told, by: Actor) -> dict[str, Any]:
    """As it is stored. A camera is registered where its register is kept: in a unit of who writes it."""
    place = territory.locate(told.lon, told.lat)
    queries.require(by, Act.MANAGE, place.unit_id)
    rules.source_of(told.address)
    people.body(told.owner_id)
    for name, longest in (("name", 120), ("purpose", 300)):
        if not 1 <= len(getattr(told, name).strip()) <= longest:
            raise InvalidInput(field=name)
    if told.kind not in Kind.values:
        raise InvalidInput(field="kind")
    if not 1 <= told.retention_days <= 3650:
        raise InvalidInput(field="retention_days")
    if told.direction is not None and not 0 <= told.direction < 360:
        raise InvalidInput(field="direction")
    if len(told.sign) > 200:
        raise InvalidInput(field="sign")
    return asdict(told) | {"unit_id": place.unit_id, "lon": place.lon, "lat": place.lat}


def _record(
    subject: str, row: Camera | Look, action: str, by: Actor, note: str = "", data: Mapping[str, Any] | None = None
) -> None:
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=subject, subject_id=row.id, action=action, by=by, state=state_of(row), note=note, data=data
        )


def state_of(row: Camera | Look) -> Mapping[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def states(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How the verification of timelines reads cameras."""
    return {row.id: state_of(row) for row in Camera.objects.filter(pk__in=ids)}


def states_of_looks(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """The same of looks."""
    return {row.id: state_of(row) for row in Look.objects.filter(pk__in=ids)}
