"""An elder's whole report on a small phone, from the printed address to the number: in large letters, and in letters twice as large."""

import pytest
from bars.test_reach import CUT, SMALL
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from stories.browser import ARGUMENTS, CHROMIUM, Person
from stories.stage import Site
from stories.test_one_case_in_the_browser import photo
from stories.test_tour import keep_picture

pytestmark = pytest.mark.browser

SMALL_PHONE = {"width": 360, "height": 740}
# What the browser's own settings call a letter's size; 16 unless somebody has changed it.
LETTERS = {"100": 16, "200": 32}
FINGER = 44


def look(page: Page, name: str) -> None:
    """Nothing is cut off or wider than the screen, and a finger meets everything that can be pressed."""
    keep_picture(page, f"elder-{name}")
    assert [*page.evaluate(CUT), *page.evaluate(SMALL, FINGER)] == [], name


@pytest.mark.parametrize("percent", LETTERS)
def test_an_elder_reports_from_the_printed_code(site: Site, browser: Browser, percent: str) -> None:
    letters = [*ARGUMENTS, f"--blink-settings=defaultFontSize={LETTERS[percent]}"]
    with browser.browser_type.launch(executable_path=str(CHROMIUM), args=letters) as own:
        at = {"longitude": HERE[0], "latitude": HERE[1]}
        elder = Person(own, site, phone=True, viewport=SMALL_PHONE, geolocation=at, permissions=["geolocation"])
        page = elder.page
        page.goto("/elder/")
        expect(page.locator("html")).to_have_css("font-size", f"{LETTERS[percent] * 5 // 4}px")
        look(page, f"home-{percent}")
        page.get_by_role("link", name="拍照上报").click()
        look(page, f"empty-{percent}")
        page.locator("#id_photos").set_input_files(photo("teal"))
        expect(page.locator("#kept-photos img")).to_have_count(1)
        page.fill("[name=description]", "楼道的灯坏了，晚上看不见，怕摔跤")
        page.click("[data-position]")
        expect(page.locator("#place")).to_contain_text("水碾河")
        look(page, f"filled-{percent}")
        page.locator("#report .send-bar button").click()
        page.wait_for_url("**/track/**")
        expect(page.locator("main")).to_contain_text("您的案卷编号是")
        look(page, f"number-{percent}")
        assert elder.complaints == []
