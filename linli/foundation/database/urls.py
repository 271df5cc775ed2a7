"""Where the database is: given by its two addresses, or the embedded server under the data folder."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from linli.config import env
from linli.foundation.database import embedded

ENGINE = "linli.foundation.database.backend"
APP_ROLE = "linli_app"
OWNER_ROLE = "linli_owner"
NAME = "linli"


def app_database() -> dict[str, Any]:
    """Settings of the plain role that the app connects as: row-level security holds for it."""
    url = env.get("LINLI_DATABASE_URL")
    return _from_url(url) if url else _embedded(APP_ROLE)


def owner_database() -> dict[str, Any]:
    """Settings of the owner, who migrates and does nothing else."""
    url = env.get("LINLI_OWNER_DATABASE_URL") or env.get("LINLI_DATABASE_URL")
    return _from_url(url) if url else _embedded(OWNER_ROLE)


def psycopg_params(settings: dict[str, Any]) -> dict[str, Any]:
    """Django's settings of a database as psycopg takes them."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    params = {name: settings[key] for name, key in named.items() if settings.get(key)}
    return params | dict(settings.get("OPTIONS") or {})


def _common() -> dict[str, Any]:
    return {
        "ENGINE": ENGINE,
        # A thread keeps its connection; a broken one is noticed and replaced.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        # Tests make their own databases (tests/conftest.py).
        "TEST": {"MIGRATE": False},
    }


def _embedded(role: str) -> dict[str, Any]:
    cluster = embedded.cluster()
    return _common() | {"NAME": NAME, "USER": role, "PASSWORD": "", "HOST": str(cluster.socket_dir), "PORT": "5432"}


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("LINLI_DATABASE_URL must look like postgresql://user:password@host:5432/name")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return _common() | {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or 5432),
        "OPTIONS": query,
    }
