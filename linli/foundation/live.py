"""Live pages: outbox → NOTIFY → server-sent events.

Each process follows the outbox with one connection of its own (`Listener`): it drops the caches that an event makes stale, and a
web process also tells the pages that are open (`Streams`). A page holds a signed token of its topics, so that the
stream needs neither session nor database; what it hears names a topic, an event and a subject, never a person's data. The
page then fetches its fragment again, under its own scope.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.core import signing
from django.db import connections

from linli.foundation import outbox
from linli.foundation.clients import address_of
from linli.foundation.database import urls, wake
from linli.foundation.figures import STREAMS
from linli.foundation.processes import MAX_STREAMS

log = logging.getLogger(__name__)

TOKEN_SECONDS = 12 * 3600
STREAM_SECONDS = 3600  # A stream ends after this; the browser comes back, and its token is checked again.
HEARTBEAT_SECONDS = 20
MAX_STREAMS_OF_ONE = 100  # of MAX_STREAMS, from one address: an office behind one, but not everything
QUEUE_LENGTH = 64  # messages a slow page may lag behind before it is told to reload
HISTORY = 2000  # messages kept for pages that come back
CLOCK_SKEW_MS = 5000  # between processes, and between a commit and its telling
DRAWN_WITHIN_MS = 1000  # from when a page reads what it shows until its token is made
GATHER_SECONDS = 0.1  # notifications that arrive within this time are read together
CHECK_SECONDS = (
    5  # a listener looks this often without being told: for a dead connection, and for a writer killed mid-way
)
LOOK_BACK = 1000  # positions before the newest in which a gap may still be filled by a late commit
BATCH = 2000
END = b""
MISSING_AT_LEAST_SECONDS = 5

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page follows, and when it was drawn: what happened since is told to it first."""

    topics: frozenset[str]
    at: int


def token(topics: Iterable[str]) -> str:
    """A signed list of topics, good for 12 hours. Ask for it only with topics that the reader may hear, while the page is drawn."""
    return signing.dumps([_milliseconds(), *sorted(set(topics))], salt="linli.live.drawn", compress=True)


def drawn_of(value: str) -> Drawn | None:
    """What a token says; None when it was not made here or is too old."""
    try:
        at, *topics = signing.loads(value, salt="linli.live.drawn", max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return None
    return Drawn(frozenset(topics), at)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as listeners see it."""

    position: int
    name: str
    topics: tuple[str, ...]
    subject: str | None


def _subject(name: str, payload: Mapping[str, Any]) -> str | None:
    """What an event is about: `case.changed` has its id as `case` in the payload; an event may also carry plain `id`."""
    value = payload.get(name.partition(".")[0], payload.get("id"))
    return None if value is None else str(value)


def connection_params() -> dict[str, Any]:
    """What psycopg needs to connect as the plain role."""
    return urls.psycopg_params(connections["default"].settings_dict)


READ = """
WITH moment AS (
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next)
SELECT moment.oldest, moment.next, event.position, event.name, event.topics, event.payload
FROM moment LEFT JOIN LATERAL (
  SELECT position, name, topics, payload FROM foundation_outboxevent
  WHERE position > %(top)s OR position = ANY(%(missing)s) ORDER BY position LIMIT %(limit)s) event ON true
"""


@dataclass(slots=True)
class Follower:
    """Reads each event once, in the order in which they are committed.

    Positions come from a sequence, so a transaction that commits late leaves a gap that is filled afterwards. A gap is asked for
    again until every transaction that ran when it was noticed has ended: then it was a rollback.
    """

    top: int = 0
    missing: dict[int, tuple[int, float]] = field(default_factory=dict)

    async def start(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Begin at the present end. What was committed before is not told."""
        cursor = await connection.execute(
            "SELECT position FROM foundation_outboxevent ORDER BY position DESC LIMIT %s", [LOOK_BACK]
        )
        present = sorted(row[0] for row in await cursor.fetchall())
        self.top = present[-1] if present else 0
        known = set(present)
        self.missing = {}
        await self._note_missing(
            connection, (p for p in range(present[0], self.top) if p not in known) if present else ()
        )

    async def _note_missing(self, connection: psycopg.AsyncConnection[Any], positions: Iterable[int]) -> None:
        cursor = await connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        row = await cursor.fetchone()
        assert row is not None
        self.missing = {position: (row[0], time.monotonic()) for position in positions}

    async def read(self, connection: psycopg.AsyncConnection[Any]) -> list[Happened]:
        """Everything committed since the last call."""
        found: list[Happened] = []
        while True:
            cursor = await connection.execute(
                READ, {"top": self.top, "missing": list(self.missing), "limit": BATCH}, prepare=True
            )
            rows = await cursor.fetchall()
            batch = [row for row in rows if row[2] is not None]
            self._advance(rows[0][0], rows[0][1], [row[2] for row in batch], whole=len(batch) < BATCH)
            found += [Happened(row[2], row[3], tuple(row[4]), _subject(row[3], row[5])) for row in batch]
            if len(batch) < BATCH:
                return found

    def _advance(self, oldest: int, following: int, positions: list[int], *, whole: bool) -> None:
        seen = set(positions)
        moment = time.monotonic()
        newest = max(positions, default=self.top)
        if whole:
            # A sequence number is drawn a moment before its transaction gets a number: hence the few seconds on top.
            self.missing = {
                position: (ends, since)
                for position, (ends, since) in self.missing.items()
                if oldest < ends or moment - since < MISSING_AT_LEAST_SECONDS
            }
        for position in seen:
            self.missing.pop(position, None)
        for position in range(self.top + 1, newest):
            if position not in seen:
                self.missing[position] = (following, moment)
        self.top = max(self.top, newest)


class Listener:
    """Follows the outbox for as long as the process lives, and comes back after every loss of the connection."""

    def __init__(self, heard: Callable[[list[Happened]], None], lost: Callable[[], None]) -> None:
        """`heard` gets each batch of events; `lost` is called when events may have been missed before."""
        self._heard = heard
        self._lost = lost
        self.connected = asyncio.Event()

    async def run(self) -> None:
        pause = 0.2
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**connection_params(), autocommit=True) as connection:
                    follower = await self._begin(connection)
                    # What changed while nobody listened is not known, at the start neither: everything is read anew.
                    _forget(outbox.all_caches())
                    self._lost()
                    pause = 0.2
                    self.connected.set()
                    await self._follow(connection, follower)
            except (psycopg.Error, OSError) as error:
                self.connected.clear()
                log.warning("The outbox listener lost the database (%s); again in %.1f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> Follower:
        await connection.execute("SELECT set_config('linli.system', 'on', false)")
        await connection.execute(f"LISTEN {wake.CHANNEL}")
        follower = Follower()
        await follower.start(connection)
        return follower

    async def _follow(self, connection: psycopg.AsyncConnection[Any], follower: Follower) -> None:
        while True:
            events = await follower.read(connection)
            if events:
                _forget(forget for event in events for forget in outbox.caches(event.name))
                self._heard(events)
            async for _notification in connection.notifies(timeout=CHECK_SECONDS, stop_after=1):
                await asyncio.sleep(GATHER_SECONDS)


def _forget(functions: Iterable[Callable[[], None]]) -> None:
    for forget in dict.fromkeys(functions):
        try:
            forget()
        except Exception:
            log.exception("A cache could not be dropped")


@dataclass(eq=False, slots=True)
class Stream:
    """One open page."""

    topics: frozenset[str]
    address: str = ""
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    lagging: bool = False

    def offer(self, message: bytes) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.lagging = True


class Streams:
    """The open pages of this process, by topic, and what they were told lately."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Stream]] = defaultdict(set)
        self._open: set[Stream] = set()
        self._told: deque[tuple[int, str, bytes]] = deque(maxlen=HISTORY)
        self._complete_from = _milliseconds()
        self.ended = False

    def __len__(self) -> int:
        return len(self._open)

    def full(self, address: str) -> bool:
        """Whether no page more may be opened, or none from this address."""
        return (
            len(self._open) >= MAX_STREAMS
            or sum(stream.address == address for stream in self._open) >= MAX_STREAMS_OF_ONE
        )

    def open(self, topics: frozenset[str], address: str = "") -> Stream:
        stream = Stream(topics, address)
        self._open.add(stream)
        STREAMS.set(len(self._open))
        for topic in topics:
            self._by_topic[topic].add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        self._open.discard(stream)
        STREAMS.set(len(self._open))
        for topic in stream.topics:
            self._by_topic[topic].discard(stream)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def tell(self, events: Iterable[Happened]) -> None:
        """Pass events on to the pages that follow one of their topics."""
        for event in events:
            for topic in event.topics:
                moment = _milliseconds()
                message = change(topic, event, moment)
                if len(self._told) == HISTORY:
                    self._complete_from = self._told[0][0] + 1
                self._told.append((moment, topic, message))
                for stream in self._by_topic.get(topic, ()):
                    stream.offer(message)

    def reload(self) -> None:
        """Tell every page to fetch itself anew: something may have been missed."""
        self._told.clear()
        self._complete_from = _milliseconds() + CLOCK_SKEW_MS
        for stream in self._open:
            stream.offer(reload())

    def end(self) -> None:
        """Let every page go, and take no more: the process is about to stop."""
        self.ended = True
        for stream in self._open:
            stream.offer(END)

    def missed(self, drawn: Drawn, last_id: str) -> list[bytes]:
        """What a page has missed since it was drawn, or since it was last here. Some is told twice: pages only fetch again."""
        since = drawn.at - DRAWN_WITHIN_MS
        if last_id:
            known = last_id.isascii() and last_id.isdigit() and len(last_id) < 16
            since = int(last_id) - CLOCK_SKEW_MS if known else 0
        if since < self._complete_from:
            return [reload()]
        return [message for moment, topic, message in self._told if moment >= since and topic in drawn.topics]


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def change(topic: str, event: Happened, moment: int) -> bytes:
    data = json.dumps({"topic": topic, "name": event.name, "id": event.subject}, ensure_ascii=False)
    return f"id: {moment}\nevent: change\ndata: {data}\n\n".encode()


def reload() -> bytes:
    return f"id: {_milliseconds()}\nevent: reload\ndata: {{}}\n\n".encode()


class Endpoint:
    """The ASGI end of `/live/?token=…`."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            return await _refuse(send, 405, "Only GET.")
        query = parse_qs(scope["query_string"].decode("ascii", "replace"))
        drawn = drawn_of(query.get("token", [""])[0])
        if drawn is None:
            return await _refuse(send, 403, "This page is too old: please load it again.")
        address = _address(scope)
        if self.streams.ended or self.streams.full(address):
            return await _refuse(send, 503, "Too many open pages.", (b"retry-after", b"10"))
        stream = self.streams.open(drawn.topics, address)
        last_id = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
        try:
            await self._serve(stream, self.streams.missed(drawn, last_id), receive, send)
        finally:
            self.streams.close(stream)

    async def _serve(self, stream: Stream, missed: list[bytes], receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # The first id lets a page that loses the line before any event still say since when.
        await _write(
            send, f"retry: 2000\nid: {_milliseconds()}\nevent: open\ndata: {{}}\n\n".encode() + b"".join(missed)
        )
        gone = asyncio.create_task(_until_gone(receive))
        pump = asyncio.create_task(self._pump(stream, send))
        try:
            await asyncio.wait({gone, pump}, return_when=asyncio.FIRST_COMPLETED, timeout=STREAM_SECONDS)
        finally:
            for task in (gone, pump):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError, RuntimeError):
                    await task
        with suppress(OSError, RuntimeError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, stream: Stream, send: Send) -> None:
        while not stream.lagging:
            try:
                message = await asyncio.wait_for(stream.queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                message = b": here\n\n"
            if message == END:
                return
            await _write(send, message)
        await _write(send, reload())


def _address(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return address_of(client[0] if client else "", forwarded)


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    plain = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [plain, *headers]})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
