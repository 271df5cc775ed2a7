"""Jobs: work done later or at set times by the worker, kept in the database with what asked for it (Procrastinate).

    @job("cases.escalate", every="* * * * *")
    def escalate() -> None: …

    @job("gateway.deliver")
    def deliver(delivery_id: str) -> None: …

    deliver.defer(delivery_id=str(delivery.id))     # in the transaction that made the delivery

A job takes ids, acts as the system under its own name, re-checks what it finds, and may run more than once.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import close_old_connections, connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

from linli.foundation import clock
from linli.foundation.access import acting_as, system
from linli.foundation.models import IdempotencyKey, OutboxEvent

# Waits of 2, 4, 8 … seconds: the tenth repeat comes after half an hour.
MOST_ATTEMPTS = 10
RETRY = RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=2)
KEEP_KEYS = timedelta(days=2)
KEEP_EVENTS = timedelta(days=7)
DELETE_AT_ONCE = 10_000


def job(
    name: str, *, every: str | None = None, retry: RetryStrategy = RETRY
) -> Callable[[Callable[..., None]], Task[..., None, ...]]:
    """Make a function a job. `every` is a cron line in UTC; such a job never runs twice at once and never piles up."""

    def make(work: Callable[..., None]) -> Task[..., None, ...]:
        @wraps(work)
        def run(*arguments: Any, **keywords: Any) -> None:
            # A connection that was lost under the thread's last job is left; within a transaction it would be lost with it.
            if not connection.in_atomic_block:
                close_old_connections()
            # A periodic job is handed the time that it was due at; whoever needs a time asks the clock.
            with acting_as(system(name)):
                work() if every else work(*arguments, **keywords)

        alone = name if every else None
        task = app.task(name=name, retry=retry, lock=alone, queueing_lock=alone)(run)
        return app.periodic(cron=every)(task) if every else task

    return make


@job("foundation.seal", every="0 * * * *")
def seal() -> None:
    """Seal the hour's timelines under one root."""
    from linli.foundation import seals

    seals.seal()


@job("foundation.clean_up", every="20 19 * * *")
def clean_up() -> None:
    """At 03:20 in Shanghai: forget old idempotency keys, told events and ended work, and files that nobody took."""
    from linli.foundation import files, work

    _delete_in_pieces(IdempotencyKey, created_at__lt=clock.now() - KEEP_KEYS)
    _delete_in_pieces(OutboxEvent, handled_at__lt=clock.now() - KEEP_EVENTS)
    work.forget_ended()
    files.remove_orphans()


def _delete_in_pieces(model: Any, **condition: Any) -> None:
    """Short transactions, so that nobody waits for a day's rows."""
    while True:
        ids = list(model.objects.filter(**condition).values_list("pk", flat=True)[:DELETE_AT_ONCE])
        if not ids:
            return
        model.objects.filter(pk__in=ids).delete()
