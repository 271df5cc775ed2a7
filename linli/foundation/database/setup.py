"""From nothing to a migrated database: roles, database, migrations, grants. Repeatable."""

import gc

import psycopg
from django.core.management import call_command
from psycopg import sql

from linli.config import env
from linli.foundation.database import embedded, urls


def ensure_server() -> None:
    if not env.get("LINLI_DATABASE_URL"):
        embedded.start(embedded.cluster())


def ensure_roles_and_database(place: embedded.Cluster, name: str = urls.NAME) -> None:
    """The owner and the plain role, without superuser or bypass, and the owner's database."""
    with psycopg.connect(host=str(place.socket_dir), user="postgres", dbname="postgres", autocommit=True) as server:
        roles = {row[0] for row in server.execute("SELECT rolname FROM pg_roles")}
        for role in (urls.OWNER_ROLE, urls.APP_ROLE):
            if role not in roles:
                server.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role)))
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            server.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(urls.OWNER_ROLE))
            )
    with psycopg.connect(host=str(place.socket_dir), user="postgres", dbname=name, autocommit=True) as database:
        for extension in ("btree_gist", "btree_gin", "pg_trgm"):
            database.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))


def migrate(verbosity: int = 0) -> None:
    """Bring the database to the newest state, as its owner."""
    if not env.get("LINLI_DATABASE_URL"):
        ensure_roles_and_database(embedded.cluster())
    # Each step draws up models anew; the collector need not look through all that was loaded before for each of them.
    gc.freeze()
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)


def prepare(verbosity: int = 0) -> None:
    ensure_server()
    migrate(verbosity)
