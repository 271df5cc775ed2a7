"""The outbox worker: each event at least once, in order, and one that fails holds up nobody. Jobs run as the system."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, connections, transaction
from factories import databases
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinatePeriodicDefer

from linli.foundation import clock, jobs, live, outbox, worker
from linli.foundation.access import SYSTEM, Actor, acting_as, current_actor
from linli.foundation.models import IdempotencyKey, OutboxEvent

TOLD, UNHEARD = "test.told", "test.unheard"


@pytest.fixture(autouse=True)
def _own_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_handlers", outbox.defaultdict(list))
    outbox.declare(TOLD, "n")
    outbox.declare(UNHEARD, "n")


@pytest.fixture
def database(fresh_database: str) -> Iterator[str]:
    with acting_as(SYSTEM):
        yield fresh_database


def publish(*numbers: int, name: str = TOLD) -> None:
    with transaction.atomic():
        for number in numbers:
            outbox.publish(name, {"n": number})


def waiting() -> int:
    return OutboxEvent.objects.filter(handled_at=None).count()


def test_events_are_handled_in_order_as_the_system_and_once(database: str) -> None:
    heard: list[tuple[int, Actor | None]] = []
    outbox.subscribe(TOLD, lambda event: heard.append((event.payload["n"], current_actor())))
    publish(1, 2, 3)
    publish(4)
    teller = worker.Outbox()
    assert teller.drain() is None
    assert teller.drain() is None
    assert [n for n, _ in heard] == [1, 2, 3, 4]
    assert all(actor is not None and actor.is_system and actor.label == "outbox" for _, actor in heard)
    assert waiting() == 0


def test_events_that_nobody_hears_are_settled_without_a_handler(database: str) -> None:
    outbox.subscribe(TOLD, lambda event: None)
    publish(1, 2, name=UNHEARD)
    assert worker.settle_unheard() == 2
    assert waiting() == 0


def test_a_failure_is_undone_tried_again_later_and_holds_up_nobody(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    heard: list[int] = []
    broken = {2}

    def handler(event: OutboxEvent) -> None:
        heard.append(event.payload["n"])
        IdempotencyKey.objects.create(sender="test", key=f"{event.payload['n']}", request_hash=b"")
        if event.payload["n"] in broken:
            raise ValueError("not today")

    outbox.subscribe(TOLD, handler)
    publish(1, 2, 3)
    teller = worker.Outbox()
    assert teller.drain() == pytest.approx(worker.FIRST_WAIT)
    assert heard == [1, 2, 3]
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"1", "3"}, "what the failed one did is undone"
    failed = OutboxEvent.objects.get(handled_at=None)
    assert (failed.attempts, failed.error) == (1, "ValueError: not today")
    teller.drain()
    assert heard == [1, 2, 3], "not before its time"
    now[0] += worker.FIRST_WAIT + 0.1
    assert teller.drain() == pytest.approx(2 * worker.FIRST_WAIT), "the wait doubles"
    broken.clear()
    now[0] += 10
    assert teller.drain() is None
    assert heard == [1, 2, 3, 2, 2]
    assert waiting() == 0


def test_what_another_worker_has_settled_is_not_asked_for_again_and_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    broken = {1}

    def handler(event: OutboxEvent) -> None:
        if event.payload["n"] in broken:
            raise ValueError("here, not there")

    outbox.subscribe(TOLD, handler)
    publish(1)
    teller = worker.Outbox()
    assert teller.drain() == pytest.approx(worker.FIRST_WAIT)
    broken.clear()
    assert worker.Outbox().drain() is None
    now[0] += 2 * worker.FIRST_WAIT
    assert teller.drain() is None, "else it would look twenty times a second from then on"


def test_what_fails_for_good_is_parked_with_its_error_and_can_be_tried_anew(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    calls: list[int] = []

    def handler(event: OutboxEvent) -> None:
        calls.append(1)
        raise RuntimeError("for good")

    outbox.subscribe(TOLD, handler)
    publish(1)
    teller = worker.Outbox()
    while teller.drain() is not None:
        now[0] += worker.LONGEST_WAIT
    assert len(calls) == outbox.MAX_ATTEMPTS
    parked = OutboxEvent.objects.get()
    assert (parked.handled_at, parked.attempts, parked.error) == (None, outbox.MAX_ATTEMPTS, "RuntimeError: for good")
    assert worker.retry_parked() == 1
    teller.drain()
    assert len(calls) == outbox.MAX_ATTEMPTS + 1


def test_two_workers_share_events_and_handle_none_twice_at_once(database: str) -> None:
    heard: list[int] = []
    both = threading.Barrier(2, timeout=10)

    def handler(event: OutboxEvent) -> None:
        if event.payload["n"] <= 1:
            both.wait()
        heard.append(event.payload["n"])

    outbox.subscribe(TOLD, handler)
    publish(0, 1, *range(2, 40))

    def work() -> None:
        worker.Outbox().drain()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(heard) == list(range(40))


def test_a_lost_connection_is_not_the_events_fault(database: str) -> None:
    def handler(event: OutboxEvent) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    outbox.subscribe(TOLD, handler)
    publish(1)
    with pytest.raises(DatabaseError):
        worker.Outbox().drain()
    connection.close()
    assert OutboxEvent.objects.get().attempts == 0


def test_a_job_is_deferred_with_its_cause_or_not_at_all(database: str) -> None:
    with transaction.atomic():
        jobs.seal.defer(timestamp=0)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    with transaction.atomic():
        jobs.seal.defer(timestamp=0)
    assert ProcrastinateJob.objects.get().task_name == "foundation.seal"


def test_the_plain_role_runs_jobs_as_the_system_and_tries_failed_ones_again(database: str) -> None:
    seen: list[tuple[str, Actor | None]] = []

    @jobs.job("test.once")
    def once(what: str) -> None:
        seen.append((what, current_actor()))
        if what == "bad":
            raise ValueError("bad")

    once.defer(what="good")
    once.defer(what="bad")

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        connector = PsycopgConnector(kwargs=live.connection_params(), min_size=1, max_size=2)
        async with app.with_connector(connector).open_async() as runner:
            await runner.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")
        await loop.run_in_executor(None, lambda: connection.close())

    asyncio.run(work())
    app.tasks.pop("test.once")
    assert sorted(what for what, _ in seen) == ["bad", "good"]
    assert all(actor is not None and actor.is_system and actor.label == "test.once" for _, actor in seen)
    # Beside what was due within the last minutes by itself.
    left = ProcrastinateJob.objects.get(task_name="test.once")
    assert (left.status, left.attempts) == ("todo", 1), "the bad one is to be tried again"
    assert left.scheduled_at is not None


def test_what_a_killed_worker_had_in_hand_is_done_again_and_holds_up_no_later_round(database: str) -> None:
    @jobs.job("test.in_hand")
    def in_hand(what: str) -> None:
        raise AssertionError("nobody works here")

    for what in ("killed", "alive", "killer"):
        in_hand.defer(what=what)
    jobs.seal.defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id),"
            " living AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id)"
            " UPDATE procrastinate_jobs SET status = 'doing',"
            " worker_id = CASE WHEN args->>'what' = 'alive' THEN (SELECT id FROM living) ELSE (SELECT id FROM dead) END,"
            " attempts = CASE WHEN args->>'what' = 'killer' THEN 10 ELSE 0 END"
        )
    # The next hour's round was deferred meanwhile; it waits for the lock of the one that was left in hand.
    jobs.seal.defer(timestamp=3600)

    async def look() -> None:
        connector = PsycopgConnector(kwargs=live.connection_params(), min_size=1, max_size=1)
        async with app.with_connector(connector).open_async() as runner:
            await worker.hand_back(runner)
            await worker.hand_back(runner)

    asyncio.run(look())
    app.tasks.pop("test.in_hand")
    left = ProcrastinateJob.objects.values_list("task_name", "args__what", "status", "attempts")
    assert sorted(left, key=str) == [
        ("foundation.seal", None, "todo", 0),
        ("test.in_hand", "alive", "doing", 0),
        ("test.in_hand", "killed", "todo", 1),
        ("test.in_hand", "killer", "failed", 11),
    ]


def test_periodic_jobs_go_on_after_every_connection_was_lost(database: str) -> None:
    async def work() -> None:
        await sync_to_async(lambda: connection.ensure_connection())()
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as job, ThreadPoolExecutor(1) as apart:
            loop.set_default_executor(job)
            await loop.run_in_executor(apart, lose_connections)
            running = asyncio.create_task(worker._again_after_errors("The job runner", worker._run_jobs))
            await loop.run_in_executor(apart, wait_for_periodic_jobs)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            for thread in (job, apart):
                await loop.run_in_executor(thread, close_all)
        await sync_to_async(close_all)()

    def lose_connections() -> None:
        with databases.server() as there:
            there.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])

    def wait_for_periodic_jobs() -> None:
        """The runner defers at its start what was due within the last minutes."""
        deadline = time.monotonic() + 20
        while not ProcrastinatePeriodicDefer.objects.exists():
            assert time.monotonic() < deadline, "no periodic job was deferred"
            time.sleep(0.1)

    asyncio.run(work())


def close_all() -> None:
    connections.close_all()


def test_periodic_jobs_have_nothing_to_do_before_a_city_is_loaded(database: str, settings, tmp_path) -> None:
    settings.LINLI_FILES = tmp_path
    for periodic in app.periodic_registry.periodic_tasks.values():
        if not periodic.task.name.startswith("builtin:"):
            periodic.task(timestamp=0)


def test_periodic_jobs_are_known_and_never_pile_up() -> None:
    periodic = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert periodic["foundation.seal"] == "0 * * * *"
    assert "foundation.clean_up" in periodic
    assert all(
        app.tasks[name].queueing_lock == name
        for name in periodic
        if name != "builtin:procrastinate.builtin_tasks.remove_old_jobs"
    )


def test_old_keys_and_told_events_are_forgotten(database: str, settings, tmp_path) -> None:
    settings.LINLI_FILES = tmp_path
    old = clock.now() - timedelta(days=30)
    for created in (old, clock.now()):
        IdempotencyKey.objects.create(sender="test", key=str(uuid4()), request_hash=b"", created_at=created)
        OutboxEvent.objects.create(name=TOLD, handled_at=created)
    OutboxEvent.objects.create(name=TOLD, at=old)
    jobs.clean_up(timestamp=0)
    assert IdempotencyKey.objects.count() == 1
    assert OutboxEvent.objects.count() == 2, "the untold one stays, however old"
