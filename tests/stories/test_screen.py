"""The command screen on a wall: figures for four metres, no scrolling, definitions by keyboard, all of it as a picture and on one sheet."""

import os
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from factories.world import HERE
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person
from stories.stage import Site
from stories.test_smart_map import report

pytestmark = pytest.mark.browser
# Found and measured at once: the screen renews itself, and what was found may have gone.
LETTERS = "name => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)"


def assert_holds_the_screen(path: Path, page: Page) -> None:
    """All of it at twice its size, in its colours, with something painted where figures and charts stand."""
    with Image.open(path) as picture:
        assert picture.size == (2 * 1920, 2 * 1080)
        for part in (".screen h1", "#screen-when time", "#tile-open .screen-value", "figure.chart canvas >> nth=1"):
            box = page.locator(part).bounding_box()
            assert box is not None
            edges = [2 * side for side in (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])]
            colours = picture.convert("RGB").crop(tuple(map(int, edges))).getcolors(1 << 20)
            assert colours is not None
            assert len(colours) > 8, part


@pytest.fixture
def three_cases(site: Site) -> None:
    with acting_as(SYSTEM):
        for _number in range(3):
            actions.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM)


def test_it_fills_a_wall_and_renews_itself(site: Site, three_cases: None, browser: Browser) -> None:
    if finders.find("web/built/chart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"/screen/?unit={site.world.id('W')}&weeks=4")
    expect(page.locator("figure.chart canvas")).to_have_count(2)
    assert page.evaluate(LETTERS, ".screen-value") >= 64
    assert page.evaluate(LETTERS, ".screen-label") >= 24
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    for key in ("overdue", "weeks", "ages"):
        page.locator(f"#mark-{key}").focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#meant-{key}")).to_be_visible()
        page.keyboard.press("Escape")
    with page.expect_download() as picture:
        page.get_by_role("button", name="存为图片").click()
    assert picture.value.suggested_filename.startswith("双桥子街道 ")
    assert_holds_the_screen(picture.value.path(), page)
    # On paper: one sheet, white.
    assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.emulate_media(media="print")
    assert page.locator(".screen").evaluate("element => getComputedStyle(element).color") == "rgb(24, 32, 28)"
    expect(page.locator(".screen-tools")).to_be_hidden()
    page.emulate_media(media="screen")
    with page.expect_response("**/screen/?*"):
        page.evaluate("dispatchEvent(new Event('stale'))")
    page.locator("#tile-open").click()
    page.wait_for_url("**/desk/**")
    expect(page.locator(".case-table tbody tr")).to_have_count(3)
    assert leader.complaints == []


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("LINLI_STORY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_full_screen_it_renews_itself_and_leads_back(site: Site, three_cases: None, browser: Browser) -> None:
    """On the wall of a duty room, 3840 pixels wide: nothing but the screen, letters as large as on a smaller one, and live."""
    if finders.find("web/built/chart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.goto(f"/screen/?unit={site.world.id('W')}&weeks=4")
    for width, height in ((1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator("figure.chart canvas")).to_have_count(2)
        page.get_by_role("button", name="全屏").click()
        page.wait_for_function("document.fullscreenElement?.id === 'screen-all'")
        # Of the width of the wall, however many pixels it has.
        assert page.evaluate(LETTERS, ".screen-value") / width >= 64 / 1920
        assert page.evaluate(LETTERS, ".screen-label") / width >= 24 / 1920
        box = page.locator("#screen-all").bounding_box()
        assert box == {"x": 0, "y": 0, "width": width, "height": height}
        assert page.evaluate("e => e.scrollHeight <= e.clientHeight", page.locator("#screen-all").element_handle())
        # What comes meanwhile is shown, and full screen stays.
        shown = int(page.locator("#tile-open .screen-value").inner_text())
        report(browser, site)
        expect(page.locator("#tile-open .screen-value")).to_have_text(str(shown + 1))
        assert page.evaluate("document.fullscreenElement?.id") == "screen-all"
        page.wait_for_timeout(1000)
        keep_picture(page, f"screen-{width}")
        page.get_by_role("button", name="全屏").click()
        page.wait_for_function("!document.fullscreenElement")
    assert leader.complaints == []


ASKED_ANEW = """() => new Promise((done) => {
  document.addEventListener("htmx:afterRequest", ({ detail }) => detail.requestConfig.elt.id === "screen" && setTimeout(done));
  dispatchEvent(new Event("stale"));
})"""


def test_a_definition_that_somebody_reads_stays_while_the_figures_change(
    site: Site, three_cases: None, browser: Browser
) -> None:
    page = Person(browser, site).sign_in("leader").page
    page.goto(f"/screen/?unit={site.world.id('W')}&weeks=4")
    value = page.locator("#tile-open .screen-value")
    shown = int(value.inner_text())
    page.locator("#screen-all .help-mark").first.click()
    expect(page.locator(".help-text:popover-open")).to_be_visible()
    report(browser, site)
    page.evaluate(ASKED_ANEW)
    expect(page.locator(".help-text:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate("dispatchEvent(new Event('stale'))")
    expect(value).to_have_text(str(shown + 1))


def test_on_a_phone_long_tables_of_the_report_wait_behind_their_titles(site: Site, browser: Browser) -> None:
    leader = Person(browser, site, phone=True).sign_in("leader")
    page = leader.page
    page.goto("/screen/weekly/")
    counted = page.locator("#counted")
    expect(counted.locator("table")).to_be_hidden()
    counted.locator("summary").tap()
    expect(counted.locator("table")).to_be_visible()
    # A link to it leads to what it names, and paper folds nothing.
    page.goto("/home/")
    page.goto("/screen/weekly/#counted")
    expect(counted.locator("table")).to_be_visible()
    counted.locator("summary").tap()
    expect(counted.locator("table")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(counted.locator("table")).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/screen/weekly/")
    expect(counted.locator("table")).to_be_visible()
    assert leader.complaints == []
