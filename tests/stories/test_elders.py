"""Elders' mode on a small phone, and again in a browser whose own text is twice as large: the whole report, to its number."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bars.test_accessibility import violations
from factories.world import HERE
from playwright.sync_api import Browser, Page, Playwright, expect

from stories.browser import Person, chromium
from stories.stage import Site
from stories.test_field import photo

pytestmark = pytest.mark.browser

SMALL_PHONE = {"width": 360, "height": 740}
AT = {"geolocation": {"longitude": HERE[0], "latitude": HERE[1]}, "permissions": ["geolocation"]}
# What somebody presses and is smaller than a finger; links within a sentence are read, not aimed at.
PRESSED = (
    "button, summary, label.choice, .photo-choice, a.button, a.report-big, select, textarea, input[type=tel], .tabs a"
)
TOO_SMALL = f"""() => [...document.querySelectorAll("{PRESSED}")]
  .filter((one) => one.checkVisibility({{visibilityProperty: true}}) && !one.closest(".unseen"))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
  .filter(([box]) => box.height < 43.5 || box.width < 43.5)
  .map(([box, html]) => `${{Math.round(box.width)}}×${{Math.round(box.height)}} ${{html}}`)"""
# Words that their own box cuts off, or that stand outside the screen.
CUT_OFF = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((one) => !one.closest(".unseen, svg, [aria-hidden=true], .skip, textarea, select, option"))
  .filter((one) => getComputedStyle(one).clipPath === "none")
  .filter((one) => {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const hides = style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
    return hides || box.right > document.documentElement.clientWidth + 1 || (box.left < -1 && box.right > 0);
  })
  .map((one) => one.outerHTML.slice(0, 160))"""


@pytest.fixture(params=[16, 32])
def text(request: pytest.FixtureRequest) -> int:
    """The size of text in the browser's own settings, in pixels: 16 as it comes, and twice as large."""
    return int(request.param)


@pytest.fixture
def browser(playwright: Playwright, text: int) -> Iterator[Browser]:
    with chromium(playwright, f"--blink-settings=defaultFontSize={text}") as opened:
        yield opened


def test_a_whole_report_in_elders_mode(site: Site, browser: Browser, text: int) -> None:
    elder = Person(browser, site, phone=True, viewport=SMALL_PHONE, **AT)
    page, faults = elder.page, list[str]()

    def judge(name: str) -> None:
        found = page.evaluate(CUT_OFF) + page.evaluate(TOO_SMALL)
        # Not against innerWidth: a phone lays a page that is too wide out on a wider one.
        if page.evaluate("document.documentElement.scrollWidth") > SMALL_PHONE["width"]:
            found.append("scrolls sideways")
        before = list(elder.complaints)
        found += violations(page)
        elder.complaints[:] = before
        faults.extend(f"{name}: {one}" for one in found)
        picture(page, f"{text}-{name}")

    page.goto("/elder/")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == text * 1.25
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    judge("home")
    page.get_by_role("link", name="拍照上报").click()
    page.wait_for_url("**/report/")
    page.locator("#id_photos").set_input_files(photo("teal"))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.get_by_label("用您自己的话说").fill("楼下路灯不亮，晚上很黑")
    page.get_by_role("button", name="使用我的位置").click()
    expect(page.locator("#place")).to_contain_text("水碾河")
    expect(page.locator("[name=class_code][value='0102']")).to_be_attached()
    judge("report")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/track/**")
    expect(page.locator("main")).to_contain_text("您的案卷编号是")
    judge("number")
    assert faults == []
    assert elder.complaints == []


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("LINLI_STORY_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"elder-{name}.png", full_page=True)
