"""A running Linli and a real browser for the stories."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from factories.server import running
from factories.world import forget_caches
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from stories.browser import chromium
from stories.stage import Site, populate


@pytest.fixture
def site(fresh_database: str, tmp_path: Path) -> Iterator[Site]:
    """The small city on a server of its own."""
    world, secrets = populate()
    with running(fresh_database, tmp_path, LINLI_DEMO="1") as server:
        yield Site(server.url, world, secrets)
    forget_caches()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Its loop stays in this thread between its calls; nothing of Django runs in it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield started


@pytest.fixture(scope="module")
def opened_browser(playwright: Playwright) -> Iterator[Browser]:
    """One process for the stories of a module: a context has its own storage, cookies and workers, as a browser of its own would."""
    with chromium(playwright) as opened:
        yield opened


@pytest.fixture
def browser(opened_browser: Browser) -> Iterator[Browser]:
    """Everybody who came in a story is gone after it."""
    yield opened_browser
    for context in opened_browser.contexts:
        context.close()


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
