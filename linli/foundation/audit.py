"""The timeline: append-only, chained per subject, sealed hourly.

Each entry's hash is an HMAC-SHA-256, with a key kept outside the database, over the previous entry's hash, its own content
and a digest of the subject as the entry left it. So three things show: an entry changed, an entry missing, and a
subject changed without an entry. A whole chain that vanished shows in the seals.
"""

import hmac
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from linli.foundation import clock, keys
from linli.foundation.access import Actor
from linli.foundation.models import Entry
from linli.foundation.statement import Statement

NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a subject's chain: what the next entry stands on."""

    seq: int = 0
    hash: bytes = NO_HASH


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be recorded about one subject."""

    subject_type: str
    subject_id: UUID
    action: str
    by: Actor
    head: Head
    state: Mapping[str, Any]
    note: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def digest(state: Mapping[str, Any]) -> bytes:
    """SHA-256 over the subject's values, sorted by name. Times count in UTC microseconds, bytes in hex."""
    return sha256(_canonical(state)).digest()


def entry_of(step: Step) -> Entry:
    """The entry for a step, chained to its head and not yet stored."""
    moment = clock.now()
    entry = Entry(
        subject_type=step.subject_type,
        subject_id=step.subject_id,
        seq=step.head.seq + 1,
        at=step.at or moment,
        recorded_at=moment,
        action=step.action,
        actor_kind=step.by.kind.value,
        actor_id=step.by.id,
        actor_label=step.by.label[:120],
        note=step.note,
        data=dict(step.data),
        state=digest(step.state),
        previous=step.head.hash,
    )
    entry.hash = chain_hash(entry)
    return entry


def head_of(entry: Entry) -> Head:
    return Head(entry.seq, bytes(entry.hash))


# What an entry's hash stands for: everything but its id and the hash itself.
HASHED = (
    "subject_type", "subject_id", "seq", "at", "recorded_at", "action", "actor_kind", "actor_id",
    "actor_label", "note", "data", "state", "previous",
)  # fmt: skip


def chain_hash(entry: Entry) -> bytes:
    """HMAC over everything in the entry but its id and its own hash."""
    return hash_of({name: getattr(entry, name) for name in HASHED})


def hash_of(content: dict[str, Any]) -> bytes:
    """HMAC over an entry's values, given by the names in `HASHED`."""
    settled = content | {"data": _as_stored(content["data"])}
    return keyed_digest(settled)


def keyed_digest(content: Mapping[str, Any]) -> bytes:
    """HMAC over values, with the key of the timelines: nobody without it can find other values with a wanted digest."""
    return hmac.new(keys.audit_key(), _canonical(content), sha256).digest()


def head(subject_id: UUID) -> Head:
    """The end of a subject's chain, from the table. Call it under a lock on the subject."""
    row = Entry.objects.filter(subject_id=subject_id).order_by("-seq").values_list("seq", "hash").first()
    return Head(row[0], bytes(row[1])) if row else Head()


def record(
    *,
    subject_type: str,
    subject_id: UUID,
    action: str,
    by: Actor,
    state: Mapping[str, Any],
    note: str = "",
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Record one step now: for rooms whose subjects do not carry the head of their chain. Needs a transaction."""
    step = Step(subject_type, subject_id, action, by, head(subject_id), state, note, data or {})
    entry = entry_of(step)
    entry.save(force_insert=True)
    return entry


def timeline(subject_id: UUID) -> Sequence[Entry]:
    """A subject's entries, oldest first. Ask for the subject first: that is where its scope is checked."""
    return _TIMELINE.all(subject_id)


_TIMELINE = Statement("SELECT {} FROM foundation_entry WHERE subject_id = $1::uuid ORDER BY seq", Entry)


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(
        content, sort_keys=True, default=_plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def _as_stored(value: Any) -> Any:
    """JSON as PostgreSQL gives it back: `jsonb` keeps numbers as decimals, so 1e22 returns as an integer and -0.0 as 0."""
    if isinstance(value, float) and math.isfinite(value):
        decimal = Decimal(repr(value))
        return int(decimal) if decimal == decimal.to_integral_value() else value
    if isinstance(value, Mapping):
        return {str(key): _as_stored(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_stored(item) for item in value]
    return value


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return str(round(value.timestamp() * 1_000_000))
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)
