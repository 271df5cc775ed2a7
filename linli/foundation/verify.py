"""Verification of the timelines: reads everything once and names what does not fit.

Found are: an entry changed, inserted, missing or out of order; a chain cut or gone (by the seals, and by subjects that carry the end
of their chain); a subject changed without an entry; a seal changed or removed; a file that is not what was stored.
"""

import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import file_digest
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from linli.foundation import audit, files, seals
from linli.foundation.models import Entry, Seal, StoredFile
from linli.foundation.progress import Progress

BATCH = 5000
STATES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. `subject` names what it is about: `case <id>`, `seal 12`, `file <id>`."""

    subject: str
    kind: str
    text: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class End:
    """The last entry of a chain as it stands in the table."""

    subject_type: str
    subject_id: UUID
    head: audit.Head
    state: bytes

    @property
    def subject(self) -> str:
        return f"{self.subject_type} {self.subject_id}"


def verify(progress: Progress, *, with_files: bool = True) -> Iterator[Finding]:
    """Every finding, as it is found. Reads one snapshot of the database, so the system may work meanwhile.

    Acts as whoever calls it: call it as the system, who sees all. Needs to be the outermost transaction.
    """
    with connection.cursor() as cursor:
        # Tells the scope now: a transaction's isolation is set before anything else in it.
        cursor.execute("SELECT 1")
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield from _chains(progress)
        yield from _seals(progress)
        if with_files:
            yield from _files(progress)


def _chains(progress: Progress) -> Iterator[Finding]:
    """Each chain by itself; then, some at a time, whether subjects are as their last entries left them."""
    total = Entry.objects.count()
    ends: list[End] = []
    last: End | None = None
    for done, row in enumerate(_entries(), 1):
        progress.count("Entries", done, total)
        if last is None or row["subject_id"] != last.subject_id:
            if last is not None:
                ends.append(last)
            if len(ends) >= STATES_AT_ONCE:
                yield from _subjects(ends)
                ends.clear()
            last = End(row["subject_type"], row["subject_id"], audit.Head(), b"")
        yield from _entry(row, last)
        last = End(row["subject_type"], row["subject_id"], audit.Head(row["seq"], row["hash"]), row["state"])
    if last is not None:
        ends.append(last)
    yield from _subjects(ends)


def _entries() -> Iterator[dict[str, Any]]:
    columns = (*audit.HASHED, "hash")
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM foundation_entry ORDER BY subject_id, seq")
        while rows := cursor.fetchmany(BATCH):
            for values in rows:
                row = dict(zip(columns, values, strict=True))
                row["data"] = loads(row["data"])
                for name in ("state", "previous", "hash"):
                    row[name] = bytes(row[name])
                yield row


def _entry(row: dict[str, Any], before: End) -> Iterator[Finding]:
    subject = f"{row['subject_type']} {row['subject_id']}"
    expected, digest = before.head.seq + 1, row.pop("hash")
    if row["seq"] != expected:
        yield Finding(subject, "missing", f"its timeline goes from entry {before.head.seq} to entry {row['seq']}")
    elif row["previous"] != before.head.hash:
        yield Finding(subject, "out of order", f"entry {row['seq']} does not follow from entry {expected - 1}")
    if audit.hash_of(row) != digest:
        yield Finding(subject, "changed", f"entry {row['seq']} was changed or put in: its hash does not match")
    row["hash"] = digest


def _subjects(ends: list[End]) -> Iterator[Finding]:
    """Whether subjects are as their last entries left them."""
    by_type: dict[str, list[End]] = {}
    for end in ends:
        by_type.setdefault(end.subject_type, []).append(end)
    for subject_type, group in by_type.items():
        subject = seals.subjects().get(subject_type)
        if subject is None:
            continue
        ids = [end.subject_id for end in group]
        states = subject.states(ids)
        heads = subject.heads(ids) if subject.heads else {}
        for end in group:
            yield from _subject(end, states.get(end.subject_id), heads.get(end.subject_id))


def _subject(end: End, state: Any, head: audit.Head | None) -> Iterator[Finding]:
    if state is None:
        yield Finding(end.subject, "gone", "has a timeline, but is itself no longer there")
    elif head is not None and head != end.head:
        yield Finding(
            end.subject, "cut", f"its timeline ends at entry {end.head.seq}, but it knows of entry {head.seq}"
        )
    elif audit.digest(state) != end.state:
        yield Finding(
            end.subject, "changed behind", "is not as its last entry left it: it was changed without an entry"
        )


def _seals(progress: Progress) -> Iterator[Finding]:
    logged = seals.read_log()
    before = audit.NO_HASH
    expected = 1
    for seal in Seal.objects.order_by("seq"):
        progress.count("Seals", seal.seq)
        while expected < seal.seq:
            yield Finding(f"seal {expected}", "missing", "is missing from the database")
            expected += 1
        yield from _seal(seal, before, logged.get(seal.seq))
        before, expected = bytes(seal.hash), seal.seq + 1
    for seq in sorted(seq for seq in logged if seq >= expected):
        yield Finding(
            f"seal {seq}", "missing", "stands in the log, but not in the database: it was removed, or a backup is older"
        )


def _seal(seal: Seal, before: bytes, logged: dict[str, Any] | None) -> Iterator[Finding]:
    name = f"seal {seal.seq}"
    if seals.hash_of(seal) != bytes(seal.hash) or bytes(seal.previous) != before:
        yield Finding(name, "changed", "does not match its hash or the seal before it")
    if logged is None:
        yield Finding(name, "not logged", f"is not in {seals.log_file()}: the log was cut, or the seal put in")
    elif logged != seals.line_of(seal):
        yield Finding(name, "changed", f"differs from its line in {seals.log_file()}")
    if seals.root_of(seals.heads_between(seal.since, seal.until)) != bytes(seal.root):
        yield from _which_chains(seal)


def _which_chains(seal: Seal) -> Iterator[Finding]:
    """The root does not match: the sealed ends, kept outside the database, tell which chains are concerned."""
    try:
        sealed = seals.read_heads(seal.seq)
    except (FileNotFoundError, struct.error):
        sealed = []
    if seals.root_of(sealed) != bytes(seal.root):
        yield Finding(
            f"seal {seal.seq}",
            "broken",
            f"the {seal.chains} chains that it sealed are no longer the same, and {seals.heads_file(seal.seq)} cannot tell which",
        )
        return
    present = {head.subject_id: head for head in seals.heads_between(seal.since, seal.until)}
    for head in sealed:
        if present.get(head.subject_id) != head:
            yield Finding(
                f"subject {head.subject_id}",
                "sealed otherwise",
                f"entry {head.seq} stood at the end of its timeline in seal {seal.seq} and is missing, moved or another",
            )
    for subject_id in present.keys() - {head.subject_id for head in sealed}:
        yield Finding(
            f"subject {subject_id}", "put in", f"has entries from the time of seal {seal.seq} that it does not hold"
        )


def _files(progress: Progress) -> Iterator[Finding]:
    rows = StoredFile.objects.order_by("sha256").values_list("id", "sha256")
    total = rows.count()
    for done, (file_id, digest) in enumerate(rows.iterator(), 1):
        progress.count("Files", done, total)
        try:
            with files.path_of(digest).open("rb") as content:
                same = file_digest(content, "sha256").digest() == bytes(digest)
        except FileNotFoundError:
            yield Finding(f"file {file_id}", "missing", f"is not on disk: {files.path_of(digest)}")
            continue
        if not same:
            yield Finding(f"file {file_id}", "changed", f"is not what was stored: {files.path_of(digest)}")
