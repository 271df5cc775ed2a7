"""Databases of the tests' server: copied, and made the one that this process works on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from linli.cases import numbers
from linli.cases import queries as cases
from linli.duties import queries as duties
from linli.foundation import live
from linli.foundation.database import embedded, urls
from linli.people import queries as people
from linli.territory import queries as territory


def server() -> psycopg.Connection:
    return psycopg.connect(host=str(embedded.cluster().socket_dir), user="postgres", dbname="postgres", autocommit=True)


def spare_the_disk() -> None:
    """Nobody waits for a disk: what the tests' server holds need not outlive the machine, only the processes that tests kill."""
    with server() as there:
        for setting in ("fsync", "full_page_writes"):
            there.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        there.execute("SELECT pg_reload_conf()")


def forget() -> None:
    """Whatever the rooms keep in this process of what they have read."""
    for room in (territory, people, duties, cases, numbers):
        room.forget()


def use(name: str) -> None:
    # What is kept is kept by the database's name, and names are used again.
    forget()
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def copy(template: str, name: str) -> None:
    with server() as there:
        # Nobody may be in it meanwhile; a thread that wrote into it has not always left.
        there.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template])
        there.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        there.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(urls.OWNER_ROLE)
            )
        )


def put(draft: str, name: str) -> None:
    """Let the database `draft` be `name` from now on. Who works on `name` loses the connection, and comes back to the other."""
    with server() as there:
        there.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        there.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))


def listeners(name: str) -> int:
    """How many processes follow what happens in the database `name`, and have dropped what they had kept before."""
    with server() as there:
        row = there.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND starts_with(query, %s)",
            [name, live.READ[:40]],
        ).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def working_on(name: str, blocker: Any) -> Iterator[None]:
    """This process works on the database `name` until the block ends, whatever happens in it. `blocker`: pytest-django's."""
    before = connections["default"].settings_dict["NAME"]
    use(name)
    with blocker.unblock():
        try:
            yield
        finally:
            connections.close_all()
            use(before)


@contextmanager
def of_its_own(template: str, kind: str, blocker: Any) -> Iterator[str]:
    """A database really committed to: for several processes, threads, crashes and browsers. Gives its name."""
    name = f"{kind}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    copy(template, name)
    with working_on(name, blocker):
        yield name
