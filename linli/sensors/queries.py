"""Reads of devices and alerts. Each starts from who asks; row-level security asks again."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.cases import queries as cases
from linli.cases.cells import Window
from linli.cases.map_layers import MOST_MARKS
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.privacy import keyed_hash
from linli.sensors import errors, rules
from linli.sensors.models import Alert, AlertKind, Device, OwnerToken, Reading, Verdict
from linli.territory import queries as territory

PAGE = 50


def visible_to(actor: Actor) -> QuerySet[Device]:
    """The devices of the units whose cases the actor sees."""
    if actor.is_system:
        return Device.objects.all()
    units = actor.units(Permission.SEE_CASES)
    return Device.objects.filter(unit__path__overlap=units) if units else Device.objects.none()


def device(actor: Actor, device_id: UUID) -> Device:
    """Raises NotFound."""
    found = visible_to(actor).filter(pk=device_id).first()
    if found is None:
        raise NotFound
    return found


def devices(
    actor: Actor, *, unit_id: UUID | None = None, alerting: bool = False, before: UUID | None = None
) -> list[Device]:
    """A page of the register, the newest first, and one more where there are more; `alerting`: those with a standing alert alone."""
    found = visible_to(actor).filter(closed_at=None)
    if unit_id is not None:
        found = found.filter(unit__path__contains=[unit_id])
    if alerting:
        found = found.filter(Exists(standing().filter(device=OuterRef("pk"))))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE + 1])


def standing() -> QuerySet[Alert]:
    """Alerts of now that nobody has dismissed."""
    return Alert.objects.filter(~Q(verdict=Verdict.DISMISSED), closed_at=None)


def standing_of(actor: Actor, unit_id: UUID | None, most: int = 200) -> list[Alert]:
    """The newest first, with their devices."""
    seen = visible_to(actor).filter(closed_at=None)
    if unit_id is not None:
        seen = seen.filter(unit__path__contains=[unit_id])
    return list(standing().filter(device__in=seen).select_related("device").order_by("-opened_at", "-pk")[:most])


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Device]:
    """Raises NotFound."""
    cases.require_unit(actor, unit_id)
    found = visible_to(actor).filter(
        closed_at=None,
        unit__path__contains=[unit_id],
        lon__range=(window.west, window.east),
        lat__range=(window.south, window.north),
    )
    return list(found.order_by("pk")[:MOST_MARKS])


def alerting(device_ids: Collection[UUID]) -> dict[UUID, Alert]:
    """The standing alert of each that has one: what was measured goes before silence."""
    found = standing().filter(device__in=device_ids)
    worst_last = sorted(found, key=lambda alert: alert.kind != AlertKind.SILENT)
    return {alert.device_id: alert for alert in worst_last}


def readings(of: Device, most: int) -> list[Reading]:
    """The newest first."""
    return list(Reading.objects.filter(device=of).order_by("-at")[:most])


def alerts(of: Device, most: int) -> list[Alert]:
    """The newest first."""
    return list(Alert.objects.filter(device=of).order_by("-opened_at")[:most])


def alert(actor: Actor, alert_id: UUID) -> Alert:
    """Raises NotFound."""
    found = Alert.objects.select_related("device").filter(pk=alert_id, device__in=visible_to(actor)).first()
    if found is None:
        raise NotFound
    return found


def answers(actor: Actor, of: Device) -> bool:
    """Whether the actor may answer its alerts: who answers warnings there."""
    return actor.id is not None and actor.may(Permission.ANSWER_WARNINGS, territory.unit(of.unit_id).path)


def manages(actor: Actor, unit_id: UUID | None = None) -> bool:
    """Whether the actor keeps the register of a unit's devices, or (None) of any: who keeps that of its places does."""
    if unit_id is None:
        return bool(actor.units(Permission.EDIT_TERRITORY))
    return actor.may(Permission.EDIT_TERRITORY, territory.unit(unit_id).path)


@dataclass(frozen=True, slots=True)
class Owner:
    body_id: UUID
    prefix: str


def owner_of(token: str) -> Owner:
    """Whose token it is. Raises `TokenNotValid`: unknown or revoked, one answer."""
    if not rules.looks_like_a_token(token):
        raise errors.TokenNotValid
    with acting_as(SYSTEM):
        row = OwnerToken.objects.filter(token_hash=token_hash(token), revoked_at=None).first()
    if row is None:
        raise errors.TokenNotValid
    return Owner(row.owner_id, row.prefix)


def token_hash(token: str) -> bytes:
    return keyed_hash(token, "sensors.token")
