"""Seals: each hour the ends of all chains that grew are put under one root, and the roots are chained.

A seal is kept twice, in the database and in `audit/seals.log` of the data folder, beside the sealed ends themselves, so that a chain
that vanished shows and can be named, and so does a seal that vanished. `verify.py` checks them.
"""

import hmac
import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from linli.config import env
from linli.foundation import audit, keys
from linli.foundation.models import Seal

# Ids are made before their transaction and by several machines: what is younger than this waits for the next seal.
SETTLE = timedelta(seconds=60)
SEAL_LOCK = 5_110_102
_HEAD = struct.Struct(">16sI32s")
_BATCH = 5000

StateOf = Callable[[list[UUID]], Mapping[UUID, Mapping[str, Any]]]
HeadOf = Callable[[list[UUID]], Mapping[UUID, audit.Head]]


@dataclass(frozen=True, slots=True)
class Subject:
    """How a kind of subject is read for verification; `heads` where the subject's row carries the end of its chain."""

    states: StateOf
    heads: HeadOf | None = None


_subjects: dict[str, Subject] = {}


def register_subject(subject_type: str, state_of: StateOf, head_of: HeadOf | None = None) -> None:
    """Tell how the present state of subjects is read, as their entries digest it. A subject that is gone is left out.

    Called in a room's AppConfig.ready. Without it entries are checked, but not whether the subject still matches the last one.
    """
    _subjects[subject_type] = Subject(state_of, head_of)


def subjects() -> Mapping[str, Subject]:
    return _subjects


@dataclass(frozen=True, slots=True)
class SealedHead:
    """The end of a chain when it was sealed."""

    subject_id: UUID
    seq: int
    hash: bytes

    def packed(self) -> bytes:
        return _HEAD.pack(self.subject_id.bytes, self.seq, self.hash)


def folder() -> Path:
    return env.data_dir() / "audit"


def log_file() -> Path:
    return folder() / "seals.log"


def heads_file(seq: int) -> Path:
    return folder() / "heads" / f"{seq:08d}"


def seal(until: datetime | None = None) -> Seal | None:
    """Seal all entries made since the last seal and before `until` (default: all that can no longer change).

    Returns None when there are none. The seal is written to the log before it is committed: after a crash between the two the
    log holds a seal too many, which the next one replaces.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
        last = Seal.objects.order_by("-seq").first()
        end = min(until or datetime.max.replace(tzinfo=UTC), _settled())
        heads = list(heads_between(last.until if last else None, end))
        if not heads:
            return None
        new = Seal(
            seq=last.seq + 1 if last else 1,
            since=last.until if last else None,
            until=end,
            chains=len(heads),
            root=root_of(heads),
            previous=bytes(last.hash) if last else audit.NO_HASH,
        )
        new.hash = hash_of(new)
        new.save(force_insert=True)
        _write_heads(new.seq, heads)
        _append_to_log(new)
    return new


def _settled() -> datetime:
    """The moment before which no entry can still appear: transactions that run now may hold older ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        oldest = cursor.fetchone()[0]
    moment = datetime.now(UTC)
    # Whole milliseconds: that is what an id tells.
    end = (min(oldest, moment) if oldest else moment) - SETTLE
    return end.replace(microsecond=end.microsecond // 1000 * 1000)


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids are made by the real clock, whatever moment an entry tells of."""
    return UUID(int=(round(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))


def heads_between(since: datetime | None, until: datetime) -> Iterator[SealedHead]:
    """The last entry of each chain among those made in this time, by subject."""
    lower = first_id(since) if since else UUID(int=0)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (subject_id) subject_id, seq, hash FROM foundation_entry "
            "WHERE id >= %s AND id < %s ORDER BY subject_id, seq DESC",
            [lower, first_id(until)],
        )
        while rows := cursor.fetchmany(_BATCH):
            for subject_id, seq, digest in rows:
                yield SealedHead(subject_id, seq, bytes(digest))


def root_of(heads: Iterable[SealedHead]) -> bytes:
    """SHA-256 over the packed heads, in the order of their subjects."""
    digest = sha256()
    for head in heads:
        digest.update(head.packed())
    return digest.digest()


def hash_of(seal: Seal) -> bytes:
    """HMAC over the seal and the one before it."""
    content = json.dumps(_content(seal), sort_keys=True, separators=(",", ":"))
    return hmac.new(keys.audit_key(), content.encode(), sha256).digest()


def _content(seal: Seal) -> dict[str, Any]:
    return {
        "seq": seal.seq,
        "since": seal.since.astimezone(UTC).isoformat() if seal.since else None,
        "until": seal.until.astimezone(UTC).isoformat(),
        "chains": seal.chains,
        "root": bytes(seal.root).hex(),
        "previous": bytes(seal.previous).hex(),
    }


def line_of(seal: Seal) -> dict[str, Any]:
    """A seal as the log holds it."""
    return _content(seal) | {"hash": bytes(seal.hash).hex()}


def _write_heads(seq: int, heads: list[SealedHead]) -> None:
    path = heads_file(seq)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_durably(path, b"".join(head.packed() for head in heads), "wb")


def read_heads(seq: int) -> list[SealedHead]:
    """The ends that a seal stands for. FileNotFoundError and struct.error when they were removed or cut."""
    content = heads_file(seq).read_bytes()
    return [SealedHead(UUID(bytes=subject), number, digest) for subject, number, digest in _HEAD.iter_unpack(content)]


def _append_to_log(seal: Seal) -> None:
    # The empty line before it ends one that a crash has left half written.
    line = "\n" + json.dumps(line_of(seal), sort_keys=True) + "\n"
    _write_durably(log_file(), line.encode(), "ab")


def _write_durably(path: Path, content: bytes, mode: str) -> None:
    with path.open(mode) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def read_log() -> dict[int, dict[str, Any]]:
    """The logged seals by number; of a number that was written twice (a crash before the commit) the later one.

    What is no seal is passed over: half a line after a crash. If somebody has spoilt a line, its seal is not logged.
    """
    if not log_file().exists():
        return {}
    seals = (_read_line(line) for line in log_file().read_bytes().splitlines())
    return {seal["seq"]: seal for seal in seals if seal is not None}


def _read_line(line: bytes) -> dict[str, Any] | None:
    try:
        seal = json.loads(line)
    except ValueError:
        return None
    return seal if isinstance(seal, dict) and isinstance(seal.get("seq"), int) else None
