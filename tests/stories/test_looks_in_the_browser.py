"""The shell in a real browser: the look changes under what is typed, and the desk's navigation fits every width."""

import pytest
from playwright.sync_api import Browser, expect

from stories.browser import PHONE, Person
from stories.stage import Site

pytestmark = pytest.mark.browser

WIDTH = "document.documentElement.scrollWidth"


def test_large_text_comes_at_once_and_loses_nothing_typed(site: Site, browser: Browser) -> None:
    somebody = Person(browser, site, phone=True)
    page = somebody.page
    page.goto("/report/")
    page.fill("[name=description]", "楼道灯坏了")
    before = page.locator("[name=description]").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    page.locator("details.me summary").click()
    with page.expect_response("**/look/"):
        page.locator("[name=size][value=large]").click()
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    expect(page.locator("[name=size][value=large]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".me-sheet")).to_be_hidden()
    assert page.input_value("[name=description]") == "楼道灯坏了"
    after = page.locator("[name=description]").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert after > before
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    assert page.evaluate(WIDTH) <= PHONE["viewport"]["width"]
    assert somebody.complaints == []


def test_look_and_sheets_without_script(site: Site, browser: Browser) -> None:
    page = Person(browser, site, phone=True, java_script_enabled=False).page
    page.goto("/design/")
    expect(page.locator("#sheet-sample")).to_be_visible()
    page.locator("details.me summary").click()
    page.locator(".me-sheet [name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(f"{site.url}/design/")


def test_sheet_opens_above_the_page_and_goes_by_escape(site: Site, browser: Browser) -> None:
    page = Person(browser, site, phone=True).page
    page.goto("/design/")
    sheet = page.locator("#sheet-sample")
    expect(sheet).to_be_hidden()
    page.locator('[data-opens="sheet-sample"]').click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_desk_s_navigation_is_a_side_bar_and_on_a_phone_a_drawer(site: Site, browser: Browser) -> None:
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto("/desk/")
    expect(page.locator('#side a[aria-current="page"]')).to_have_attribute("href", "/desk/")
    page.locator('#side [name=side][value="icons"]').click()
    expect(page.locator("html")).to_have_attribute("data-side", "icons")
    page.set_viewport_size(PHONE["viewport"])
    expect(page.locator("#side")).to_be_hidden()
    page.locator(".side-open").click()
    expect(page.locator("#side")).to_be_visible()
    assert page.evaluate(WIDTH) <= PHONE["viewport"]["width"]
    assert desk.complaints == []
