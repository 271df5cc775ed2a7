"""Who a key is. Read once per process and dropped when a key changes, so that a report by key costs no round trip more."""

import time
from dataclasses import dataclass
from datetime import date
from threading import Lock

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from linli.foundation import clock, rates
from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, acting_as
from linli.gateway import rules
from linli.gateway.errors import KeyNotValid
from linli.gateway.models import ApiKey, KeyMay

# Should a process ever miss the event of a revocation, it asks again after this many seconds.
KEPT_SECONDS = 60.0


@dataclass(slots=True)
class _Known:
    actor: Actor
    row: ApiKey
    read_at: float
    used_on: date | None


_known: dict[tuple[str, bytes], _Known] = {}
_lock = Lock()


def visible_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The keys of the units whose gateway the actor manages, newest first."""
    keys = ApiKey.objects.select_related("unit", "body").order_by("-pk")
    return keys if actor.is_system else keys.filter(unit__path__overlap=actor.units(Permission.MANAGE_GATEWAY))


def actor_of_key(secret: str) -> Actor:
    """The actor of a key as it was sent, with one call taken from its rate.

    Raises `KeyNotValid` (unknown, expired, revoked: one answer) and `TooManyRequests`.
    """
    known = _find(secret)
    row = known.row
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= clock.now()):
        raise KeyNotValid
    rates.keys.take(str(row.id), row.rate_per_minute)
    _note_use(known)
    return known.actor


def _find(secret: str) -> _Known:
    if not rules.looks_like_a_key(secret):
        raise KeyNotValid
    digest = rules.key_hash(secret)
    # Part of the key, because tests live in several databases.
    place = (str(connection.settings_dict["NAME"]), digest)
    known = _known.get(place)
    if known is None or time.monotonic() - known.read_at > KEPT_SECONDS:
        known = _read(digest)
        with _lock:
            _known[place] = known
    return known


def _read(digest: bytes) -> _Known:
    with acting_as(SYSTEM):
        row = ApiKey.objects.filter(key_hash=digest).first()
    if row is None:
        raise KeyNotValid
    grants = rules.grants_of(row.may, row.role, row.unit_id, row.body_id)
    actor = Actor(row.id, ActorKind.API_KEY, row.name, grants, reports=KeyMay.POST in row.may)
    return _Known(actor, row, time.monotonic(), row.last_used_on)


def _note_use(known: _Known) -> None:
    today = timezone.localdate(clock.now())
    if known.used_on != today:
        known.used_on = today
        with acting_as(SYSTEM):
            ApiKey.objects.filter(pk=known.row.pk).update(last_used_on=today)


def forget_keys() -> None:
    """Read keys again: called in every process when one has changed."""
    with _lock:
        _known.clear()
