"""Where the task is to read or to send a form, no script is needed: one case through everybody's pages, a call, notices, the looks."""

import re

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.models import Case, State
from linli.cases.rules import Report
from linli.foundation.access import acting_as
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import beside, photo

pytestmark = pytest.mark.browser

REPORTER = "13800138040"


@pytest.fixture(scope="module")
def site(site_of_the_module: Site) -> Site:
    return site_of_the_module


def plain(browser: Browser, site: Site, *, phone: bool = False, english: bool = False) -> Person:
    return Person(browser, site, phone=phone, english=english, java_script_enabled=False)


def send(page: Page, change: str, **fields: str) -> None:
    """Fill in and send the form of one change, opening what it is folded into."""
    form = page.locator(f'form[action$="/{change}/"]')
    if not form.is_visible():
        form.locator("xpath=ancestor::details[1]").locator("summary").first.click()
    for name, value in fields.items():
        field = form.locator(f'[name="{name}"]')
        if field.first.get_attribute("type") in {"radio", "checkbox"}:
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(label=value)
        elif field.get_attribute("type") == "file":
            field.set_input_files(photo(value))
        else:
            field.fill(value)
    form.locator("button").last.click()


def state_of(case: Case) -> str:
    return beside(lambda: Case.objects.get(pk=case.pk).state)


def test_a_case_through_everybody_s_pages(site: Site, browser: Browser) -> None:
    """Signed in, filed, dispatched, taken on, reported back, verified, closed, rated, and opened again."""
    resident = plain(browser, site, phone=True).sign_in_by_phone(REPORTER)
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "门口垃圾堆了三天，气味很大")
    page.fill("[name=place]", "水碾河北街院落")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/case/**")
    address = re.sub(r"^https?://[^/]+|\?.*$", "", page.url)
    case = beside(Case.objects.get)

    desk = plain(browser, site).sign_in("desk")
    desk.page.goto("/desk/")
    desk.page.locator(".case-name a").click()
    expect(desk.page.locator("h1").last).to_contain_text("门口垃圾堆了三天")
    send(desk.page, "file", class_code="暴露垃圾")
    assert state_of(case) == State.FILED
    desk.page.goto(address)
    send(desk.page, "dispatch")
    assert state_of(case) == State.DISPATCHED
    keep_picture(desk.page, "plain-desk", whole=True)

    handler = plain(browser, site, phone=True).sign_in("handler")
    handler.page.goto("/field/")
    handler.page.locator(".task-card a").first.click()
    keep_picture(handler.page, "plain-task", whole=True)
    for change in ("accept", "set_out", "arrive"):
        send(handler.page, change)
    assert state_of(case) == State.ACCEPTED
    keep_picture(handler.page, "plain-arrived", whole=True)
    send(handler.page, "report_back", before="brown", files="green", done="已清运，已冲洗地面。")
    assert state_of(case) == State.HANDLED

    verifier = plain(browser, site).sign_in("verifier")
    verifier.page.goto("/verify/")
    expect(verifier.page.locator(".sides img")).to_have_count(2)
    # Sent back without a reason it is asked for, and with one it goes back.
    send(verifier.page, "rework", note="地面还没有冲洗")
    assert state_of(case) == State.ACCEPTED
    handler.page.goto(f"/field/task/{case.reference}/")
    send(handler.page, "report_back", before="brown", files="blue", done="已冲洗。")
    verifier.page.goto("/verify/")
    keep_picture(verifier.page, "plain-verify", whole=True)
    send(verifier.page, "verify")
    assert state_of(case) == State.VERIFIED
    desk.page.goto(address)
    send(desk.page, "close")
    assert state_of(case) == State.CLOSED

    page.goto(address)
    send(page, "evaluate", solved="no", stars="2", comment="第二天又堆起来了")
    expect(page.locator("#reopen")).to_contain_text("哪里还没解决？")
    keep_picture(page, "plain-rated", whole=True)
    send(page, "reopen")
    assert state_of(case) == State.FILED
    expect(page.locator("#record")).to_contain_text("第二天又堆起来了")
    assert [one.complaints for one in (resident, desk, handler, verifier)] == [[]] * 4


def test_one_chooses_what_one_is_told(site: Site, browser: Browser) -> None:
    person = plain(browser, site, phone=True).sign_in_by_phone("13800138041")
    page = person.page
    page.goto("/messages/settings/")
    page.select_option("[name=digest_hour]", "18")
    keep_picture(page, "plain-settings", whole=True)
    page.locator("main form button.primary").click()
    page.goto("/messages/settings/")
    expect(page.locator("[name=digest_hour]")).to_have_value("18")
    page.goto("/messages/communities/")
    page.fill("#name", "水碾河")
    page.press("#name", "Enter")
    page.locator("button[name=add]").first.click()
    expect(page.locator("button[name=remove]")).to_have_count(1)
    keep_picture(page, "plain-communities", whole=True)
    page.locator("button[name=remove]").click()
    expect(page.locator("button[name=remove]")).to_have_count(0)
    assert person.complaints == []


def test_declining_is_shown_first(site: Site, browser: Browser) -> None:
    def told() -> Case:
        by = site.world.resident("13800138042")
        with acting_as(by):
            report = Report(description="楼下有异味", lon=HERE[0], lat=HERE[1], class_code="0101")
            return actions.collect(report=report, by=by).case

    case = beside(told)
    desk = plain(browser, site).sign_in("desk")
    page = desk.page
    page.goto(f"/case/{case.reference}/")
    page.locator("summary", has_text="不予立案").click()
    page.locator("button[name=change][value=decline]").click()
    page.fill("#preview-note", "重复反映")
    keep_picture(page, "plain-decline", whole=True)
    page.locator("button[name=sure]").click()
    assert state_of(case) == State.DECLINED
    # The list, too: found by words, and another page of it by links.
    page.goto("/desk/")
    page.locator("#desk-search, [name=text]").first.fill("异味")
    page.locator("#desk-search, [name=text]").first.press("Enter")
    expect(page.locator("main")).to_contain_text("异味")
    assert desk.complaints == []


def test_a_report_without_signing_in(site: Site, browser: Browser) -> None:
    somebody = plain(browser, site, phone=True, english=True)
    page = somebody.page
    page.goto("/report/")
    page.fill("[name=description]", "Rubbish everywhere 垃圾")
    page.locator("#id_photos").set_input_files(photo("blue"))
    page.locator("#report .send-bar button").click()
    expect(page.locator("main")).to_contain_text("Please say where it is")
    assert page.input_value("[name=description]") == "Rubbish everywhere 垃圾"
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.fill("[name=place]", "Shuinianhe North Street courtyard")
    keep_picture(page, "plain-report", whole=True)
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/track/**")
    expect(page.locator("main")).to_contain_text("Thank you. Your case is number")
    page.reload()
    expect(page.locator("#record")).to_contain_text("Shuinianhe North Street courtyard")
    expect(page.locator("#record .photos img")).to_have_count(1)
    assert somebody.complaints == []


def test_a_call(site: Site, browser: Browser) -> None:
    clerk = plain(browser, site).sign_in("clerk")
    page = clerk.page
    page.goto("/hotline/")
    page.fill("#id_contact_phone", "13700001111")
    page.fill("#id_description", "路灯不亮")
    page.fill("#id_place", "水碾河北街院落")
    page.select_option("[name=class_code]", "0102")
    page.press("#id_place", "Enter")
    expect(page.locator("#readback")).to_contain_text("双桥子街道办事处")
    called = Case.objects.filter(channel="hotline")
    assert beside(called.count) == 0
    page.click('[name=step][value="file"]')
    page.wait_for_url("**/hotline/?filed=*")
    assert beside(lambda: [case.text.description for case in called.all()]) == ["路灯不亮"]
    keep_picture(page, "plain-call", whole=True)


def test_looks_and_sheets(site: Site, browser: Browser) -> None:
    page = plain(browser, site, phone=True).page
    page.goto("/design/")
    expect(page.locator("#sheet-sample")).to_be_visible()
    page.locator("details.me summary").click()
    page.locator(".me-sheet [name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(f"{site.url}/design/")
