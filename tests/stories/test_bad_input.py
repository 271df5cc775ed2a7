"""What goes wrong while somebody types: nothing typed is lost, what to do is said, and no case is doubled."""

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from factories.world import HERE
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.models import Case, State
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.models import Entry
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import all_sent, beside, dispatched, now, photo, sent, step, steps

pytestmark = pytest.mark.browser

WORDS = "门口垃圾堆了三天，气味很大"
PLACE = "水碾河北街院落"
HUGE = 40 * 1024 * 1024


def cases() -> int:
    return beside(Case.objects.count)


def heic(folder: Path) -> Path:
    path = folder / "IMG_0001.HEIC"
    from_pillow(Image.new("RGB", (640, 480), "teal")).save(path, quality=50)
    return path


def huge_jpeg(folder: Path) -> Path:
    """A photo of 40 MB that can be read: some phones put as much behind the picture."""
    out = BytesIO()
    Image.new("RGB", (4000, 3000), "olive").save(out, "JPEG")
    path = folder / "huge.jpg"
    path.write_bytes(out.getvalue() + bytes(HUGE - len(out.getvalue())))
    return path


def unreadable(folder: Path) -> Path:
    path = folder / "huge.HEIC"
    path.write_bytes(os.urandom(16) + bytes(HUGE))
    return path


def fill(page: Page, words: str = WORDS) -> None:
    page.goto("/report/")
    page.fill("[name=description]", words)
    page.fill("[name=place]", PLACE)


def send(page: Page) -> None:
    page.locator("#report .send-bar button").click()


def sign_in_again(person: Person, name: str) -> None:
    """By phone, in a tab of its own, as the page advises."""
    before, person.page = person.page, person.context.new_page()
    person.sign_in_by_phone(name)
    person.page.close()
    person.page = before


def leave(person: Person) -> list[Any]:
    """The sign-in ends. What is returned signs in again: a code of the authenticator counts only once."""
    kept = [cookie for cookie in person.context.cookies() if cookie["name"] == "sessionid"]
    person.context.clear_cookies(name="sessionid")
    return list(kept)


def test_what_was_sent_before_and_changed_since_becomes_a_new_report(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    fill(page)
    # The draft is kept a moment after the last letter.
    page.wait_for_function("words => Object.values(localStorage).some((one) => one.includes(words))", arg=PLACE)
    same, other = resident.open("/report/"), resident.open("/report/")
    for tab in (same, other):
        expect(tab.locator("[name=description]")).to_have_value(WORDS)
    send(page)
    page.wait_for_url("**/track/**")
    # The same words from another tab are the same case; so is what the back button brings.
    expect(same.locator("#draft-bar")).to_contain_text("另一个页面")
    send(same)
    same.wait_for_url("**/track/**")
    page.go_back()
    assert cases() == 1
    # Other words are not sent in its place, and not lost.
    other.fill("[name=description]", WORDS + "，还有老鼠")
    send(other)
    expect(other.locator("#report [role=alert]")).to_contain_text("这份上报已提交过")
    expect(other.locator("#report [role=alert]")).to_be_focused()
    assert cases() == 1
    # Whoever closes the page finds them again, and is told again; one button begins a new report with them.
    other.reload()
    expect(other.locator("[name=description]")).to_have_value(WORDS + "，还有老鼠")
    send(other)
    expect(other.locator("#report [role=alert]")).to_contain_text("这份上报已提交过")
    other.get_by_role("button", name="作为新的上报").click()
    expect(other.locator("#report [role=alert]")).to_contain_text("已另起一份新的上报")
    expect(other.locator("[name=description]")).to_have_value(WORDS + "，还有老鼠")
    assert cases() == 1
    send(other)
    other.wait_for_url("**/track/**")
    assert cases() == 2
    other.goto("/report/")
    expect(other.locator("[name=description]")).to_have_value("")
    keep_picture(resident.page, "bad-sent-before")
    assert resident.complaints == []


def test_photos_of_any_size_and_kind_and_a_sign_in_that_ends(site: Site, browser: Browser, tmp_path: Path) -> None:
    resident = Person(browser, site, phone=True).sign_in_by_phone("13800138011")
    page = resident.page
    fill(page)
    # Position refused: it says what else leads there, and everything stays.
    page.click("[data-position]")
    expect(page.locator("[data-position] + [role=alert]")).to_contain_text("无法获取您的位置")
    album = page.locator("#id_photos")
    album.set_input_files(heic(tmp_path))
    expect(page.locator("#kept-photos figure")).to_have_count(1)
    album.set_input_files(huge_jpeg(tmp_path))
    expect(page.locator("#kept-photos figure")).to_have_count(2)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    album.set_input_files(unreadable(tmp_path))
    expect(page.locator("main")).to_contain_text("huge.HEIC 超过 20 MB")
    assert not [url for url in sent if url.endswith("/report/photos/")]
    # The sign-in ends; a new one in another tab changes the token of every form that is open.
    resident.context.clear_cookies(name="sessionid")
    send(page)
    expect(page.locator("#report")).to_contain_text("您的登录已过期")
    sign_in_again(resident, "13800138011")
    album.set_input_files({"name": "late.jpg", "mimeType": "image/jpeg", "buffer": photo("navy")["buffer"]})
    expect(page.locator("#kept-photos figure")).to_have_count(3)
    for name in ("IMG_0001.HEIC", "huge.jpg", "late.jpg"):
        expect(page.locator("#kept-photos")).to_contain_text(name)
    expect(page.locator("[name=description]")).to_have_value(WORDS)
    send(page)
    page.wait_for_url("**/case/**")
    expect(page.locator("#record .before-after img")).to_have_count(3)
    assert cases() == 1
    keep_picture(resident.page, "bad-photos")
    assert resident.complaints == []


def test_a_reporter_answers_a_page_that_has_grown_old(site: Site, browser: Browser) -> None:
    def reported() -> Case:
        reporter = site.world.resident("13800138012")
        report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102")
        with acting_as(reporter):
            made = actions.collect(report=report, by=reporter).case
        return made

    case = beside(reported)
    resident = Person(browser, site, phone=True).sign_in_by_phone("13800138012")
    page = resident.page
    page.goto(f"/case/{case.reference}/")
    page.locator("#more summary").click()
    page.fill("#more textarea", "灯杆也歪了")
    resident.context.clear_cookies(name="sessionid")
    page.locator("#more button").click()
    # Signed in again on the way that the page offers, the words are back in their form.
    page.get_by_role("link", name="登录后继续").click()
    resident.give_phone_code("13800138012")
    expect(page.locator("#more textarea")).to_have_value("灯杆也歪了")
    # Meanwhile the case has gone on: what was typed stands beside the newest state.
    beside(lambda: actions.file(cases=[case.id], by=SYSTEM))
    page.locator("#more button").click()
    expect(page.locator("main")).to_contain_text("灯杆也歪了")
    page.goto("/around/?before=never&unit=nowhere&class=x&show=y")
    expect(page.locator("main")).to_be_visible()
    keep_picture(resident.page, "bad-old-page")
    assert resident.complaints == []


def test_a_plain_form_waits_for_the_network(site: Site, browser: Browser) -> None:
    """Not every form has an outbox: one that cannot go says so and keeps its words, also where the network goes under way."""

    def reported() -> Case:
        reporter = site.world.resident("13800138013")
        report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102")
        with acting_as(reporter):
            made = actions.collect(report=report, by=reporter).case
        return made

    def answers() -> int:
        return beside(lambda: Entry.objects.filter(subject_id=case.id, action="comment").count())

    case = beside(reported)
    resident = Person(browser, site, phone=True).sign_in_by_phone("13800138013")
    page, words = resident.page, "灯杆也歪了"
    page.goto(f"/case/{case.reference}/")
    page.locator("#more summary").click()
    page.fill("#more textarea", words)
    resident.context.set_offline(True)
    page.locator("#more button").click()
    expect(page.locator("#messages")).to_contain_text("网络已断开")
    expect(page.locator("#more textarea")).to_have_value(words)
    expect(page.locator("#more button")).to_be_enabled()
    resident.context.set_offline(False)
    # It goes, and the network with it: the browser shows a page of its own, and the way back leads to the words.
    page.route("**/case/*/comment/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.locator("#more button").click()
    page.unroute("**/case/*/comment/")
    page.go_back()
    expect(page.locator("#more textarea")).to_have_value(words)
    assert answers() == 0
    page.locator("#more button").click()
    expect(page.locator("main")).to_contain_text(words)
    assert answers() == 1


def test_a_field_form_outlives_the_page_the_sign_in_and_a_faster_colleague(
    site: Site, browser: Browser, tmp_path: Path
) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.goto(f"/field/task/{case.reference}/")
    for name in ("accept", "set_out", "arrive"):
        step(page, name)
    all_sent(page)
    page.locator('[data-opens="report-back"]').click()
    sheet = page.locator("#report-back")
    sheet.locator("textarea").fill("已清运两车")
    sheet.locator("[name=before]").set_input_files(heic(tmp_path))
    sheet.locator("[name=files]").set_input_files(huge_jpeg(tmp_path))
    expect(sheet.locator(".shot-strip img")).to_have_count(1)
    sheet.locator("[name=files]").set_input_files(unreadable(tmp_path))
    expect(sheet.locator(".too-large").last).to_be_visible()
    expect(sheet.locator(".shot-strip li")).to_have_count(2)
    page.wait_for_timeout(700)  # The draft is kept a moment after the last letter.
    # The phone closes the page while the camera is open, and meanwhile the sign-in ends.
    session = leave(worker)
    page.reload()
    expect(page).to_have_url(f"{site.url}/sign-in/staff/?next=/field/task/{case.reference}/")
    worker.context.add_cookies(session)
    page.goto(f"/field/task/{case.reference}/")
    expect(page.locator("#messages")).to_contain_text("您在这里填了一半的内容")
    page.locator('[data-opens="report-back"]').click()
    expect(sheet.locator("textarea")).to_have_value("已清运两车")
    expect(sheet.locator(".shot-strip")).to_contain_text(["IMG_0001.HEIC", ""])
    # It ends again before the button is pressed: the letter waits, named with its photos, until somebody signs in.
    leave(worker)
    sheet.locator("button.large").click()
    letter = page.locator(".letter.waiting")
    for words in ("已清运两车", "IMG_0001.HEIC", "huge.jpg"):
        expect(letter).to_contain_text(words)
    expect(page.locator(".outbox-session")).to_be_in_viewport()
    assert now(case).state == State.ACCEPTED
    worker.context.add_cookies(session)
    page.goto("/field/")
    sent(page, case, "accept", "set_out", "arrive", "report_back")
    assert now(case).state == State.HANDLED
    keep_picture(worker.page, "bad-field")
    assert worker.complaints == []


def test_back_and_a_second_tab_in_the_field_do_nothing_twice(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page, other = worker.page, worker.open("/")
    for tab in (page, other):
        tab.goto(f"/field/task/{case.reference}/")
    step(page, "accept")
    expect(page.locator('[data-way="accept"].done')).to_be_visible()
    # The other tab has heard of it, or is told: once accepted, it is not accepted again.
    expect(other.locator('[data-step="set_out"] button')).to_be_visible()
    page.locator('[data-opens="more"]').click()
    page.locator(".more-one summary").first.click()
    page.locator(".more-one textarea").first.fill("要一辆车")
    page.goto("/field/")
    page.go_back()
    page.locator('[data-opens="more"]').click()
    expect(page.locator(".more-one textarea").first).to_have_value("要一辆车")
    assert steps(case) == ["accept"]
    assert worker.complaints == []


def test_typing_on_without_a_network_is_left_in_peace(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    place = page.locator("#id_place")
    place.scroll_into_view_if_needed()
    resident.context.set_offline(True)
    before = page.evaluate("scrollY")
    assert before > 0
    # A pause after some letters asks for hints, which no network answers.
    with page.expect_event("requestfailed"):
        place.press_sequentially("水碾河", delay=30)
    page.wait_for_timeout(500)
    assert page.evaluate("scrollY") == pytest.approx(before, abs=40)
    expect(page.locator("#messages")).to_be_empty()
    expect(place).to_be_focused()


def test_a_refused_position_is_said_beside_its_button(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    page.locator("[data-position]").click()
    notice = page.locator("[data-position] + .notice[role=alert]")
    expect(notice).to_have_text("无法获取您的位置。请在地图上点选，或填写小区名称。")
    expect(notice).to_be_in_viewport()
    page.locator("[data-position]").click()
    expect(notice).to_have_count(1)
    # A form that is refused has its live map again.
    page.fill("[name=description]", WORDS)
    send(page)
    expect(page.locator("#missing")).to_be_visible()
    expect(page.locator("[data-open-map]")).to_be_visible()
    assert resident.complaints == []


def test_a_call_outlives_the_network_and_the_sign_in(site: Site, browser: Browser) -> None:
    clerk = Person(browser, site).sign_in("clerk")
    page = clerk.page
    page.goto("/hotline/")
    page.fill("[name=contact_phone]", "13700002222")
    page.fill("[name=description]", WORDS)
    clerk.context.set_offline(True)
    page.locator('#call [value="file"]').click()
    expect(page.locator("#messages")).to_contain_text("网络已断开")
    clerk.context.set_offline(False)
    session = leave(clerk)
    page.locator('#call [value="file"]').click()
    expect(page.locator("#messages")).to_contain_text("登录")
    expect(page.locator("[name=description]")).to_have_value(WORDS)
    clerk.context.add_cookies(session)
    page.goto("/hotline/")
    expect(page.locator("[name=description]")).to_have_value(WORDS)
    expect(page.locator("[name=contact_phone]")).to_have_value("13700002222")
    assert cases() == 0
