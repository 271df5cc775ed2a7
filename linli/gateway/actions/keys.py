"""Making and revoking API keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.foundation import audit, clock, outbox
from linli.foundation.access import SYSTEM, Actor, Permission, Role, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.ids import uuid7
from linli.gateway import events, queries, rules
from linli.gateway.errors import RoleNeeded, UnknownChoice
from linli.gateway.models import ApiKey, KeyMay
from linli.people import queries as people
from linli.people import rules as people_rules
from linli.territory import queries as territory

MOST_PER_MINUTE = 1_000_000


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is the key itself: shown once, kept nowhere."""

    key: ApiKey
    secret: str


def create_key(
    *, name: str, may: Sequence[str], unit_id: UUID, by: Actor, body_id: UUID | None = None, role: str = "",
    rate_per_minute: int = 600, expires_at: datetime | None = None,
) -> NewKey:  # fmt: skip
    """A key for another system, by an administrator of its unit. Raises `UnknownChoice`, `RoleNeeded`, `NotAllowed`.

    With a body, of the body's unit as well: a key for a body reads that body's cases wherever they lie.
    """
    by.require(Permission.MANAGE_GATEWAY, territory.unit(unit_id).path)
    if body_id is not None:
        by.require(Permission.MANAGE_GATEWAY, people.body(body_id).unit_path)
    _check(name, may, role, body_id, rate_per_minute, expires_at)
    secret = rules.new_key()
    key = ApiKey(
        id=uuid7(),
        name=name.strip(),
        prefix=secret[: rules.PREFIX_LENGTH],
        key_hash=rules.key_hash(secret),
        may=sorted(set(may)),
        unit_id=unit_id,
        body_id=people.body(body_id).id if body_id else None,
        role=role,
        rate_per_minute=rate_per_minute,
        created_by=by.id,
        expires_at=expires_at,
    )
    with transaction.atomic():
        key.save(force_insert=True)
        _record(key, "created", by)
    return NewKey(key, secret)


def _check(
    name: str, may: Sequence[str], role: str, body_id: UUID | None, rate: int, expires_at: datetime | None
) -> None:
    if not name.strip() or len(name) > 80:
        raise InvalidInput(field="name")
    for permission in may:
        if permission not in KeyMay.values:
            raise UnknownChoice(field="may", value=permission[:40])
    if not may:
        raise InvalidInput(field="may")
    if role and role not in set(Role):
        raise UnknownChoice(field="role", value=role[:40])
    if ("act" in may) != bool(role):
        raise RoleNeeded(field="role")
    if role in people_rules.ROLES_WITH_BODY and body_id is None:
        raise RoleNeeded(field="body_id")
    # Whoever administers the gateway must not make administrators with it.
    if role == Role.ADMIN:
        raise UnknownChoice(field="role", value=role)
    if not 1 <= rate <= MOST_PER_MINUTE:
        raise InvalidInput(field="rate_per_minute")
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInput(field="expires_at")


def revoke_key(*, key_id: UUID, by: Actor) -> ApiKey:
    """End a key at once, in every process. A second time changes nothing."""
    with transaction.atomic():
        key = queries.visible_keys(by).select_for_update(of=("self",)).filter(pk=key_id).first()
        if key is None:
            raise NotFound
        by.require(Permission.MANAGE_GATEWAY, territory.unit(key.unit_id).path)
        if key.revoked_at is None:
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at"])
            _record(key, "revoked", by)
    return key


def _record(key: ApiKey, action: str, by: Actor) -> None:
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(subject_type="api_key", subject_id=key.id, action=action, by=by, state=state_of(key))
    outbox.publish(events.KEY_CHANGED, {"key": str(key.id)}, [f"unit:{key.unit_id}"])
    transaction.on_commit(queries.forget_keys)


def state_of(key: ApiKey) -> dict[str, Any]:
    """What the timeline digests of a key; the day of its last use is no part of it."""
    names = ("name", "may", "unit_id", "body_id", "role", "rate_per_minute", "expires_at", "revoked_at")
    return {name: getattr(key, name) for name in names} | {"key_hash": bytes(key.key_hash)}
