"""Once only: a write that carries an `Idempotency-Key` is carried out once, however often it arrives.

The key is stored in the transaction of the write. Whoever comes second with the same key waits for the first to commit and
is then answered with the first one's result; the same key with other content is refused (draft-ietf-httpapi-idempotency-key).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import InvalidInput, KeyReused
from linli.foundation.models import IdempotencyKey
from linli.foundation.privacy import keyed_hash

MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Once:
    """A key as one sender sent it, with digests of the sender and of what was sent."""

    sender: str
    key: str
    request_hash: bytes

    def row(self, *, result_id: UUID | None = None, result: Any = None) -> IdempotencyKey:
        return IdempotencyKey(
            sender=self.sender,
            key=self.key,
            request_hash=self.request_hash,
            result_id=result_id,
            result=result,
            created_at=clock.now(),
        )

    def earlier(self) -> IdempotencyKey | None:
        """What was answered to this key before, if it was used."""
        row = IdempotencyKey.objects.filter(sender=self.sender, key=self.key).first()
        if row is not None and bytes(row.request_hash) != self.request_hash:
            raise KeyReused(field="Idempotency-Key")
        return row


def once(by: Actor, key: str | None, content: Any, *, sender: str = "") -> Once | None:
    """The key of a request, or None where none was sent. `content` is anything that JSON can hold."""
    if not key:
        return None
    if not _can_be_kept(key):
        raise InvalidInput(field="Idempotency-Key")
    body = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return Once(_mark_of(by, sender), key, keyed_hash(body, "idempotency.content"))


def _mark_of(by: Actor, sender: str = "") -> str:
    """The sender as a mark that only the key file leads back from: the table is read in every scope, and a report may be anonymous."""
    return keyed_hash(sender or f"{by.kind}:{by.id or by.label}", "idempotency.sender").hex()


def _can_be_kept(key: str) -> bool:
    return len(key) <= MAX_LENGTH and key.isprintable()


def was_used(by: Actor, key: str | None) -> bool:
    """Whether this sender's key was carried out: what follows is a repeat, and `carry_out` answers it."""
    if not key or not _can_be_kept(key):
        return False
    return IdempotencyKey.objects.filter(sender=_mark_of(by), key=key).exists()


def carry_out(key: Once | None, work: Callable[[], Any]) -> Any:
    """`work` in a transaction with the key. Its result must be JSON; a repeat is answered with it and works nothing."""
    if key is None:
        with transaction.atomic():
            return work()
    earlier = key.earlier()
    if earlier is not None:
        return earlier.result
    try:
        with transaction.atomic():
            row = key.row()
            row.save(force_insert=True)
            row.result = work()
            row.save(update_fields=["result"])
            return row.result
    except IntegrityError:
        earlier = key.earlier()
        if earlier is None:
            raise
        return earlier.result
