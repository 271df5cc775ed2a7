"""Tells every process that the outbox holds something new: `NOTIFY`, but never in the transaction that wrote it.

PostgreSQL lets one notifying transaction commit at a time, and the others wait while its commit reaches the disk: eight clients commit 330
to 650 events a second that way, and 6,900 without (measured, two cores; ADR 0004). So whoever commits an event only sets a flag, and
a thread of the process notifies for all of them, 20 times a second at most, in a transaction that waits for no disk. A process that is
killed between the two is made up for by the listeners' own check every few seconds.
"""

import atexit
import logging
import threading
import time
from typing import Any

import psycopg

log = logging.getLogger(__name__)

CHANNEL = "linli_outbox"
WRITTEN = 'INSERT INTO "foundation_outboxevent"'
PAUSE_SECONDS = 0.05


class Waker:
    """One thread and one connection, both made when they are first needed."""

    def __init__(self) -> None:
        self._news = threading.Event()
        self._starting = threading.Lock()
        self._notifying = threading.Lock()
        self._thread: threading.Thread | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._connected_to: dict[str, Any] = {}
        self._params: dict[str, Any] = {}

    def wake(self, params: dict[str, Any]) -> None:
        """An event was committed in the database that `params` lead to. Costs its caller nothing."""
        self._params = params
        self._news.set()
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="outbox-waker", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while self._news.wait():
            self._news.clear()
            self._notify()
            time.sleep(PAUSE_SECONDS)

    def _notify(self) -> None:
        """Once more with a new connection if the old one was lost meanwhile; then the listeners' own check has to do."""
        with self._notifying:
            for last in (False, True):
                try:
                    self._connected().execute(f"NOTIFY {CHANNEL}")
                    return
                except psycopg.Error as error:
                    self._close()
                    if last:
                        log.warning("The outbox could not be announced: %s", error)

    def _connected(self) -> psycopg.Connection[Any]:
        params = self._params
        if self._connection is None or self._connection.closed or params != self._connected_to:
            self._close()
            self._connection = psycopg.connect(**params, autocommit=True)
            self._connection.execute("SET synchronous_commit = off")
            self._connected_to = params
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def finish(self) -> None:
        """Before the server or the process ends: what was not yet announced is."""
        if self._news.is_set():
            self._news.clear()
            self._notify()
        with self._notifying:
            self._close()


_waker = Waker()
wake, finish = _waker.wake, _waker.finish
atexit.register(finish)
