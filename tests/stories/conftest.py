"""A running Linli and a real browser for the stories."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from factories.server import running
from factories.world import forget_caches
from playwright.sync_api import Browser, Error

from stories.browser import CHROMIUM, chromium
from stories.stage import Site, populate


@pytest.fixture
def site(fresh_database: str, tmp_path: Path) -> Iterator[Site]:
    """The small city on a server of its own."""
    world, secrets = populate()
    with running(fresh_database, tmp_path, LINLI_DEMO="1") as server:
        yield Site(server.url, world, secrets)
    forget_caches()


@pytest.fixture
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    with chromium() as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A story that fails tells what stood on each page then: what it waited for seldom says why it did not come."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser:
        for page in (page for context in browser.contexts for page in context.pages):
            with suppress(Error):
                report.sections.append((page.url, page.locator("body").aria_snapshot(timeout=2000)))
    return report
