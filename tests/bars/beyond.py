"""What axe does not ask of a page: its words and their languages, names of fields, the focus, four times the size, room between letters."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

BEYOND = (Path(__file__).parent / "beyond.js").read_text()
CUT_OFF = (Path(__file__).parents[1] / "stories" / "faults.js").read_text()
# A window of 1280 × 1024 px, four times as large (WCAG 1.4.10).
ZOOMED = {"width": 320, "height": 256}
SETTLED_MS = 1000


def prepare(context: BrowserContext) -> None:
    context.add_init_script(BEYOND)


def faults(page: Page, language: str, titles: dict[str, tuple[str, str]]) -> Iterator[str]:
    """As the page stands. What depends on the length of words is asked in English, whose words are the longer ones; room between letters
    in Chinese, where each is a word. `titles`: which page is called so, and what it says."""
    title, path, said = page.title(), urlsplit(page.url).path, page.locator("main").inner_text()
    called = titles.setdefault(title, (path, said))
    if called[0] != path and called[1] != said:
        yield f"{called[0]} has the title “{title}” too"
    yield from page.evaluate("language => beyond.words(language)", language)
    size = page.viewport_size
    assert size is not None
    if language == "en":
        page.set_viewport_size(ZOOMED)
        yield from (f"four times as large, {line}" for line in _cut_off(page))
        yield from (f"four times as large, {line}" for line in page.evaluate("() => beyond.focus()"))
        page.set_viewport_size(size)
    else:
        yield from page.evaluate("() => beyond.focus()")
        page.evaluate("() => beyond.space(true)")
        yield from (f"with more room between letters, {line}" for line in _cut_off(page))
        page.evaluate("() => beyond.space(false)")
    page.evaluate("() => scrollTo(0, 0)")


def _cut_off(page: Page) -> list[str]:
    assert page.viewport_size is not None
    asked = {"width": page.viewport_size["width"], "least": 0}
    if page.evaluate(CUT_OFF, asked):
        # A map or a chart that got another size is drawn anew a moment later.
        page.wait_for_timeout(SETTLED_MS)
    return list(page.evaluate(CUT_OFF, asked))
