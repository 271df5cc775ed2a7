"""A running Linli and a real browser, for the stories and for the bars: one of each database and server for all tests of a process, so that
tests/conftest.py takes them up, and no other."""

import copy
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from django.db import connections
from factories import databases
from factories.server import START_SECONDS, Server, running
from factories.world import World, forget_caches
from playwright.sync_api import Browser, Playwright, sync_playwright

from stories.browser import chromium
from stories.stage import Site, lasting_site, populate

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# The web process and the worker.
LISTENERS = 2
# Rates are counted by address: those of a story are its own. The network is kept for tests (RFC 2544).
FIRST_ADDRESS = ip_address("198.18.0.0")

# A database with the small city, what stands in it, and the secrets of its staff.
SmallCity = tuple[str, World, dict[str, str]]


@dataclass
class Stage:
    """One server for all stories of a process. Each story finds the small city in it as if nobody had been there."""

    server: Server
    database: str
    folder: Path
    kept: frozenset[str]
    told: int = 0

    def set_up(self, small_city: str) -> str:
        """Put everything back to its beginning. Returns the address from which this story's people come."""
        draft = f"{self.database}_draft"
        databases.copy(small_city, draft)
        databases.put(draft, self.database)
        for path in self.folder.iterdir():
            if path.name not in self.kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        deadline = time.monotonic() + START_SECONDS
        while databases.listeners(self.database) < LISTENERS:
            assert time.monotonic() < deadline, f"the server does not come back:\n{self.server.log.read_text()[-4000:]}"
            time.sleep(0.05)
        self.told += 1
        return str(FIRST_ADDRESS + self.told)


@pytest.fixture(scope="session")
def small_city(template_database: str, django_db_blocker: pytest.FixtureRequest) -> SmallCity:
    """A database with the small city, to be copied; what stands in it, and the secrets of its staff."""
    with databases.of_its_own(template_database, "small_city", django_db_blocker) as name:
        world, secrets = populate()
    return name, world, secrets


@contextmanager
def staged(kind: str, small_city: SmallCity, folder: Path, **variables: str) -> Iterator[Stage]:
    """A server for many stories. `variables` are further LINLI_* settings."""
    database = f"{kind}_{WORKER}"
    databases.copy(small_city[0], database)
    with running(database, folder, LINLI_DEMO="1", LINLI_PROXIES="1", **variables) as server:
        yield Stage(server, database, folder, frozenset(path.name for path in folder.iterdir()))


@contextmanager
def told_on(stage: Stage, small_city: SmallCity, blocker: pytest.FixtureRequest) -> Iterator[Site]:
    """One story on this stage."""
    template, world, secrets = small_city
    address = stage.set_up(template)
    with databases.working_on(stage.database, blocker):
        yield Site(stage.server.url, copy.deepcopy(world), secrets, stage.folder, address)
    forget_caches()


@pytest.fixture(scope="session")
def stage(small_city: SmallCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged("stage", small_city, tmp_path_factory.mktemp("stage")) as raised:
        yield raised


@pytest.fixture
def site(stage: Stage, small_city: SmallCity, django_db_blocker: pytest.FixtureRequest) -> Iterator[Site]:
    """The small city, served."""
    with told_on(stage, small_city, django_db_blocker) as served:
        yield served


@pytest.fixture(scope="module")
def site_of_the_module(
    template_database: str, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The small city on a server of the module's own: what one of its stories leaves, the next one finds."""
    with lasting_site(template_database, django_db_blocker, tmp_path_factory.mktemp("lasting")) as started:
        yield started


class Kept:
    """Playwright's driver and one browser, kept from module to module until one comes that needs none: a context has its own storage,
    cookies and workers, as a browser of its own would."""

    def __init__(self) -> None:
        self._opened = ExitStack()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def playwright(self) -> Playwright:
        if self._playwright is None:
            self._leave_connections()
            # Its loop stays in this thread between its calls; nothing of Django runs in it.
            patch = self._opened.enter_context(pytest.MonkeyPatch.context())
            self._playwright = self._opened.enter_context(sync_playwright())
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        return self._playwright

    def browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._opened.enter_context(chromium(self.playwright()))
        return self._browser

    def close(self) -> None:
        if self._playwright is None:
            return
        self._leave_connections()
        self._browser = self._playwright = None
        self._opened.close()

    def _leave_connections(self) -> None:
        """Django has other connections in a thread while a loop runs in it (asgiref.local). Whoever leaves a database closes those of that
        moment, so that none of the others may stay open to it."""
        connections.close_all()


kept = Kept()


@pytest.fixture(scope="module")
def playwright() -> Playwright:
    return kept.playwright()


@pytest.fixture(scope="module")
def opened_browser() -> Browser:
    return kept.browser()


@pytest.fixture
def browser(opened_browser: Browser) -> Iterator[Browser]:
    """Everybody who came in a story is gone after it."""
    yield opened_browser
    for context in opened_browser.contexts:
        context.close()
