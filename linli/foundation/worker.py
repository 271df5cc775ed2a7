"""The worker: tells rooms what happened (outbox) and runs jobs (Procrastinate), in one process.

One event loop holds three tasks. The listener hears the outbox, drops stale caches and wakes the second, which calls the
handlers of waiting events in a thread of its own; the third is Procrastinate's worker with a few threads for jobs.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import psycopg
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, connection, connections, transaction
from django.db.models import F
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from linli.foundation import clock, jobs, live, outbox
from linli.foundation.access import acting_as, system
from linli.foundation.models import OutboxEvent

log = logging.getLogger(__name__)

BATCH = 200
FIRST_WAIT = 1.0  # seconds before an event is tried again; doubled each time
LONGEST_WAIT = 300.0
JOBS_AT_ONCE = 4
STOP_SECONDS = 8.0
# A worker says every ten seconds that it lives; a job that keeps the interpreter busy may delay that, never for so long.
DEAD_AFTER_SECONDS = 120.0
LOOK_FOR_DEAD_SECONDS = 30.0


class Outbox:
    """Calls the handlers of waiting events: in order, each in a transaction of its own, at least once.

    An event whose handler fails is tried again after 1, 2, 4 … seconds and parked after outbox.MAX_ATTEMPTS with its error;
    the others go on. Several workers may run: a row is locked while it is handled. When to try again is known to this
    process only, so a fresh worker tries at once.
    """

    def __init__(self) -> None:
        self._not_before: dict[UUID, float] = {}

    def drain(self) -> float | None:
        """Handle all that is due. Returns the seconds after which something is to be tried again, if anything is."""
        close_old_connections()
        with acting_as(system("outbox")):
            # Handling and its mark are one transaction: lost together in a crash, they are only repeated. So nobody waits for the disk.
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit = off")
            settle_unheard()
            while waiting := self._waiting():
                for event_id in waiting:
                    self._handle(event_id)
        return min((due - time.monotonic() for due in self._not_before.values()), default=None)

    def _waiting(self) -> list[UUID]:
        now = time.monotonic()
        # What is due is asked for now; where another worker has settled it there is nothing left to remember.
        self._not_before = {event_id: due for event_id, due in self._not_before.items() if due > now}
        waiting = OutboxEvent.objects.filter(handled_at=None, attempts__lt=outbox.MAX_ATTEMPTS)
        waiting = waiting.filter(name__in=outbox.handled_names()).exclude(pk__in=list(self._not_before))
        return list(waiting.order_by("position").values_list("pk", flat=True)[:BATCH])

    def _handle(self, event_id: UUID) -> None:
        event: OutboxEvent | None = None
        try:
            with transaction.atomic():
                event = (
                    OutboxEvent.objects.select_for_update(skip_locked=True).filter(pk=event_id, handled_at=None).first()
                )
                if event is None:
                    # Another worker has it: it is asked for again a little later, should that worker die.
                    self._not_before[event_id] = time.monotonic() + FIRST_WAIT
                    return
                for handler in outbox.handlers(event.name):
                    handler(event)
                OutboxEvent.objects.filter(pk=event_id).update(handled_at=clock.now(), error="")
        except Exception as error:
            if event is None or _connection_was_lost(error):
                raise
            self._failed(event, error)
        else:
            self._not_before.pop(event_id, None)

    def _failed(self, event: OutboxEvent, error: Exception) -> None:
        attempts = event.attempts + 1
        text = f"{type(error).__name__}: {error}"[:2000]
        OutboxEvent.objects.filter(pk=event.pk).update(attempts=F("attempts") + 1, error=text)
        if attempts >= outbox.MAX_ATTEMPTS:
            self._not_before.pop(event.pk, None)
            log.error(
                "Event %s (%s) is parked after %d attempts: %s", event.pk, event.name, attempts, text, exc_info=error
            )
            return
        self._not_before[event.pk] = time.monotonic() + min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
        log.warning("Event %s (%s) failed (attempt %d): %s", event.pk, event.name, attempts, text)


def _connection_was_lost(error: Exception) -> bool:
    """Whether the server went away (SQLSTATE classes 08 and 57P, or none at all): that is no fault of an event."""
    cause = error.__cause__
    return isinstance(cause, psycopg.OperationalError) and (cause.sqlstate or "08").startswith(("08", "57P"))


def settle_unheard() -> int:
    """Mark the events that no room acts on. Returns how many."""
    unheard = OutboxEvent.objects.filter(handled_at=None).exclude(name__in=outbox.handled_names())
    return unheard.update(handled_at=clock.now())


def retry_parked() -> int:
    """Give parked events another round of attempts. Returns how many."""
    parked = OutboxEvent.objects.filter(handled_at=None, attempts__gte=outbox.MAX_ATTEMPTS)
    return parked.update(attempts=0)


def run() -> None:
    """Work until SIGINT or SIGTERM."""
    asyncio.run(_run())


async def _run() -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    # Each thread of this pool keeps a database connection.
    loop.set_default_executor(ThreadPoolExecutor(JOBS_AT_ONCE, thread_name_prefix="job"))
    wake = asyncio.Event()
    wake.set()
    listener = live.Listener(heard=lambda _events: wake.set(), lost=wake.set)
    tasks = [
        asyncio.create_task(listener.run()),
        asyncio.create_task(_again_after_errors("The outbox", lambda: _tell(wake))),
        asyncio.create_task(_again_after_errors("The job runner", _run_jobs)),
    ]
    await stop.wait()
    for task in tasks:
        task.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), STOP_SECONDS)


async def _tell(wake: asyncio.Event) -> None:
    told = Outbox()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="outbox") as thread:
        while True:
            wake.clear()
            again_in = await loop.run_in_executor(thread, told.drain)
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), None if again_in is None else max(again_in, 0.05))


async def _run_jobs() -> None:
    # Periodic jobs are deferred by a thread that keeps its connection, a lost one too.
    await sync_to_async(connections.close_all)()
    connector = PsycopgConnector(kwargs=live.connection_params(), min_size=1, max_size=3)
    async with app.with_connector(connector).open_async() as runner:
        keeper = asyncio.create_task(_again_after_errors("The look for dead workers", lambda: _hand_back(runner)))
        try:
            await runner.run_worker_async(
                concurrency=JOBS_AT_ONCE,
                install_signal_handlers=False,
                delete_jobs="successful",
                shutdown_graceful_timeout=STOP_SECONDS / 2,
                stalled_worker_timeout=DEAD_AFTER_SECONDS,
            )
        finally:
            keeper.cancel()


async def _hand_back(runner: App) -> None:
    while True:
        await hand_back(runner)
        await asyncio.sleep(LOOK_FOR_DEAD_SECONDS)


async def hand_back(runner: App) -> None:
    """What a killed worker had in hand waits anew. Left so it would never be done, and of a periodic job no later round either.

    A job that was in hand at ten deaths may be their cause: it is left as failed.
    """
    for left in await runner.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        log.warning("A worker died over the job %s; it waits anew", left.task_name)
        if left.attempts >= jobs.MOST_ATTEMPTS:
            await runner.job_manager.finish_job(left, Status.FAILED, delete_job=False)
            continue
        try:
            await runner.job_manager.retry_job(left)
        except UniqueViolation:
            # The next round of this periodic job waits already, for this one to end.
            await runner.job_manager.finish_job(left, Status.FAILED, delete_job=True)


async def _again_after_errors(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """A database that is away for a moment must not end the worker."""
    pause = 0.5
    while True:
        began = time.monotonic()
        try:
            await work()
        except Exception as error:
            known = isinstance(error, DatabaseError | OSError | ConnectorException)
            log.warning("%s stopped (%s); again in %.1f s", what, error, pause, exc_info=None if known else error)
        pause = 0.5 if time.monotonic() - began > 2 * pause else min(pause * 2, 10)
        await asyncio.sleep(pause)
