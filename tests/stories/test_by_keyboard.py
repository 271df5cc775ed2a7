"""A report, a rating and a reopening by keyboard alone, found by the names that a screen reader says."""

import re

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role, acting_as
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import beside

pytestmark = pytest.mark.browser

MOST_TABS = 40
WORDS = {
    False: ("用您自己的话说", "楼道里电动车着火了", "电话 （选填）", "提交", "相似的上报", "还没提交", "您的案卷编号是"),
    True: ("In your words", "An electric bicycle is on fire 着火了", "Phone (optional)", "Send the report",
           "similar report", "Not sent yet", "Your case is number"),
}  # fmt: skip


# What a screen reader would call by its role alone.
NAMELESS = re.compile(
    r"^\s*- (?:button|link|textbox|combobox|checkbox|radio|slider|searchbox|switch|tab|menuitem)(?: \[[^\]]*\])*:?$",
    re.M,
)


def nameless(page: Page) -> list[str]:
    return NAMELESS.findall(page.locator("body").aria_snapshot())


def tab_to(page: Page, role: str, name: str) -> None:
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"Tab never reaches the {role} “{name}”")


# What describes a field that is wrong: its error.
TOLD = """field => (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id))
  .filter((one) => one?.matches(".errorlist")).map((one) => one.innerText.trim()).join(" ")"""


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
    assert nameless(page) == []
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
    assert nameless(page) == []
    # The field itself is heard as wrong, with its own error.
    field = page.get_by_role("textbox", name=phone, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    told = field.evaluate(TOLD)
    assert told, "the error is tied to its field"
    assert told in summary.inner_text()
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


# Whether whoever looks sees where the focus is: the element itself or the tile around it wears a ring, within the screen.
SHOWN = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const ringed = (one) => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
  return (ringed(at) || ringed(at.closest(".choice"))) && box.bottom > 0 && box.top < innerHeight;
}"""


def on_to(page: Page, role: str, name: str) -> None:
    tab_to(page, role, name)
    assert page.evaluate(SHOWN), f"nobody sees that the focus is on the {role} “{name}”"


def choose(page: Page, name: str) -> None:
    """In a group of choices, with the arrows from where Tab enters it."""
    wanted = page.get_by_role("radio", name=name, exact=True)
    for _press in range(MOST_TABS):
        if wanted.is_checked():
            assert page.evaluate(SHOWN), f"nobody sees that the focus is on “{name}”"
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows never reach “{name}”")


def test_a_rating_and_a_reopening_by_keyboard_and_by_names(site: Site, browser: Browser) -> None:
    phone = "13800138030"

    def closed() -> str:
        reporter, world = site.world.resident(phone), site.world
        with acting_as(reporter):
            report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1], class_code="0103")
            case = actions.collect(report=report, by=reporter).case
        handler, verifier = world.actor("h", Role.HANDLER, None, "water"), world.actor("v", Role.VERIFIER, "W")
        actions.file(cases=[case.id], by=SYSTEM)
        actions.dispatch(cases=[case.id], by=SYSTEM)
        actions.accept(cases=[case.id], by=handler)
        actions.report_back(cases=[case.id], by=handler, note="已更换。")
        actions.verify(cases=[case.id], by=verifier)
        actions.close(cases=[case.id], by=SYSTEM)
        return case.reference

    reference = beside(closed)
    resident = Person(browser, site).sign_in_by_phone(phone)
    page = resident.page
    page.goto(f"/case/{reference}/")
    on_to(page, "radio", "已解决")
    choose(page, "没有解决")
    on_to(page, "radio", "非常满意")
    choose(page, "不满意")
    on_to(page, "textbox", "其他意见 （选填）")
    page.keyboard.type("盖子又翘起来了")
    on_to(page, "button", "提交评价")
    page.keyboard.press("Enter")
    # Not solved: what is still wrong is asked at once, with the words of the rating in it.
    page.wait_for_url("**#reopen")
    why = page.get_by_role("textbox", name="用您自己的话说")
    expect(why).to_have_value("盖子又翘起来了")
    on_to(page, "textbox", "用您自己的话说")
    page.keyboard.press("End")
    page.keyboard.type("，晚上很危险")
    on_to(page, "button", "申请重办")
    keep_picture(page, "reopen-by-keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#case .badge").first).to_have_text("已立案")
    expect(page.locator("#record")).to_contain_text("盖子又翘起来了，晚上很危险")
    expect(page.locator("#record")).to_contain_text("未解决，2 星")
    assert resident.complaints == []


@pytest.mark.parametrize("english", [False, True])
def test_a_refused_form_leads_to_the_first_field_that_is_wrong(site: Site, browser: Browser, english: bool) -> None:
    admin = Person(browser, site, english=english).sign_in("desk", english=english)
    page = admin.page
    page.goto("/announce/new/")
    page.locator("main form").last.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    wrong = page.locator("main form [aria-invalid=true]").first
    expect(wrong).to_be_focused()
    assert wrong.evaluate(TOLD)
    assert nameless(page) == []
    assert admin.complaints == []
