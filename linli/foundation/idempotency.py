"""Once only: a write that carries an `Idempotency-Key` is carried out once, however often it arrives.

The key is stored in the transaction of the write. Whoever comes second with the same key waits for the first to commit and
is then answered with the first one's result; the same key with other content is refused (draft-ietf-httpapi-idempotency-key).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import InvalidInput, KeyReused
from linli.foundation.models import IdempotencyKey

MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Once:
    """A key as one sender sent it, with a digest of what was sent."""

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
    if len(key) > MAX_LENGTH or not key.isprintable():
        raise InvalidInput(field="Idempotency-Key")
    body = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()
    return Once(sender or f"{by.kind}:{by.id or by.label}", key, sha256(body).digest())


def was_used(by: Actor, key: str | None) -> bool:
    """Whether this sender's key was carried out: what follows is a repeat, and `carry_out` answers it."""
    return bool(key) and IdempotencyKey.objects.filter(sender=f"{by.kind}:{by.id or by.label}", key=key).exists()


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
