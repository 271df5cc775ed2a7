"""A desk clerk's morning by keyboard: find, open beside the list, file many, take it back, keep a view."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import acting_as
from stories.browser import Person
from stories.stage import Site

pytestmark = pytest.mark.browser


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("LINLI_STORY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def tell(site: Site, *said: str) -> list[str]:
    """Reports of a resident; in a thread of its own, as the browser's loop keeps Django out of this one."""
    resident = site.world.resident

    def collect() -> list[str]:
        by = resident()
        with acting_as(by):
            reports = [Report(description=text, lon=HERE[0], lat=HERE[1], class_code="0101") for text in said]
            found = [actions.collect(report=report, by=by).case.reference for report in reports]
        connections.close_all()
        return found

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(collect).result()


def test_a_morning_at_the_desk_by_keyboard(site: Site, browser: Browser) -> None:
    *_others, third = tell(site, "门口垃圾堆了三天", "楼下有异味", "垃圾桶旁堆放沙发")
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto("/desk/?state=collected")
    rows = page.locator(".case-table tbody tr")
    expect(rows).to_have_count(3)

    # The case opens beside the list; the address keeps both.
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#pane h1")).to_have_text("门口垃圾堆了三天")
    page.reload()
    expect(page.locator("#pane h1")).to_have_text("门口垃圾堆了三天")
    picture(page, "desk-beside")
    # Once more leads into it, Tab goes on in it, and Escape comes back step by step: out of the field, to the row, then without the case.
    row = page.locator("tr[data-open]")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#pane")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#file-class_code")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pane")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".case-table :focus")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#pane h1")).to_have_count(0)

    # Two are ticked; what would happen is said before it does, and can be taken back.
    for key in ("x", " "):
        page.keyboard.press("j")
        page.keyboard.press(key)
    expect(rows.locator("xpath=self::*[@aria-selected='true']")).to_have_count(2)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    sheet = page.locator("#bulk-sheet")
    expect(sheet).to_contain_text("已立案")
    picture(page, "desk-preview")
    sheet.locator("button[name=sure]").click()
    expect(rows).to_have_count(1)
    expect(page.locator("[data-toast]")).to_be_visible()
    page.keyboard.press("z")
    expect(rows).to_have_count(3)

    # A view of one's own, found again with its count.
    page.keyboard.press("/")
    page.keyboard.type("沙发")
    expect(rows).to_have_count(1)
    expect(page.locator(".chip")).to_contain_text("沙发")
    page.locator("[data-opens=save]").click()
    page.fill("#view-name", "大件")
    page.locator("#save button.primary").click()
    expect(page.locator("#kept-views .count")).to_have_text("1")
    picture(page, "desk-view")
    assert third in page.content()

    # Declining one case is shown first too.
    page.goto(f"/case/{third}/")
    page.locator("summary", has_text="不予立案").click()
    page.locator("button[name=change][value=decline]").click()
    page.fill("#preview-note", "重复反映")
    page.locator("button[name=sure]").click()
    expect(page.locator("#case .badge").first).to_have_text("不予立案")
    assert desk.complaints == []


# The longest names of a class and of a place that the city's own lists have in English.
LONGEST = {
    "class": "Poultry or livestock kept against the rules",
    "place": "Shuinianhe Road North Community · Yujing House 15",
}
# What of them, and of the columns' headings, is cut.
CUT = """(longest) => {
  for (const [column, text] of Object.entries(longest))
    for (const place of document.querySelectorAll(`.case-${column} .two-lines`)) place.textContent = text;
  const cut = (one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
  const said = ".case-table th, .case-class, .case-class .two-lines, .case-place, .case-place .two-lines";
  const heads = !document.querySelector(".with-pane");
  return [...document.querySelectorAll(said)].filter((one) => (heads || one.tagName !== "TH") && cut(one)).map((one) => one.textContent);
}"""


def test_class_and_place_are_read_whole_at_every_width_of_an_office(site: Site, browser: Browser) -> None:
    tell(site, "门口垃圾堆了三天")
    desk = Person(browser, site, english=True).sign_in("desk", english=True)
    page = desk.page
    for beside in (False, True):
        page.goto("/desk/")
        if beside:
            page.locator(".case-table tbody .case-place").first.click()
            expect(page.locator("#pane h1")).to_be_visible()
        for width in (1180, 1366, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 768})
            assert page.evaluate(CUT, LONGEST) == [], (beside, width)
    # The open case stays below the bar of the page when the list is scrolled.
    bar = page.locator("header.bar").bounding_box()
    assert bar is not None
    assert page.locator("#pane").evaluate("pane => parseFloat(getComputedStyle(pane).top)") >= bar["height"]


def test_posts_on_a_phone_are_two_lines_each_and_pressed_as_a_whole(site: Site, browser: Browser) -> None:
    leader = Person(browser, site, phone=True).sign_in("leader")
    page = leader.page
    page.goto("/people/")
    heights = [row.bounding_box()["height"] for row in page.locator(".posts-table tbody tr").all()]  # type: ignore[index]
    assert heights
    assert max(heights) < 80
    page.locator(".posts-table tbody td:nth-child(2)").first.click(force=True)
    expect(page).to_have_url(re.compile("/people/posts/"))


def test_the_desk_on_a_phone_is_three_lines_a_case(site: Site, browser: Browser) -> None:
    tell(site, "门口垃圾堆了三天，一直没有人来清理，天热味道很大")
    desk = Person(browser, site, phone=True).sign_in("desk")
    desk.page.goto("/desk/")
    row = desk.page.locator(".case-table tbody tr")
    box = row.bounding_box()
    assert box is not None
    assert box["height"] < 110
    picture(desk.page, "desk-phone")
    row.locator("a").click()
    desk.page.wait_for_url("**/case/**")
    assert desk.complaints == []
