"""axe-core finds nothing on any page: in both languages, in every look, at a phone's and at a desktop's size, with all that opens.

A page is loaded once for each language and asked the whole rule set; another look, or the other size, is put on the page as it stands and
asked the rules that it can change. Looks differ between the languages, so that both together wear all: neither colours nor sizes
depend on the words. `bars/axe.py` says which rules a look can change, `bars/beyond.py`
what is asked that axe does not know.

With LINLI_AXE=all nothing is shared: each page is loaded in each language on a phone, a tablet and a desktop, and asked the whole rule
set in every look, with its folds closed and open, and so is each layer that opens above it. One test for each visitor, language and
device, and with `-s` one line for each page that was asked.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from stories.browser import DESKTOP, PHONE, TABLET

from bars import beyond
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
EVERY_LOOK = tuple(Look(*one) for one in product(("light", "dark", "sun"), ("normal", "large"), ("open", "icons")))
DEVICES: dict[str, dict[str, Any]] = {"phone": PHONE, "tablet": TABLET, "desktop": DESKTOP}


@dataclass(frozen=True, slots=True)
class Stand:
    """How a page stands while it is asked: the size of its window, whether folds are open, and the looks of it and of its layers."""

    size: dict[str, int]
    folds: bool
    looks: tuple[Look, ...]
    layers: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """Who goes round their pages, in which language and with what in hand."""

    visitors: tuple[str, ...]
    language: str
    device: str
    stands: tuple[Stand, ...]

    @property
    def own(self) -> Stand:
        """As the page is loaded: what comes only by doing something comes here."""
        return self.stands[0]


def usual(visitors: tuple[str, ...], language: str, phone: bool) -> Round:
    """At a stranger's size only a desk has what its own does not: the drawer."""
    device, other = ("phone", "desktop") if phone else ("desktop", "phone")
    looks, above = LOOKS[language], LAYER_LOOKS[language]
    stands = (
        Stand(DEVICES[device]["viewport"], True, looks, above),
        Stand(DEVICES[other]["viewport"], False, OTHER_SIZE[language], () if phone else above),
    )
    return Round(visitors, language, device, stands)


def whole(who: str, language: str, device: str) -> Round:
    size = DEVICES[device]["viewport"]
    # The side bar is folded on a desktop alone, and only a desk has one.
    looks = tuple(look for look in EVERY_LOOK if look.side == "open" or (device == "desktop" and who not in ON_A_PHONE))
    return Round((who,), language, device, (Stand(size, False, looks, looks), Stand(size, True, looks)))


def rounds() -> dict[str, Round]:
    if EVERYTHING:
        every = product(VISITS, LOOKS, DEVICES)
        return {
            f"{who or 'anybody'}-{language}-{device}": whole(who, language, device) for who, language, device in every
        }
    together = product(LOOKS, TOGETHER.items())
    return {f"{language}-{name}": usual(visitors, language, phone) for language, (name, (visitors, phone)) in together}


EVERYTHING = os.environ.get("LINLI_AXE") == "all"
ROUNDS = rounds()


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


# The usual limit of a test is of minutes.
@pytest.mark.timeout(0 if EVERYTHING else 300)
@pytest.mark.parametrize("going", ROUNDS.values(), ids=ROUNDS)
def test_no_violations(served: Served, browser: Browser, going: Round) -> None:
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    context = browser.new_context(**DEVICES[going.device], base_url=served.url, reduced_motion="reduce")
    context.set_default_timeout(PAGE_SECONDS * 1000)
    prepare(context)
    beyond.prepare(context)
    for who in going.visitors:
        _enter(context, served, who, going.language)
        page = context.new_page()
        titles: dict[str, tuple[str, str]] = {}
        for path in served.paths[who]:
            if lines := list(_violations(page, path, going, seen, titles)):
                found[f"{who or 'anybody'} {path}"] = lines
            for within, come in MOMENTS.get((who, path), []) if going.device == _held(who) else []:
                page.set_viewport_size(going.own.size)
                come(page)
                if lines := in_looks(page, going.own.layers, within=within):
                    found[f"{who or 'anybody'} {path}, {within}"] = lines
            if EVERYTHING:
                asked = sum(len(stand.looks) for stand in going.stands)
                print(
                    f"{going.language} {going.device} {who or 'anybody'} {path}: {asked} looks, {len(found)} with faults so far"
                )
        page.close()
    context.close()
    assert not found, "\n".join(f"{page}\n  " + "\n  ".join(lines) for page, lines in found.items())


def test_everybody_is_among_them() -> None:
    assert {who for visitors, _phone in TOGETHER.values() for who in visitors} == set(VISITS)
    assert {who for visitors, phone in TOGETHER.values() if phone for who in visitors} == ON_A_PHONE


def _held(who: str) -> str:
    return "phone" if who in ON_A_PHONE else "desktop"


def _enter(context: BrowserContext, served: Served, who: str, language: str) -> None:
    # The pages themselves, without the welcome that a first visit puts before them.
    wanted = {"django_language": language, "look": "theme=light", COOKIE: ".".join(TOURS)}
    if who:
        wanted["sessionid"] = served.sessions[who]
    context.clear_cookies()
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in wanted.items()])


def _violations(
    page: Page, path: str, going: Round, seen: set[str], titles: dict[str, tuple[str, str]]
) -> Iterator[str]:
    page.set_viewport_size(going.own.size)
    answer = page.goto(path)
    assert answer is not None
    # Nobody is led to sign in, or told that they may not: another page would be looked at in its place.
    if answer.status != (404 if path == NOWHERE else 200) or not page.url.endswith(path):
        yield f"answered {answer.status} at {page.url}"
        return
    yield from beyond.faults(page, going.language, titles)
    for stand in going.stands:
        size = f"at {stand.size['width']} px, " if stand.size != going.own.size else ""
        page.set_viewport_size(stand.size)
        if stand.layers:
            yield from (f"{size}{line}" for line in layers(page, stand.layers, seen))
        if stand is going.own:
            yield from _tour(page, going, seen)
        yield from (f"{size}{line}" for line in in_looks(page, stand.looks, folds=stand.folds, seen=seen))


def _tour(page: Page, going: Round, seen: set[str]) -> Iterator[str]:
    """Each step of the tour of this surface, once."""
    link = page.locator("[data-tour-steps]")
    if not link.count() or (steps := str(link.get_attribute("data-tour-steps"))) in seen:
        return
    seen.add(steps)
    link.dispatch_event("click")
    tour = page.locator("dialog.tour")
    expect(tour).to_be_visible()
    for _step in range(tour.locator("[data-step]").count()):
        yield from (f"tour, {line}" for line in in_looks(page, going.own.layers, within="dialog.tour"))
        if tour.locator("[data-next]").is_visible():
            tour.locator("[data-next]").click()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    in_looks(page, ())
