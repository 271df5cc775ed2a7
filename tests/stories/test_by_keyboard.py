"""The whole report by keyboard alone, found by the names that a screen reader says, in both languages."""

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM
from stories.browser import Person
from stories.stage import Site
from stories.test_field import beside

pytestmark = pytest.mark.browser

MOST_TABS = 40
WORDS = {
    False: ("用您自己的话说", "楼道里电动车着火了", "电话 （选填）", "提交", "相似的上报", "还没提交", "您的案卷编号是"),
    True: ("In your words", "An electric bicycle is on fire 着火了", "Phone (optional)", "Send the report",
           "similar report", "Not sent yet", "Your case is number"),
}  # fmt: skip


def tab_to(page: Page, role: str, name: str) -> None:
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"Tab never reaches the {role} “{name}”")


@pytest.mark.parametrize("english", [False, True])
def test_a_report_by_keyboard_and_by_names(site: Site, browser: Browser, english: bool) -> None:
    words, said, phone, send, similar, missing, thanks = WORDS[english]
    report = Report(description="楼道里电动车着火", lon=HERE[0], lat=HERE[1], class_code="0101")
    beside(lambda: actions.collect(report=report, by=SYSTEM))
    at = {"longitude": HERE[0], "latitude": HERE[1]}
    resident = Person(browser, site, english=english, geolocation=at, permissions=["geolocation"])
    page = resident.page
    page.goto("/report/")
    # The regions that speak are there from the beginning, and stay: only so does a screen reader hear them.
    page.evaluate(
        "for (const id of ['emergency', 'place', 'hints-said']) document.getElementById(id).dataset.first = ''"
    )
    tab_to(page, "textbox", words)
    page.keyboard.type(said)
    expect(page.locator("#emergency[data-first][aria-live=assertive]")).to_contain_text("119")
    tab_to(page, "button", "使用我的位置" if not english else "Use my position")
    page.keyboard.press("Enter")
    expect(page.locator("#place[data-first][aria-live]")).not_to_be_empty()
    expect(page.locator("#hints-said[data-first][role=status]")).to_contain_text(similar)
    tab_to(page, "textbox", phone)
    page.keyboard.type("12")
    tab_to(page, "button", send)
    page.keyboard.press("Enter")
    # What is wrong is said at the top, has the focus, and leads to its field.
    summary = page.locator("#missing")
    expect(summary).to_contain_text(missing)
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "textbox", phone)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("13800138000")
    # Enter in a line sends the report, and is no “me too”.
    page.keyboard.press("Enter")
    page.wait_for_url("**/track/**", timeout=30_000)
    expect(page.locator("main")).to_contain_text(thanks)
    assert resident.complaints == []
