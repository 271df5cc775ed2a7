"""What a story tells when it fails. Its stage and its browser: stories/fixtures.py."""

from collections.abc import Generator
from contextlib import suppress

import pytest
from playwright.sync_api import Error

# Characters of the server's log that are told with a story that failed.
LOG_TAIL = 20_000


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A story that fails tells what stood on each page then: what it waited for seldom says why it did not come."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser:
        for page in (page for context in browser.contexts for page in context.pages):
            with suppress(Error):
                report.sections.append((page.url, page.locator("body").aria_snapshot(timeout=2000)))
        if folder := getattr(item.funcargs.get("site"), "folder", None):
            report.sections.append(("what the server said", (folder / "serve.log").read_text()[-LOG_TAIL:]))
    return report
