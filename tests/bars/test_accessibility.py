"""axe-core finds nothing on any page: in both languages, in every look, at a phone's and at a desktop's size, with all that opens.

A page is loaded once for each language and asked the whole rule set; another look, or the other size, is put on the page as it stands and
asked the rules that it can change. Looks differ between the languages, so that both together wear all: neither colours nor sizes
depend on the words. `bars/axe.py` says which rules a look can change.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from stories.browser import DESKTOP, PHONE

from bars.axe import COLOURS, LAYOUT, SIZES, Look, in_looks, layers, prepare, violations
from bars.conftest import Served
from bars.pages import NOWHERE, ON_A_PHONE, VISITS
from linli.web.help import COOKIE, TOURS

__all__ = ["violations"]  # stories ask it of the pages that they come to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Long: two cores are shared by the tests of all rooms.
PAGE_SECONDS = 30
# Who is looked at in one go, and whether they hold a phone: none of it is long.
TOGETHER = {
    "street": (("", "resident", "handler", "verifier"), True),
    "desk": (("desk", "clerk", "admin", "auditor"), False),
    "leader": (("leader",), False),
}
LIGHT, DARK = Look(), Look("dark")
LOOKS = {
    "zh-hans": (LIGHT, Look("dark", "large", "icons", LAYOUT)),
    "en": (DARK, Look("sun", rules=COLOURS), Look("sun", "large", "icons", SIZES)),
}
# At the other size, where other parts of the frame are shown: a resident at a desktop, a desk on a phone in large text (no page can be
# narrower).
OTHER_SIZE = {"zh-hans": (Look("light", "large", rules=LAYOUT),), "en": (Look("light", "large", rules=SIZES),)}
# What opens above a page, which the whole rule set is asked of in both languages too.
LAYER_LOOKS = {
    "zh-hans": (LIGHT, Look("dark", "large", rules=SIZES)),
    "en": (DARK, Look("sun", rules=COLOURS)),
}


def _asked_in_bulk(page: Page) -> None:
    page.locator(".case-table tbody input[type=checkbox]").first.check()
    page.locator("#bulk button[name=change]").first.click()
    expect(page.locator("#bulk-sheet")).to_be_visible()
    expect(page.locator("#bulk-sheet form")).to_be_visible()


def _opened_beside(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator(".case-table tbody tr .case-name").first.click()
    expect(page.locator("#pane h1, #pane h2").first).to_be_visible()


def _unsent_call(page: Page) -> None:
    page.evaluate("""() => { const ask = document.getElementById("words-unsent").content.firstElementChild.cloneNode(true);
      document.body.append(ask); ask.showModal(); }""")


def _refused(page: Page) -> None:
    page.evaluate(
        """() => { const form = document.querySelector("#reporting form"); form.noValidate = true; form.requestSubmit(); }"""
    )
    expect(page.locator("#missing")).to_be_focused()


# What comes only by doing something: who does it where, what then stands there, and how it comes.
MOMENTS: dict[tuple[str, str], list[tuple[str, Callable[[Page], None]]]] = {
    ("desk", "/desk/"): [("#bulk-sheet", _asked_in_bulk), ("#pane", _opened_beside)],
    ("clerk", "/hotline/"): [("dialog[aria-labelledby=unsent-title]", _unsent_call)],
    ("", "/report/"): [("main", _refused)],
}


@pytest.mark.parametrize("together", TOGETHER, ids=TOGETHER)
@pytest.mark.parametrize("language", LOOKS)
def test_no_violations(served: Served, browser: Browser, language: str, together: str) -> None:
    visitors, phone = TOGETHER[together]
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    context = browser.new_context(**(PHONE if phone else DESKTOP), base_url=served.url, reduced_motion="reduce")
    context.set_default_timeout(PAGE_SECONDS * 1000)
    prepare(context)
    for who in visitors:
        _enter(context, served, who, language)
        page = context.new_page()
        for path in served.paths[who]:
            if lines := list(_violations(page, path, language, phone, seen)):
                found[f"{who or 'anybody'} {path}"] = lines
            for within, come in MOMENTS.get((who, path), []):
                page.set_viewport_size((PHONE if phone else DESKTOP)["viewport"])
                come(page)
                if lines := in_looks(page, LAYER_LOOKS[language], within=within):
                    found[f"{who or 'anybody'} {path}, {within}"] = lines
        page.close()
    context.close()
    assert not found, "\n".join(f"{page}\n  " + "\n  ".join(lines) for page, lines in found.items())


def test_everybody_is_among_them() -> None:
    assert {who for visitors, _phone in TOGETHER.values() for who in visitors} == set(VISITS)
    assert {who for visitors, phone in TOGETHER.values() if phone for who in visitors} == ON_A_PHONE


def _enter(context: BrowserContext, served: Served, who: str, language: str) -> None:
    # The pages themselves, without the welcome that a first visit puts before them.
    wanted = {"django_language": language, "look": "theme=light", COOKIE: ".".join(TOURS)}
    if who:
        wanted["sessionid"] = served.sessions[who]
    context.clear_cookies()
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in wanted.items()])


def _violations(page: Page, path: str, language: str, phone: bool, seen: set[str]) -> Iterator[str]:
    own, other = (PHONE, DESKTOP) if phone else (DESKTOP, PHONE)
    page.set_viewport_size(own["viewport"])
    answer = page.goto(path)
    assert answer is not None
    # Nobody is led to sign in, or told that they may not: another page would be looked at in its place.
    if answer.status != (404 if path == NOWHERE else 200) or not page.url.endswith(path):
        yield f"answered {answer.status} at {page.url}"
        return
    yield from layers(page, LAYER_LOOKS[language], seen)
    yield from _tour(page, language, seen)
    yield from in_looks(page, LOOKS[language], folds=True)
    page.set_viewport_size(other["viewport"])
    yield from (f"at the other size, {line}" for line in in_looks(page, OTHER_SIZE[language], folds=False))
    if not phone:
        yield from layers(page, LAYER_LOOKS[language], seen)


def _tour(page: Page, language: str, seen: set[str]) -> Iterator[str]:
    """Each step of the tour of this surface, once."""
    link = page.locator("[data-tour-steps]")
    if not link.count() or (steps := str(link.get_attribute("data-tour-steps"))) in seen:
        return
    seen.add(steps)
    link.dispatch_event("click")
    tour = page.locator("dialog.tour")
    expect(tour).to_be_visible()
    for _step in range(tour.locator("[data-step]").count()):
        yield from (f"tour, {line}" for line in in_looks(page, LAYER_LOOKS[language], within="dialog.tour"))
        if tour.locator("[data-next]").is_visible():
            tour.locator("[data-next]").click()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    in_looks(page, ())
