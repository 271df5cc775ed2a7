"""The small city with something on every page, served, and a browser in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.signed_cookies import SessionStore
from factories.server import running
from factories.world import forget_caches
from stories.conftest import browser, opened_browser, playwright, site, small_city, stage  # noqa: F401 (fixtures)
from stories.stage import populate

from bars.pages import VISITS, Made, employ, make, visitor
from linli.config import env
from linli.foundation import keys
from linli.foundation.access import SYSTEM, acting_as


class Served:
    """The running city: its address, what stands in it, the addresses of its pages and the session of each visitor."""

    def __init__(self, url: str, made: Made) -> None:
        self.url = url
        self.paths = {who: paths(made) for who, paths in VISITS.items()}
        self.sessions = {who: _session(who, made) for who in VISITS if who}


def _session(who: str, made: Made) -> str:
    person = visitor(who, made.world)
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "linli.people.backends.PersonBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@pytest.fixture
def served(fresh_database: str, tmp_path: Path) -> Iterator[Served]:
    world, _secrets = populate()
    with acting_as(SYSTEM):
        employ(world)
        made = make(world)
        # The server's keys lie in a folder of its own.
        kept = keys.key_file().parent / "declarations"
        shutil.copytree(kept, tmp_path / kept.relative_to(env.data_dir()), dirs_exist_ok=True)
        with running(fresh_database, tmp_path, LINLI_DEMO="1") as server:
            yield Served(server.url, made)
    forget_caches()
