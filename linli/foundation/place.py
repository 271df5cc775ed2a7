"""A place to work: the database started, migrated, and stopped again by the last process that leaves it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from linli.config import env
from linli.foundation.progress import Progress

# Anything will do that nobody else locks: two processes must not migrate at once.
MIGRATION_LOCK = 5_110_101


@contextmanager
def server(progress: Progress) -> Iterator[None]:
    """Within the block the embedded server runs.

    Each process that uses it holds a shared lock on its folder; whoever leaves last stops the server.
    """
    from django.db import connections

    from linli.foundation.database import embedded, wake

    place = embedded.cluster()
    place.folder.mkdir(parents=True, exist_ok=True)
    with (place.folder / ".users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            with progress.step("Starting the database"):
                embedded.start(place)
            yield
        finally:
            wake.finish()
            connections.close_all()
            if _is_last(users.fileno()):
                embedded.stop(place)


@contextmanager
def database(progress: Progress | None = None) -> Iterator[None]:
    """Within the block the database is there and has every migration. Needs Django to be set up.

    A server of one's own (LINLI_DATABASE_URL) is never started or stopped.
    """
    progress = progress or Progress(quiet=True)
    with nullcontext() if env.get("LINLI_DATABASE_URL") else server(progress):
        migrate(progress)
        yield


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def migrate(progress: Progress) -> None:
    """Bring the database to the newest state, one process at a time, and cheaply when there is nothing to do."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    from linli.foundation.database import embedded, setup

    if not env.get("LINLI_DATABASE_URL"):
        setup.ensure_roles_and_database(embedded.cluster())
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        executor = MigrationExecutor(owner)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            with progress.step(f"Preparing the database ({len(waiting)} migrations)"):
                setup.migrate()
    finally:
        # The lock ends with the connection.
        owner.close()


def is_migrated() -> bool:
    """Whether the database can be reached and lacks no migration."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def use(data: str | None) -> None:
    """Take this folder as the data folder, from now on and for child processes. Before Django is set up."""
    if data:
        os.environ["LINLI_DATA_DIR"] = os.path.abspath(data)
