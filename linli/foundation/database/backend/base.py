"""Django's PostgreSQL backend, telling the server who acts before the first query that follows a change of actor.

The scope is a session setting, so it costs one round trip per connection and actor, not one per query. A rollback undoes a
session setting made inside it, therefore each rollback makes the connection forget what it has told. A count of round
trips (statements, BEGIN, COMMIT) is kept for the benchmarks and the pinned numbers of queries.
"""

import select
from collections.abc import Callable, Sequence
from typing import Any

from django.db.backends.postgresql import base
from psycopg import RawCursor, adapters
from psycopg.pq import Format

from linli.foundation.access import current_actor, database_scope
from linli.foundation.database import urls, wake

SET_SCOPE = (
    "SELECT set_config('linli.person', $1, false), set_config('linli.units', $2, false), "
    "set_config('linli.bodies', $3, false), set_config('linli.people_units', $4, false), "
    "set_config('linli.system', $5, false)"
)
# Ten times as fast as in Python, and a list of cases holds hundreds.
MOMENT = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope_told: tuple[str, ...] | None = None
        self.round_trips = 0
        self.told_outbox = False
        self.execute_wrappers.append(self._tell_scope)

    def _tell_scope(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        scope = database_scope(current_actor())
        # A failed transaction takes nothing but the return to its savepoint, which needs no scope.
        if scope != self.scope_told and not sql.startswith("ROLLBACK TO SAVEPOINT"):
            with RawCursor(self.connection) as cursor:
                cursor.execute(SET_SCOPE, scope, prepare=True)
            self.scope_told = scope
            self.round_trips += 1
        self.round_trips += 1
        result = execute(sql, params, many, context)
        self.told_outbox = self.told_outbox or wake.WRITTEN in sql
        if self.told_outbox and not self.in_atomic_block:
            self._announce()
        return result

    def _announce(self) -> None:
        """What was written to the outbox is committed: listeners are told by another thread, so that no commit waits for it."""
        if self.told_outbox:
            self.told_outbox = False
            wake.wake(urls.psycopg_params(self.settings_dict))

    def execute_prepared(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a statement of a steady shape, parsed and planned once per connection, values bound by the server; gives its rows.

        Placeholders are PostgreSQL's ($1, $2 …), each with a cast. Errors are Django's; the scope is told as before any query.
        """

        def send(sql: str, params: Any, _many: bool, _context: dict[str, Any]) -> list[tuple[Any, ...]]:
            with RawCursor(self.connection) as cursor:
                cursor.execute(sql, params, prepare=True)
                return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []

        self.ensure_connection()
        with self.wrap_database_errors:
            rows: list[tuple[Any, ...]] = self._tell_scope(send, sql, params, False, {})
            return rows

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.scope_told = None
        self.told_outbox = False
        connection = super().get_new_connection(conn_params)
        # Django turns preparing off altogether (None); here it is done where `execute_prepared` asks for it.
        connection.prepare_threshold = 5
        # Django reads moments in Python, to set a time zone that psycopg's own reading in C gives here too: UTC, the session's.
        connection.adapters.register_loader("timestamptz", MOMENT)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, without its own reading of moments."""
        if name is None:
            return self.connection.cursor()
        server_side: Any = base.ServerSideCursor
        return server_side(self.connection, name=name, scrollable=False, withhold=self.connection.autocommit)

    def close_if_unusable_or_obsolete(self) -> None:
        """At the start and end of a request. A connection that the server has closed meanwhile is replaced before it is used."""
        if self.connection is not None and not self.in_atomic_block and _server_spoke(self.connection):
            self.close()
        super().close_if_unusable_or_obsolete()

    def _set_autocommit(self, autocommit: bool) -> None:
        # psycopg sends BEGIN of its own before the first statement of a transaction.
        if not autocommit:
            self.round_trips += 1
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _commit(self) -> Any:
        self.round_trips += 1
        super()._commit()  # type: ignore[misc]
        self._announce()

    def _rollback(self) -> Any:
        self.scope_told = None
        self.told_outbox = False
        self.round_trips += 1
        return super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self.scope_told = None


def _server_spoke(connection: Any) -> bool:
    """Whether an idle connection has something to read: the server's farewell, or its end. Costs no round trip."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
