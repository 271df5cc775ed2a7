"""From a committed event to an open page, and what happens when something breaks on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections, transaction

from linli.foundation import live, outbox
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.database import wake
from linli.foundation.live import Drawn, Follower, Happened, Listener, Stream, Streams

EVENT = """
INSERT INTO foundation_outboxevent (id, name, payload, topics, at, attempts, error)
VALUES (%s, %s, '{"thing": "7"}', %s, now(), 0, '')
"""


@pytest.fixture
def database(fresh_database: str) -> Iterator[str]:
    with acting_as(SYSTEM):
        yield fresh_database


def runs(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


async def connect(**options: Any) -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(**live.connection_params(), **options)


async def publish(connection: psycopg.AsyncConnection[Any], *topics: str, name: str = "thing.changed") -> None:
    """As another process would: the row, and the news of it."""
    await connection.execute(EVENT, [uuid4(), name, json.dumps(topics)])
    await connection.execute(f"NOTIFY {wake.CHANNEL}")


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(listener: Listener) -> AsyncIterator[None]:
    task = asyncio.create_task(listener.run())
    try:
        await listener.connected.wait()
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_an_event_is_heard_and_drops_caches(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[str] = []
    monkeypatch.setattr(outbox, "_caches", outbox.defaultdict(list))
    outbox.drops_cache("thing.changed", lambda: dropped.append("thing"))
    outbox.drops_cache("other.changed", lambda: dropped.append("other"))

    async def test() -> None:
        heard: list[Happened] = []
        async with await connect(autocommit=True) as connection, listening(Listener(heard.extend, lambda: None)):
            assert sorted(dropped) == ["other", "thing"], "nobody knows what changed before"
            dropped.clear()
            await publish(connection, "unit:1", "case:7")
            await until(lambda: bool(heard))
            assert [(h.name, h.topics, h.subject) for h in heard] == [("thing.changed", ("unit:1", "case:7"), "7")]
            assert dropped == ["thing"]

    runs(test)


def test_a_commit_is_announced_by_its_process_and_a_rollback_is_not(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 3600)
    outbox.declare("thing.changed", "thing")

    def publish_here(topic: str, *, keep: bool) -> None:
        with acting_as(SYSTEM), transaction.atomic():
            outbox.publish("thing.changed", {"thing": "7"}, [topic])
            transaction.set_rollback(not keep)
        connections["default"].close()

    async def test() -> None:
        heard: list[Happened] = []
        async with listening(Listener(heard.extend, lambda: None)):
            await asyncio.to_thread(publish_here, "never", keep=False)
            await asyncio.to_thread(publish_here, "first", keep=True)
            await until(lambda: len(heard) == 1)
            await asyncio.to_thread(publish_here, "second", keep=True)
            await until(lambda: len(heard) == 2)
            assert [h.topics for h in heard] == [("first",), ("second",)]

    runs(test)


def test_a_waker_whose_connection_was_lost_announces_all_the_same(database: str) -> None:
    outbox.declare("thing.changed", "thing")

    def publish_here() -> None:
        with transaction.atomic():
            outbox.publish("thing.changed", {"thing": "7"})

    with psycopg.connect(**live.connection_params(), autocommit=True) as listener:
        listener.execute(f"LISTEN {wake.CHANNEL}")
        publish_here()
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1
        listener.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'NOTIFY%'"
        )
        publish_here()
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1


def test_an_event_that_nobody_announced_is_found_all_the_same(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.1)

    async def test() -> None:
        heard: list[Happened] = []
        async with await connect(autocommit=True) as connection, listening(Listener(heard.extend, lambda: None)):
            await connection.execute(EVENT, [uuid4(), "thing.changed", '["unannounced"]'])
            await until(lambda: len(heard) == 1)

    runs(test)


def test_events_are_written_without_notifying_in_their_transaction(database: str) -> None:
    """A notifying commit holds a lock of the whole server while the disk works: intake would stand in line."""
    with psycopg.connect(**live.connection_params(), autocommit=True) as listener:
        listener.execute(f"LISTEN {wake.CHANNEL}")
        with psycopg.connect(**live.connection_params(), autocommit=True) as writer:
            writer.execute(EVENT, [uuid4(), "thing.changed", "[]"])
        assert list(listener.notifies(timeout=0.2)) == []


def test_a_late_commit_is_heard_once(database: str) -> None:
    async def test() -> None:
        async with await connect(autocommit=True) as reader, await connect(autocommit=True) as quick:
            follower = Follower()
            await follower.start(reader)
            async with await connect() as late, await connect() as never:
                await publish(late, "late")
                await publish(never, "never")
                await publish(quick, "quick")
                assert [h.topics for h in await follower.read(reader)] == [("quick",)]
                assert len(follower.missing) == 2, "two gaps are waited for"
                assert await follower.read(reader) == []
                await late.commit()
                assert [h.topics for h in await follower.read(reader)] == [("late",)]
                await never.rollback()
            await publish(quick, "next")
            assert [h.topics for h in await follower.read(reader)] == [("next",)]
            assert len(follower.missing) <= 1, "at most the rolled back one is still asked for"

    runs(test)


def test_a_gap_is_given_up_when_every_transaction_that_could_fill_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MISSING_AT_LEAST_SECONDS", 0)
    follower = Follower(top=10)
    follower._advance(oldest=100, following=105, positions=[13], whole=True)
    assert follower.missing.keys() == {11, 12}
    follower._advance(oldest=104, following=120, positions=[12], whole=True)
    assert follower.missing.keys() == {11}, "104 may still fill it"
    follower._advance(oldest=105, following=130, positions=[], whole=True)
    assert follower.missing == {}
    assert follower.top == 13


def test_a_gap_is_asked_for_a_while_whatever_the_transactions_say() -> None:
    follower = Follower(top=10)
    follower._advance(oldest=100, following=105, positions=[12], whole=True)
    follower._advance(oldest=200, following=201, positions=[], whole=True)
    assert follower.missing.keys() == {11}, "a number is drawn a moment before its transaction has one"


def test_a_listener_that_starts_hears_what_was_in_flight(database: str) -> None:
    async def test() -> None:
        async with (
            await connect(autocommit=True) as reader,
            await connect() as late,
            await connect(autocommit=True) as quick,
        ):
            await publish(quick, "before")
            await publish(late, "in flight")
            await publish(quick, "after")
            follower = Follower()
            await follower.start(reader)
            await late.commit()
            assert [h.topics for h in await follower.read(reader)] == [("in flight",)]

    runs(test)


def test_more_events_than_fit_one_read_are_all_heard(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BATCH", 10)

    async def test() -> None:
        async with await connect() as connection, await connect(autocommit=True) as reader:
            follower = Follower()
            await follower.start(reader)
            for number in range(25):
                await publish(connection, str(number))
            await connection.commit()
            assert [h.topics[0] for h in await follower.read(reader)] == [str(n) for n in range(25)]

    runs(test)


def test_a_listener_comes_back_and_pages_are_told_to_reload(database: str) -> None:
    async def test() -> None:
        lost: list[int] = []
        heard: list[Happened] = []
        listener = Listener(heard.extend, lambda: lost.append(1))
        async with await connect(autocommit=True) as connection, listening(listener):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await until(lambda: len(lost) == 2)
            await publish(connection, "afterwards")
            await until(lambda: bool(heard))

    runs(test)


def drawn_topics(token: str) -> frozenset[str] | None:
    drawn = live.drawn_of(token)
    return drawn.topics if drawn else None


def test_a_token_holds_its_topics_and_nothing_else_is_believed() -> None:
    token = live.token(["unit:1", "case:2", "unit:1"])
    assert drawn_topics(token) == {"unit:1", "case:2"}
    assert drawn_topics(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert drawn_topics("") is None


def test_a_token_ends_after_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    token = live.token(["unit:1"])
    real = live.signing.time.time
    monkeypatch.setattr(live.signing.time, "time", lambda: real() + live.TOKEN_SECONDS + 1)
    assert drawn_topics(token) is None


HAPPENED = Happened(1, "case.changed", ("unit:1", "case:2"), "2")


def test_a_page_is_told_of_its_topics_only() -> None:
    async def test() -> None:
        streams = Streams()
        of_unit, of_other = streams.open(frozenset({"unit:1"})), streams.open(frozenset({"unit:9"}))
        streams.tell([HAPPENED])
        message = of_unit.queue.get_nowait().decode()
        assert message.split("\n")[1:] == [
            "event: change",
            'data: {"topic": "unit:1", "name": "case.changed", "id": "2"}',
            "",
            "",
        ]
        assert of_unit.queue.empty()
        assert of_other.queue.empty()
        streams.close(of_unit)
        streams.close(of_other)
        assert len(streams) == 0
        assert not streams._by_topic

    runs(test)


def test_a_page_that_comes_back_is_told_what_it_missed_or_to_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        now = [1_000_000_000]
        monkeypatch.setattr(live, "_milliseconds", lambda: now[0])
        streams = Streams()
        now[0] += 60_000
        last_id = str(now[0])
        page, other = Drawn(frozenset({"unit:1"}), now[0]), Drawn(frozenset({"unit:9"}), now[0])
        now[0] += 100
        streams.tell([HAPPENED])
        assert [b"case.changed" in m for m in streams.missed(page, last_id)] == [True]
        assert streams.missed(other, last_id) == []
        for strange in ("0", "-5", "abc", "٣", "9" * 40, str(1_000_000_000 - 1)):
            assert [m.split(b"\n")[1] for m in streams.missed(page, strange)] == [b"event: reload"]
        monkeypatch.setattr(live, "HISTORY", 0)
        streams.reload()
        assert b"reload" in streams.missed(page, last_id)[0], "after a gap nothing is sure"

    runs(test)


def test_a_page_is_told_first_what_happened_between_its_drawing_and_its_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        now = [1_000_000_000]
        monkeypatch.setattr(live, "_milliseconds", lambda: now[0])
        streams = Streams()
        now[0] += 60_000
        drawn = [live.token(["unit:1"])]
        now[0] += 300
        streams.tell([HAPPENED])
        now[0] += 2_000
        drawn.append(live.token(["unit:1"]))
        for token, told in zip(drawn, (1, 0), strict=True):
            client = Client()
            client.gone.set()
            await live.Endpoint(streams)(request(token), client.receive, client.send)
            assert client.text().count("event: change") == told
            assert "event: reload" not in client.text()

    runs(test)


class Client:
    """The server's side of one ASGI exchange; `slow` never takes more than it was allowed to."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.may_take = asyncio.Semaphore(10_000)
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_take.acquire()
        self.sent.append(message)

    def text(self) -> str:
        return b"".join(m.get("body", b"") for m in self.sent).decode()


def request(token: str, *, method: str = "GET", last_id: str = "") -> dict[str, Any]:
    headers = [(b"last-event-id", last_id.encode())] if last_id else []
    return {"type": "http", "method": method, "query_string": f"token={token}".encode(), "headers": headers}


@pytest.mark.parametrize(("method", "token", "status"), [("POST", "x", 405), ("GET", "forged", 403)])
def test_what_is_not_a_page_is_refused(method: str, token: str, status: int) -> None:
    async def test() -> None:
        client = Client()
        await live.Endpoint(Streams())(request(token, method=method), client.receive, client.send)
        assert client.sent[0]["status"] == status

    runs(test)


def test_no_more_pages_than_a_process_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(live, "MAX_STREAMS", 1)
        streams = Streams()
        streams.open(frozenset())
        client = Client()
        await live.Endpoint(streams)(request(live.token(["a"])), client.receive, client.send)
        assert client.sent[0]["status"] == 503
        assert (b"retry-after", b"10") in client.sent[0]["headers"]

    runs(test)


def test_a_page_hears_lives_and_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
        streams = Streams()
        client = Client()
        task = asyncio.create_task(live.Endpoint(streams)(request(live.token(["unit:1"])), client.receive, client.send))
        await until(lambda: len(streams) == 1)
        streams.tell([HAPPENED])
        await until(lambda: "event: change" in client.text())
        await until(lambda: ": here" in client.text())
        client.gone.set()
        await task
        assert len(streams) == 0

    runs(test)


def test_a_slow_page_is_told_to_reload_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        streams = Streams()
        client = Client()
        client.may_take = asyncio.Semaphore(2)
        task = asyncio.create_task(live.Endpoint(streams)(request(live.token(["unit:1"])), client.receive, client.send))
        await until(lambda: len(client.sent) == 2)
        for _ in range(live.QUEUE_LENGTH * 3):
            streams.tell([HAPPENED])
            await asyncio.sleep(0)
        (stream,) = streams._open
        assert stream.lagging
        assert stream.queue.qsize() <= live.QUEUE_LENGTH, "what is kept for it is bounded"
        for _ in range(10):
            client.may_take.release()
        await task
        assert client.text().rstrip().split("\n\n")[-1].split("\n")[1] == "event: reload"
        assert len(streams) == 0

    runs(test)


def test_a_stopping_process_lets_its_pages_go_and_takes_no_more() -> None:
    async def test() -> None:
        streams = Streams()
        client, late = Client(), Client()
        task = asyncio.create_task(live.Endpoint(streams)(request(live.token(["unit:1"])), client.receive, client.send))
        await until(lambda: len(streams) == 1)
        streams.end()
        await task
        assert client.sent[-1]["more_body"] is False
        await live.Endpoint(streams)(request(live.token(["unit:1"])), late.receive, late.send)
        assert late.sent[0]["status"] == 503

    runs(test)


def test_a_full_queue_never_blocks_the_teller() -> None:
    async def test() -> None:
        stream = Stream(frozenset())
        for _ in range(live.QUEUE_LENGTH + 5):
            stream.offer(b"x")
        assert stream.lagging

    runs(test)
