"""An administrator draws a boundary on the live map: corners pulled, added, removed, taken back, shown, saved; by keys and by finger."""

import json
import math
import re
from datetime import timedelta
from typing import Any

import pytest
from bars.pages import employ
from bars.test_accessibility import violations
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, expect

from linli.foundation.access import SYSTEM, acting_as
from linli.territory import queries
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site, session_of

pytestmark = pytest.mark.browser

# W1 is this square; the map shows it as large as it can, with so much around it.
WEST, SOUTH, EAST, NORTH = 104.0, 30.6, 104.02, 30.62
PADDING, RIGHT = 48, 96
NEAR = 0.0005


@pytest.fixture(autouse=True)
def built() -> None:
    if finders.find("web/built/outline.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


@pytest.fixture
def address(site: Site) -> str:
    with acting_as(SYSTEM):
        employ(site.world)
    return f"/territory/{site.world.id('W1')}/boundary/"


def admin(browser: Browser, site: Site, **options: Any) -> Person:
    person = Person(browser, site, **options)
    with acting_as(SYSTEM):
        session = session_of(site.world.people["admin"])
    person.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    return person


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a position is on the map, as it is when it was opened."""
    page.locator(".map-live").scroll_into_view_if_needed()
    frame = page.locator(".map-live").bounding_box()
    assert frame
    high = math.degrees(math.asinh(math.tan(math.radians(NORTH))) - math.asinh(math.tan(math.radians(SOUTH))))
    degree = min((frame["height"] - 2 * PADDING) / high, (frame["width"] - PADDING - RIGHT) / (EAST - WEST))
    below = math.degrees(math.asinh(math.tan(math.radians(lat))) - math.asinh(math.tan(math.radians(SOUTH))))
    x = frame["x"] + (frame["width"] + PADDING - RIGHT) / 2 + (lon - (WEST + EAST) / 2) * degree
    return x, frame["y"] + frame["height"] / 2 + (high / 2 - below) * degree


def opened(person: Person, address: str) -> Page:
    page = person.page
    page.goto(address)
    expect(page.locator("[data-outline-tools]").first).to_be_visible()
    drawn(page)
    return page


def drawn(page: Page) -> None:
    """What is drawn is what a hand can meet."""
    expect(page.locator(".map-live[data-still]")).to_be_visible()


def pull(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*pixel(page, *start))
    page.mouse.down()
    page.mouse.move(*pixel(page, *end), steps=5)
    page.mouse.up()


def ring(page: Page) -> list[list[float]]:
    """The corners that the field tells, without the one that closes them."""
    text = page.locator("[name=drawn]").input_value()
    return json.loads(text)["coordinates"][0][:-1] if text else []


def has(page: Page, lon: float, lat: float) -> bool:
    return any(math.hypot(x - lon, y - lat) < NEAR for x, y in ring(page))


def test_a_boundary_is_drawn_shown_and_saved(site: Site, address: str, browser: Browser) -> None:
    person = admin(browser, site)
    page = opened(person, address)
    undo, remove = page.locator("[data-outline=undo]"), page.locator("[data-outline=remove]")
    expect(undo).to_be_disabled()
    # One corner is pulled in, and another put into the southern side.
    pull(page, (EAST, NORTH), (104.015, 30.615))
    assert has(page, 104.015, 30.615)
    assert not has(page, EAST, NORTH)
    pull(page, (104.01, SOUTH), (104.01, 30.605))
    assert len(ring(page)) == 5
    assert has(page, 104.01, 30.605)
    # It is removed by key, and taken back.
    page.mouse.click(*pixel(page, 104.01, 30.605))
    expect(remove).to_be_enabled()
    page.keyboard.press("Delete")
    assert len(ring(page)) == 4
    undo.click()
    assert len(ring(page)) == 5
    undo.click()
    assert len(ring(page)) == 4
    assert has(page, 104.015, 30.615)
    assert violations(page) == []
    keep_picture(page, "boundary-drawn")
    page.fill("[name=reason]", "区划调整")
    page.locator("main form button:not([type=button])").last.click()
    expect(page.locator("h1")).to_have_text("边界：水碾河社区")
    expect(page.locator("figure.map canvas")).to_be_visible()
    expect(page.locator("main")).to_contain_text("划出")
    assert violations(page) == []
    keep_picture(page, "boundary-preview", whole=True)
    # Whoever goes on with the form finds the drawing on the map.
    page.locator("button[name=again]").click()
    expect(page.locator("[data-outline-tools]").first).to_be_visible()
    drawn(page)
    pull(page, (WEST, SOUTH), (104.001, 30.601))
    assert has(page, 104.001, 30.601)
    assert has(page, 104.015, 30.615)
    page.locator("main form button:not([type=button])").last.click()
    page.locator("button[name=sure]").click()
    page.wait_for_url(f"**/territory/?unit={site.world.id('W1')}")
    expect(page.locator("main")).to_contain_text("划定边界")
    with acting_as(SYSTEM):
        queries.forget()
        place = queries.locate(104.019, 30.619, at=queries.day_of(None) + timedelta(days=1))
        assert place.community_id is None, "what was cut off is in no community"
    page.goto(address)
    expect(page.locator("main")).to_contain_text("历次边界")
    keep_picture(page, "boundary-history", whole=True)
    assert person.complaints == []


def test_it_is_drawn_anew_and_written_by_hand(site: Site, address: str, browser: Browser) -> None:
    person = admin(browser, site)
    page = opened(person, address)
    page.locator("[data-outline=anew]").click()
    assert ring(page) == []
    corners = [(104.002, 30.602), (104.018, 30.602), (104.018, 30.612)]
    for corner in corners:
        page.mouse.click(*pixel(page, *corner))
        page.wait_for_timeout(350)
    assert len(ring(page)) == 3
    assert all(has(page, *corner) for corner in corners)
    # What is written is drawn: a corner of it can be pulled.
    page.locator("[name=drawn]").fill("104.0 30.6\n104.02 30.6\n104.02 30.62\n104.0 30.62")
    drawn(page)
    pull(page, (WEST, NORTH), (104.005, 30.615))
    assert has(page, 104.005, 30.615)
    assert has(page, EAST, NORTH)
    page.locator("[name=drawn]").fill("no corners")
    page.fill("[name=reason]", "区划调整")
    page.locator("main form button:not([type=button])").last.click()
    expect(page.locator("main")).to_contain_text("第 1 行不是拐点")
    assert page.locator("[name=drawn]").input_value() == "no corners"
    assert person.complaints == []


def test_corners_are_moved_added_and_removed_by_keys_alone(site: Site, address: str, browser: Browser) -> None:
    person = admin(browser, site)
    page = opened(person, address)
    corner, said = page.locator(".outline-corner:focus"), page.locator("[data-outline-said]")
    press = page.keyboard.press
    # Through the map to its corner: no step is a trap, and the first Tab behind it leads on.
    page.locator("figure.map canvas").focus()
    press("Tab")
    expect(corner).to_have_accessible_name(re.compile(r"第 1 个拐点（共 4 个），30\.6\d*，104\.0\d*"))
    expect(corner).to_have_accessible_description(re.compile("Page Down"))
    ringed = corner.evaluate("one => getComputedStyle(one).outlineStyle + getComputedStyle(one).outlineWidth")
    assert not ringed.startswith("none"), "whoever sees it sees where they are"
    press("Tab")
    expect(corner).to_have_count(0)
    press("Shift+Tab")
    # On to a corner and around; each says its place.
    names = []
    for _corner in range(4):
        names.append(corner.get_attribute("aria-label"))
        press("PageDown")
    assert len(set(names)) == 4
    assert corner.get_attribute("aria-label") == names[0], "behind the last comes the first"
    press("PageUp")
    assert corner.get_attribute("aria-label") == names[3]
    press("Home")

    # Arrows move it, with Shift ten times as far, and the map stays; the field and the form's preview have it.
    press("ArrowRight")
    (x0, y0), *others = ring(page)
    press("ArrowRight")
    x1 = ring(page)[0][0]
    press("Shift+ArrowRight")
    far = ring(page)
    x2, y2 = far[0]
    assert x0 < x1 < x2
    assert (x2 - x1) == pytest.approx(10 * (x1 - x0), rel=0.01)
    assert (y2, far[1:]) == (pytest.approx(y0, abs=1e-6), others)
    expect(said).to_have_text(corner.get_attribute("aria-label") or "-")
    assert f"{x2:.5f}" in said.inner_text()
    # Enter puts one after it and goes there; Delete removes it; the arrows' steps are taken back as one.
    press("Enter")
    expect(corner).to_have_accessible_name(re.compile("第 2 个拐点（共 5 个）"))
    assert ring(page)[1] == pytest.approx([(far[0][0] + far[1][0]) / 2, (far[0][1] + far[1][1]) / 2])
    press("Delete")
    expect(corner).to_have_accessible_name(re.compile("第 2 个拐点（共 4 个）"))
    assert ring(page) == far
    for _step in ("removed", "added", "moved"):
        page.locator("[data-outline=undo]").press("Enter")
    assert ring(page)[0] == pytest.approx([x0 - (x1 - x0), y0], abs=2e-6)
    expect(page.locator("[data-outline=undo]")).to_be_disabled()
    assert violations(page) == []

    # What was moved is what is shown and saved.
    page.locator(".outline-corner").focus()
    # The north-eastern one, into the unit.
    for _step in range(3):
        press("Shift+ArrowLeft")
        press("Shift+ArrowDown")
    drawn = ring(page)
    keep_picture(page, "boundary-by-keys")
    page.locator("[name=reason]").focus()
    page.keyboard.type("区划调整")
    page.locator("main form button:not([type=button])").last.press("Enter")
    expect(page.locator("main")).to_contain_text("划出")
    assert json.loads(page.locator("[name=drawn]").input_value())["coordinates"][0][:-1] == drawn
    # The last three corners are no outline without one of them: the focus goes to what brings it back.
    page.goto(address)
    expect(page.locator(".outline-corner")).to_have_count(1)
    page.locator(".outline-corner").focus()
    press("Delete")
    press("Delete")
    assert ring(page) == []
    expect(page.locator("[data-outline=undo]")).to_be_focused()
    expect(page.locator(".outline-corner")).to_have_count(0)
    press("Enter")
    expect(page.locator(".outline-corner")).to_have_count(1)
    assert len(ring(page)) == 3
    assert person.complaints == []


def test_a_finger_pulls_a_corner(site: Site, address: str, browser: Browser) -> None:
    person = admin(browser, site, phone=True)
    page = opened(person, address)
    start, end = pixel(page, EAST, NORTH), pixel(page, 104.015, 30.615)
    hand = person.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [start]),
        *(("touchMove", [(start[0] + (end[0] - start[0]) * n / 4, start[1] + (end[1] - start[1]) * n / 4)]) for n in range(1, 5)),
        ("touchEnd", []),
    ):  # fmt: skip
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
        page.wait_for_timeout(50)
    assert has(page, 104.015, 30.615)
    assert violations(page) == []
    keep_picture(page, "boundary-phone")
    assert person.complaints == []


def test_without_script_a_file_is_enough(site: Site, address: str, browser: Browser) -> None:
    person = admin(browser, site, java_script_enabled=False)
    page = person.page
    page.goto(address)
    expect(page.locator("figure.map svg .outline-old")).to_have_count(1)
    expect(page.locator("[data-outline-tools]").first).to_be_hidden()
    shape = {"type": "Polygon", "coordinates": [[[WEST, SOUTH], [EAST, SOUTH], [EAST, 30.61], [WEST, SOUTH]]]}
    page.set_input_files(
        "[name=file]", {"name": "W1.geojson", "mimeType": "application/geo+json", "buffer": json.dumps(shape).encode()}
    )
    page.fill("[name=reason]", "区划调整")
    page.locator("main form button:not([type=button])").last.click()
    expect(page.locator("figure.map svg .outline-new")).to_have_count(1)
    page.locator("button[name=sure]").click()
    expect(page.locator("main")).to_contain_text("划定边界")
