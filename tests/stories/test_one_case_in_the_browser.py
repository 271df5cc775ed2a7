"""One case from its report to its rating, through the pages of everyone who has a part in it, in a real browser."""

import re
import time
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser

# A point of the small city's quarter, given by the phone.
HERE = {"longitude": 104.002, "latitude": 30.602}
# Within a second; and on a machine that is busy with other tests, what three pages take there: the step, its telling, the renewal.
LIVE_SECONDS, PAGES = 1.0, 3


def photo(colour: str) -> dict[str, object]:
    out = BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def do(page: Page, change: str, **fields: str) -> None:
    """Fill in and send the form of one change on a case's page."""
    form = page.locator(f'form[action$="/{change}/"]')
    form.wait_for(state="attached")
    if not form.is_visible():
        form.locator("xpath=ancestor::details").locator("summary").click()
    for name, value in fields.items():
        field = form.locator(f'[name="{name}"]')
        if field.first.get_attribute("type") == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    form.locator("button").last.click()
    page.wait_for_load_state()


def state_of(page: Page) -> Locator:
    """The badge with the case's state."""
    return page.locator("#case .badge").first


def report(resident: Person, words: str) -> str:
    """Report with a photo and the phone's position; the case's address."""
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", words)
    page.locator("#id_photos").set_input_files(photo("red"))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/case/**")
    return re.sub(r"^https?://[^/]+|\?.*$", "", page.url)


def test_from_report_to_rating(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True, geolocation=HERE, permissions=["geolocation"])
    resident.sign_in_by_phone("13800138000")
    case = report(resident, "水碾河北街门口垃圾堆了三天，气味很大。")
    expect(state_of(resident.page)).to_have_text("已受理")

    desk = Person(browser, site).sign_in("desk")
    desk.page.goto(case)
    do(desk.page, "file", class_code="暴露垃圾")
    do(desk.page, "dispatch")
    expect(desk.page.locator("#case")).to_contain_text("双桥子街道办事处")
    expect(desk.page.locator("#facts")).to_contain_text("第1条")

    handler = Person(browser, site, phone=True).sign_in("handler")
    handler.page.goto("/field/")
    handler.page.locator(".task-card a").click()
    # The reporter's page is open all the while: it shows the change within a second.
    resident.page.goto(case)
    expect(resident.page.locator("html")).to_have_attribute("data-live", "on")
    resident.page.evaluate(SEE)
    before = resident.page.evaluate(PAGE_SECONDS)
    handler.page.locator('[data-step="accept"] button').click()
    clicked = time.time()
    expect(state_of(resident.page)).to_have_text("处置中")
    busy = PAGES * max(before, resident.page.evaluate(PAGE_SECONDS))
    assert resident.page.evaluate("window.seenAt") / 1000 - clicked < LIVE_SECONDS + busy

    handler.page.goto(case)
    form = handler.page.locator('form[action$="/report_back/"]')
    form.locator("[name=files]").set_input_files(photo("green"))
    do(handler.page, "report_back", done="已清运，已冲洗地面。")
    expect(state_of(handler.page)).to_have_text("已反馈")

    verifier = Person(browser, site).sign_in("verifier", english=True)
    verifier.page.goto("/verify/")
    verifier.page.locator(".check-card .digits").click()
    expect(verifier.page.locator("#case .photos img")).to_have_count(2)
    do(verifier.page, "verify")
    expect(state_of(verifier.page)).to_have_text("Verified")

    desk.page.goto(case)
    do(desk.page, "close")
    expect(state_of(resident.page)).to_have_text("已结案")
    do(resident.page, "evaluate", solved="yes", stars="5", comment="很快，谢谢。")
    expect(state_of(resident.page)).to_have_text("已评价")

    for person in (resident, desk, handler, verifier):
        assert person.complaints == []
    keep_picture(resident.page, "one-case-rated")


# How long this page takes now.
PAGE_SECONDS = """async () => {
  const began = performance.now();
  await (await fetch(location.href)).text();
  return (performance.now() - began) / 1000;
}"""
# Notes the moment at which the page shows that the case is being handled.
SEE = """() => {
  const look = () => {
    if (document.querySelector("#case .badge").textContent === "处置中") window.seenAt ||= Date.now();
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


def test_refused_report_keeps_everything(site: Site, browser: Browser) -> None:
    somebody = Person(browser, site, english=True)
    page = somebody.page
    page.goto("/report/")
    page.fill("[name=description]", "Rubbish everywhere 垃圾")
    page.locator("#id_photos").set_input_files(photo("blue"))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.locator("#report .send-bar button").click()
    expect(page.locator("main")).to_contain_text("Please say where it is")
    assert page.input_value("[name=description]") == "Rubbish everywhere 垃圾"
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.fill("[name=place]", "Shuinianhe North Street courtyard")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/track/**")
    expect(page.locator("#record .photos img")).to_have_count(1)
    keep_picture(somebody.page, "one-case-refused")
    assert somebody.complaints == []


def test_stale_page_shows_the_newest_state_and_keeps_what_was_typed(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, geolocation=HERE, permissions=["geolocation"])
    resident.sign_in_by_phone("13800138001")
    case = report(resident, "路灯不亮，晚上很黑。")
    slow, quick = Person(browser, site).sign_in("desk"), Person(browser, site).sign_in("leader")
    slow.page.goto(case)
    slow.page.locator("details", has=slow.page.locator('form[action$="/comment/"]')).locator("summary").click()
    slow.page.locator('form[action$="/comment/"] [name=note]').fill("已告知来电人，明天上门查看。")
    quick.page.goto(case)
    do(quick.page, "supervise", note="请尽快处理。")
    expect(slow.page.locator("#messages")).to_contain_text("您填写的内容还在")
    slow.page.locator('form[action$="/comment/"] button').last.click()
    expect(slow.page.locator("main")).to_contain_text("请尽快处理。")
    # Nor does what happens next take it: the page says that there is more.
    slow.page.evaluate("dispatchEvent(new Event('stale'))")
    expect(slow.page.locator("#messages")).to_contain_text("您填写的内容还在")
    assert slow.page.locator('form[action$="/comment/"] [name=note]').input_value() == "已告知来电人，明天上门查看。"
    slow.page.locator('form[action$="/comment/"] button').last.click()
    expect(slow.page.locator("#record")).to_contain_text("已告知来电人")
    keep_picture(slow.page, "one-case-stale")
    assert slow.complaints == []


def test_double_click_makes_one_case(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, geolocation=HERE, permissions=["geolocation"])
    resident.sign_in_by_phone("13800138002")
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "井盖破损")
    page.fill("[name=place]", "水碾河北街院落")
    page.locator("#report .send-bar button").dblclick()
    page.wait_for_url("**/case/**")
    page.goto("/my/")
    expect(page.locator(".case-cards li")).to_have_count(1)
