"""What a process remembers of the territory, and what a transaction that is changing it may see.

What was committed is remembered by the process and forgotten on `territory.changed`. A transaction that has changed the
territory itself sees its own state, remembered until it ends: hung on its commit hooks, which vanish with a rollback,
also one to a savepoint.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from threading import RLock
from uuid import UUID

from django.db import connection, transaction

from linli.territory.index import TerritoryIndex, UnitInfo

# States of the territory kept in memory: today's, and a few that past cases ask for.
KEPT_STATES = 4
KEPT_UNITS = 100_000


class Memory:
    """Indexes by the day since which they hold, and single units that no index holds."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[str, date], TerritoryIndex] = OrderedDict()
        self._changes: dict[str, list[date]] = {}
        self._units: dict[tuple[str, UUID], UnitInfo] = {}
        self._lock = RLock()

    def forget(self) -> None:
        with self._lock:
            self._indexes.clear()
            self._changes.clear()
            self._units.clear()

    def index(
        self, day: date, days_of_change: Callable[[], list[date]], read: Callable[[date], TerritoryIndex]
    ) -> TerritoryIndex:
        """The index that holds on a day. One thread reads it, the others wait for it."""
        database = _database()
        with self._lock:
            if database not in self._changes:
                self._changes[database] = days_of_change()
            changes = self._changes[database]
            place = bisect_right(changes, day)
            since = changes[place - 1] if place else date.min
            key = (database, since)
            if key not in self._indexes:
                self._indexes[key] = read(day)
            self._indexes.move_to_end(key)
            while len(self._indexes) > KEPT_STATES:
                self._indexes.popitem(last=False)
            return self._indexes[key]

    def unit(self, unit_id: UUID, read: Callable[[UUID], UnitInfo]) -> UnitInfo:
        key = (_database(), unit_id)
        found = self._units.get(key)
        if found is None:
            found = read(unit_id)
            with self._lock:
                if len(self._units) >= KEPT_UNITS:
                    self._units.clear()
                self._units[key] = found
        return found


class _OwnMemory(Memory):
    """What a transaction sees after its own change; as a commit hook it makes the process forget."""

    def __call__(self) -> None:
        _of_process.forget()


_of_process = Memory()


def _database() -> str:
    of = connection.settings_dict
    return f"{of['HOST']}/{of['NAME']}"


def current() -> Memory:
    """The memory to ask: this transaction's own, if it has changed the territory, else the process's."""
    # Each entry holds its savepoints, the hook, and whether it may fail.
    for entry in reversed(connection.run_on_commit):
        if isinstance(entry[1], _OwnMemory):
            return entry[1]
    return _of_process


def changed_here() -> None:
    """The current transaction has changed the territory."""
    transaction.on_commit(_OwnMemory())


def forget() -> None:
    """Drop what the process remembers; the next question reads the database."""
    _of_process.forget()
