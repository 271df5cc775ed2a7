"""The whole report by keyboard alone, found by the names that a screen reader says, in both languages."""

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role, acting_as
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


def seen(page: Page) -> None:
    """Where the keyboard is shows: an outline around what has the focus, or around the choice that holds it."""
    assert page.evaluate(
        """() => [document.activeElement, document.activeElement.closest(".choice")].some((one) => {
          const style = one && getComputedStyle(one);
          return one && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        })"""
    ), page.evaluate("document.activeElement.outerHTML")


def test_rating_and_reopening_by_keyboard_and_by_names(site: Site, browser: Browser) -> None:
    case = beside(lambda: closed(site))
    resident = Person(browser, site).sign_in_by_phone("13800138013")
    page, keys = resident.page, resident.page.keyboard
    page.goto(f"/case/{case.reference}/")

    def reach(role: str, name: str) -> None:
        tab_to(page, role, name)
        seen(page)

    # Not solved, two stars: the arrows choose within a group, and the name of the choice is what is said.
    reach("radio", "已解决")
    keys.press("ArrowDown")
    seen(page)
    expect(page.get_by_role("radio", name="没有解决", exact=True)).to_be_checked()
    reach("radio", "非常满意")
    for _star in range(3):
        keys.press("ArrowDown")
    seen(page)
    expect(page.get_by_role("radio", name="不满意", exact=True)).to_be_checked()
    reach("textbox", "其他意见 （选填）")
    keys.type("第二天又堆满了")
    reach("button", "提交评价")
    keys.press("Enter")
    # It leads on to reopening, with what was just said.
    page.wait_for_url("**?reopen=1#reopen")
    expect(page.get_by_role("region", name="哪里还没解决？")).to_be_visible()
    words = page.locator("#reopen").get_by_role("textbox")
    expect(words).to_have_value("第二天又堆满了")
    reach("button", "申请重办")
    keys.press("Enter")
    expect(page.locator("#case .badge").first).to_have_text("已立案")
    assert beside(lambda: Case.objects.get(pk=case.id)).cycle == case.cycle + 1
    assert resident.complaints == []


def closed(site: Site) -> Case:
    """A resident's case, handled and closed."""
    reporter, verifier = site.world.resident("13800138013"), site.world.actor("second", Role.VERIFIER, "W")
    handler = site.world.actor("first", Role.HANDLER, None, "street")
    with acting_as(reporter):
        report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1], class_code="0103")
        case = actions.collect(report=report, by=reporter).case
    actions.file(cases=[case.id], by=SYSTEM, class_code="0103")
    actions.dispatch(cases=[case.id], by=SYSTEM, body_id=site.world.bodies["street"].id, note="就近处理")
    actions.accept(cases=[case.id], by=handler)
    actions.report_back(cases=[case.id], by=handler, note="已更换井盖。")
    actions.verify(cases=[case.id], by=verifier)
    actions.close(cases=[case.id], by=SYSTEM)
    return Case.objects.get(pk=case.id)
