"""A real PostgreSQL for every test: one cluster, one migrated template, a copy of it for each worker.

The template is named after the migrations and kept between runs, so that only a changed schema costs its making.
"""

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.cache import cache
from django.db import connections
from django.utils import translation
from factories import again, databases
from factories.again import Made
from factories.world import World, make_world
from filelock import FileLock
from hypothesis import HealthCheck, settings
from psycopg import sql
from stories.fixtures import (  # noqa: F401 (fixtures)
    browser,
    kept,
    opened_browser,
    playwright,
    site,
    site_of_the_module,
    small_city,
    stage,
)

from linli.config import env
from linli.foundation import place
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.database import embedded, setup
from linli.foundation.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = (ROOT / env.get("LINLI_REFERENCE_DATA")).resolve()


# A machine that is busy with much else is slow, not wrong.
settings.register_profile("linli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("linli")

# Scrypt at its least cost: what takes an attacker long would take the tests long too. Servers that tests start keep its usual cost.
ScryptPasswordHasher.work_factor = 16

# The session is a user of the server like any other: a command under test that leaves it does not stop it.
_server_in_use = ExitStack()


# The modules with stories that need a browser.
WITH_BROWSER = pytest.StashKey[set[Path]]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _server_in_use.enter_context(place.server(Progress(quiet=True)))
        databases.spare_the_disk()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _server_in_use.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests first: begun last, one of them would run on when all others are done."""
    if items:
        items[0].session.stash[WITH_BROWSER] = {item.path for item in items if item.get_closest_marker("browser")}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """No browser stays open, and none of its loops runs, where the next module needs none."""
    yield
    if nextitem is None or nextitem.path not in item.session.stash[WITH_BROWSER]:
        kept.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI what needs real data or a real browser must have it: a skip there is a failure, and says what is missing."""
    report = yield
    must_run = item.get_closest_marker("reference") or item.get_closest_marker("browser")
    if os.environ.get("CI") and must_run and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped under CI: {reason}"
    return report


def _schema_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "linli").glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """What rooms keep of a database in the process outlives a test that is rolled back, and so does the language of its last answer:
    the next one does not see them."""
    databases.forget()
    cache.clear()
    translation.deactivate()


@pytest.fixture(scope="session")
def template_database(django_db_blocker: pytest.FixtureRequest) -> str:
    """The name of a database with every migration applied and nothing in it."""
    name = f"template_{_schema_digest()}"
    with FileLock(env.data_dir() / "template.lock"):
        with databases.server() as server:
            exists = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not exists:
            draft = f"{name}_draft"
            with databases.server() as server:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
            setup.ensure_roles_and_database(embedded.cluster(), draft)
            databases.use(draft)
            from django.core.management import call_command

            with django_db_blocker.unblock():  # type: ignore[attr-defined]
                call_command("migrate", database="owner", verbosity=0, interactive=False)
                connections.close_all()
            with databases.server() as server:
                server.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
                )
    return name


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: object) -> Iterator[None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_{worker}"
    databases.copy(template_database, name)
    databases.use(name)
    yield
    connections.close_all()


@pytest.fixture(scope="session")
def made_world(template_database: str, django_db_blocker: pytest.FixtureRequest) -> Made[World]:
    """The small city of tests/factories, to be had again in each test's transaction."""
    with databases.of_its_own(template_database, "made", django_db_blocker):
        return again.record(make_world)


@pytest.fixture
def fresh_database(template_database: str, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    with databases.of_its_own(template_database, "fresh", django_db_blocker) as name:
        yield name


@pytest.fixture
def as_system() -> Iterator[None]:
    """The test acts as the system: everything is visible."""
    with acting_as(SYSTEM):
        yield


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference data at {REFERENCE}: set LINLI_REFERENCE_DATA")
    return REFERENCE
