"""The system's own colours (Windows high contrast): what a ground or a tone told elsewhere is still told, by line or by colour."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from bars.pages import visitor
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site, session_of

pytestmark = pytest.mark.browser

# Of what stands on the page, what has no line around it.
UNLINED = """names => [...document.querySelectorAll(names)].filter(one => {
  const {borderTopStyle, borderTopWidth, display} = getComputedStyle(one);
  return one.getClientRects().length && display !== "contents" && (borderTopStyle === "none" || parseFloat(borderTopWidth) < 1);
}).map(one => one.outerHTML.slice(0, 90))"""
# What is current or pressed, and not outlined.
UNTOLD = """() => [...document.querySelectorAll("[aria-current]:not([aria-current=false]), [aria-pressed=true]")]
  .filter(one => one.getClientRects().length && getComputedStyle(one).outlineStyle === "none").map(one => one.outerHTML.slice(0, 90))"""
# What has the focus, and whether it is seen. Behind a page's last control the browser's own have it.
FOCUSED = """() => { const here = document.activeElement, {outlineStyle, outlineWidth} = getComputedStyle(here);
  return [here.outerHTML.slice(0, 90), here === document.body || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2)]; }"""
LINED = (
    ".button, .badge, .toast, .notice, .card, .avatar, .loading-line, .progress progress, .report-big, .calls .call,"
    " .field textarea, .field select, .field input:not([type=file], [type=radio], [type=checkbox])"
)


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, site: Site, browser: Browser) -> Iterator[Page]:
    """Of somebody who has not signed in; the system's colours are dark on white, or white on black."""
    person = Person(browser, site, forced_colors="active", color_scheme=request.param)
    yield person.page
    assert person.complaints == []
    person.context.close()


def colours(part: Locator) -> Image.Image:
    part.scroll_into_view_if_needed()
    return Image.open(io.BytesIO(part.screenshot(animations="disabled"))).convert("RGB")


def at(picture: Image.Image, across: float, down: float) -> Any:
    return picture.getpixel((int(across * (picture.width - 1)), int(down * (picture.height - 1))))


def test_every_component_is_still_seen(page: Page) -> None:
    page.goto("/design/")
    assert page.evaluate(UNLINED, LINED) == []
    assert page.evaluate(UNTOLD) == []

    # This page shows the project's colours, and sizes by bars of colour.
    for look in page.locator(".swatches").all():
        grounds = {
            at(colours(look.locator(f".swatch.of-{name}")), 0.02, 0.5) for name in ("good", "warn", "bad", "info")
        }
        assert len(grounds) == 4
    ground = at(colours(page.locator(".design-scale").first), 0.99, 0.5)
    assert at(colours(page.locator(".design-space").last), 0.5, 0.5) != ground

    # How far long work is: a third of the bar is filled, and an end of it is not.
    share = colours(page.locator(".progress progress[value]").first)
    assert at(share, 0.1, 0.5) != at(share, 0.9, 0.5)

    # What is done, what is now, what is to come: three dots that differ.
    steps = page.locator("ol.steps, ul.steps").first
    picture, count = colours(steps), steps.locator("li").count()
    box = steps.bounding_box()
    assert box
    dots = [
        at(picture, (2 * place + 1) / (2 * count), 0.8125 * 16 / box["height"] + 4 / box["height"])
        for place in (0, 2, 6)
    ]
    assert len(set(dots)) == 3, dots

    # What is wrong is not told by its tone alone.
    for kind in ("badge", "notice"):
        widths = [
            page.locator(f".{kind}.{tone}").first.evaluate("one => getComputedStyle(one).borderTopWidth")
            for tone in ("good", "bad")
        ]
        assert widths[0] != widths[1], kind

    # The dots and the line of a timeline.
    entry = colours(page.locator(".timeline-day li").first)
    assert entry.crop((0, 0, 20, entry.height)).getcolors(maxcolors=1) is None
    keep_picture(page, "forced-design", whole=True)


@pytest.mark.parametrize(
    ("who", "path", "phone"),
    [
        ("", "/home/", True),
        ("", "/report/", True),
        ("", "/safety/", True),
        ("resident", "/my/", True),
        ("resident", "/around/", True),
        ("handler", "/field/", True),
        ("desk", "/desk/", False),
        ("leader", "/figures/", False),
        ("clerk", "/hotline/", False),
    ],
)
def test_controls_have_their_lines_and_the_focus_is_seen(
    site: Site, browser: Browser, who: str, path: str, phone: bool
) -> None:
    person = Person(browser, site, phone=phone, forced_colors="active")
    if who:
        with acting_as(SYSTEM):
            session = session_of(visitor(who, site.world))
        person.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    page = person.page
    page.goto(path)
    assert page.evaluate(UNLINED, LINED) == []
    assert page.evaluate(UNTOLD) == []
    for _step in range(12):
        page.keyboard.press("Tab")
        what, seen = page.evaluate(FOCUSED)
        assert seen, what
    assert person.complaints == []
    person.context.close()
