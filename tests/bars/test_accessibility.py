"""axe-core finds nothing on any page: in both languages and in every look, at a phone's and at a desktop's size."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from stories.browser import DESKTOP, PHONE

from bars.conftest import Served
from bars.pages import NOWHERE, ON_A_PHONE
from linli.web.help import COOKIE, TOURS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Long: two cores are shared by the tests of all rooms.
PAGE_SECONDS = 30
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# What is found, as one line for each element: which rule, where, and why.
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")} · ${node.failureSummary.split("\\n").slice(1).join(" ").trim()}`));
}"""
# Each language in each theme and each size of text. In large text desks are visited on a phone too: no page can be narrower.
LOOKS = [
    ("zh-hans", "light", "normal"),
    ("zh-hans", "dark", "large"),
    ("en", "light", "large"),
    ("en", "dark", "normal"),
]


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
def test_no_violations(served: Served, browser: Browser, language: str, theme: str, size: str) -> None:
    found: dict[str, list[str]] = {}
    for phone in (True, False):
        context = browser.new_context(**(PHONE if phone else DESKTOP), base_url=served.url, reduced_motion="reduce")
        context.set_default_timeout(PAGE_SECONDS * 1000)
        for who, paths in served.paths.items():
            if (who in ON_A_PHONE or size == "large") is phone:
                _enter(context, served, who, language, theme, size)
                page = context.new_page()
                for path in paths:
                    if lines := _violations(page, path):
                        found[f"{who or 'anybody'} {path}"] = lines
                page.close()
        context.close()
    assert not found, "\n".join(f"{page}\n  " + "\n  ".join(lines) for page, lines in found.items())


def _enter(context: BrowserContext, served: Served, who: str, language: str, theme: str, size: str) -> None:
    look = f"theme={theme}&size={size}&side=open"
    # The pages themselves, without the welcome that a first visit puts before them.
    wanted = {"django_language": language, "look": look, COOKIE: ".".join(TOURS)}
    if who:
        wanted["sessionid"] = served.sessions[who]
    context.clear_cookies()
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in wanted.items()])


def _violations(page: Page, path: str) -> list[str]:
    answer = page.goto(path)
    assert answer is not None
    # Nobody is led to sign in, or told that they may not: another page would be looked at in its place.
    if answer.status != (404 if path == NOWHERE else 200) or not page.url.endswith(path):
        return [f"answered {answer.status} at {page.url}"]
    return violations(page)


def violations(page: Page) -> list[str]:
    """Of the page as it stands."""
    page.evaluate(AXE)
    found: Any = page.evaluate(RUN)
    return list(found)
