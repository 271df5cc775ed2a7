"""Residents at their phones: a report that survives a dead network, a closed page, two tabs and the way back; elders; a rating."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pytest
from django.db import connections
from factories.world import HERE
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Page, Route, expect

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person
from stories.stage import Site

pytestmark = pytest.mark.browser
T = TypeVar("T")

AT = {"longitude": HERE[0], "latitude": HERE[1]}
LARGE = 4 * 1024 * 1024


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like, where somebody wants to see it."""
    if folder := os.environ.get("LINLI_STORY_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"resident-{name}.png"), full_page=True)


def upload(name: str, content: bytes, kind: str = "image/jpeg") -> dict[str, object]:
    return {"name": name, "mimeType": kind, "buffer": content}


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG")
    return out.getvalue()


def heavy_photo() -> bytes:
    """A photo of a phone that was held upright, of more than 4 MB, with its position."""
    image = Image.frombytes("RGB", (2400, 1800), os.urandom(2400 * 1800 * 3))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (30.0, 36.0, 7.2), 3: "E", 4: (104.0, 0.0, 7.2)}  # 30.602 N, 104.002 E
    )
    out = BytesIO()
    image.save(out, "JPEG", quality=95, exif=exif)
    assert len(out.getvalue()) > LARGE
    return out.getvalue()


def aside(work: Callable[[], T]) -> T:
    """`work` with the database, in a thread of its own: Playwright's loop runs in this one, where Django refuses to."""

    def run() -> T:
        try:
            with acting_as(SYSTEM):
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def count() -> int:
    return aside(Case.objects.count)


def send(page: Page) -> None:
    page.locator("#report .send-bar button").click()


def test_report_outlives_network_page_and_tabs_and_is_one_case(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True, geolocation=AT, permissions=["geolocation"])
    page, context = resident.page, resident.context
    page.goto("/home/")
    page.get_by_role("link", name=re.compile("拍照上报")).click()
    # What the page's scripts listen for is pressed when they have come.
    page.wait_for_load_state()
    page.fill("[name=description]", "门口垃圾堆了三天，气味很大")
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    expect(page.locator("[name=class_code][value='0101']")).to_be_attached()

    # The network goes: the photo and the words wait on the phone.
    context.set_offline(True)
    page.locator("#id_photos").set_input_files(upload("a.jpg", photo()))
    expect(page.locator("#waiting-photos .stuck")).to_have_count(1)
    send(page)
    expect(page.locator("#draft-bar")).to_contain_text("没有网络，还没提交")
    picture(page, "offline")

    # The page is closed; another one, with a network, finds everything and sends the photo that waited.
    page.close()
    context.set_offline(False)
    page, other = resident.open("/report/"), resident.open("/report/")
    expect(page.locator("#draft-bar")).to_contain_text("已恢复您的草稿")
    expect(page.locator("[name=description]")).to_have_value("门口垃圾堆了三天，气味很大")
    expect(page.locator("#place")).to_contain_text("水碾河")
    expect(page.locator("#kept-photos img")).to_have_count(1)
    picture(page, "draft")
    send(page)
    page.wait_for_url("**/track/**")
    expect(page.locator("main")).to_contain_text("您的案卷编号是")
    expect(page.locator("#record .before-after img")).to_have_count(1)
    picture(page, "sent")

    # The other tab held the same draft: changed since, it is not sent in its place, and there is no second case.
    other.fill("[name=description]", "门口垃圾堆了四天")
    send(other)
    expect(other.locator("main")).to_contain_text("这份上报已提交过")
    assert count() == 1
    other.locator("[data-draft-drop]").click()
    expect(other.locator("[name=description]")).to_have_value("")
    # Back leads to before the report, and a new report begins empty.
    page.go_back()
    page.goto("/report/")
    expect(page.locator("[name=description]")).to_have_value("")
    assert [one for one in resident.complaints if "ERR_INTERNET_DISCONNECTED" not in one] == []


def held_back(page: Page, address: str | re.Pattern[str]) -> list[Route]:
    """The next request to this address, once there is one: it waits until it is let go."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route), times=1)
    return held


def come(page: Page, held: list[Route]) -> Route:
    for _turn in range(600):
        if held:
            break
        page.wait_for_timeout(50)
    return held.pop()


def test_on_a_thin_line_photos_of_a_draft_are_neither_lost_nor_come_back(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "门口垃圾堆了三天")
    page.fill("[name=place]", "水碾河北街院落")
    album, kept = page.locator("#id_photos"), page.locator("#kept-photos img")
    album.set_input_files(upload("a.jpg", photo()))
    expect(kept).to_have_count(1)
    page.goto("/home/")
    # The draft is opened again; another photo arrives before the pictures of those that were there.
    held = held_back(page, "**/report/photos/")
    page.goto("/report/")
    first = come(page, held)
    album.set_input_files(upload("b.jpg", photo()))
    expect(kept).to_have_count(2)
    with page.expect_response("**/report/photos/"):
        first.continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(kept).to_have_count(2)
    # What is taken off while another one is on its way stays off.
    held = held_back(page, "**/report/photos/")
    album.set_input_files(upload("c.jpg", photo()))
    third = come(page, held)
    page.locator("#kept-photos [data-take-off]").first.click()
    expect(kept).to_have_count(1)
    third.continue_()
    expect(page.locator("#kept-photos")).to_contain_text("c.jpg")
    expect(kept).to_have_count(2)
    expect(page.locator("#kept-photos")).not_to_contain_text("a.jpg")
    # Sent before the pictures have come, they are sent all the same.
    page.goto("/home/")
    held = held_back(page, "**/report/photos/")
    page.goto("/report/")
    first = come(page, held)
    send(page)
    page.wait_for_url("**/track/**")
    expect(page.locator("#record .before-after img")).to_have_count(2)
    assert resident.complaints == []


def test_what_is_typed_before_the_scripts_have_come_is_not_taken_for_the_draft(site: Site, browser: Browser) -> None:
    page = Person(browser, site, phone=True).page
    words = page.locator("[name=description]")
    page.goto("/report/")
    words.fill("路灯不亮")
    page.goto("/home/")
    held = held_back(page, "**/draft.*.js")
    page.goto("/report/", wait_until="commit")
    script = come(page, held)
    words.fill("井盖破损，很危险")
    script.continue_()
    page.wait_for_load_state()
    expect(page.locator("#draft-bar")).to_be_empty()
    expect(words).to_have_value("井盖破损，很危险")
    page.fill("[name=place]", "水碾河北街院落")
    send(page)
    page.wait_for_url("**/track/**")
    # The other one is still there.
    page.goto("/report/")
    expect(words).to_have_value("路灯不亮")


def test_a_photo_that_waits_goes_along_however_late_the_scripts_come(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "门口垃圾堆了三天")
    page.fill("[name=place]", "水碾河北街院落")
    resident.context.set_offline(True)
    page.locator("#id_photos").set_input_files(upload("a.jpg", photo()))
    expect(page.locator("#waiting-photos .stuck")).to_have_count(1)
    # It is on the phone before the page is closed.
    page.wait_for_function("linliDraft.photos.of(linliDraft.once()).then((all) => all.length === 1)")
    page.close()
    resident.context.set_offline(False)
    page = resident.context.new_page()
    held = held_back(page, re.compile(r"/web/report\.\w+\.js$"))
    page.goto("/report/", wait_until="commit")
    script = come(page, held)
    expect(page.locator("#draft-bar")).to_contain_text("已恢复您的草稿")
    page.evaluate("linliDraft.left")
    script.continue_()
    expect(page.locator("#kept-photos img")).to_have_count(1)
    send(page)
    page.wait_for_url("**/track/**")
    expect(page.locator("#record .before-after img")).to_have_count(1)


def test_the_waiting_report_is_sent_when_the_network_is_back(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "井盖破损，很危险")
    page.fill("[name=place]", "水碾河北街院落")
    resident.context.set_offline(True)
    send(page)
    expect(page.locator("#draft-bar")).to_contain_text("还没提交")
    resident.context.set_offline(False)
    page.wait_for_url("**/track/**")
    assert count() == 1


def test_large_photos_are_made_smaller_and_keep_their_place(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    # What cannot be made smaller is refused before it is sent.
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.evaluate(
        """() => { const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(40 * 1024 * 1024)], "IMG_1.HEIC", {type: "image/heic"}));
        const input = document.getElementById("id_photos");
        input.files = files.files; input.dispatchEvent(new Event("change", {bubbles: true})); }"""
    )
    expect(page.locator("main")).to_contain_text("超过 20 MB")
    assert not [url for url in sent if url.endswith("/report/photos/")]
    page.locator("#id_photos").set_input_files(upload("b.jpg", heavy_photo()))
    expect(page.locator("#kept-photos img")).to_have_count(1, timeout=30_000)
    expect(page.locator("#place")).to_contain_text("水碾河")
    box = page.locator("#kept-photos img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert box[0] < box[1], "it stands upright"
    assert resident.complaints == []


def test_an_elder_reports_calls_and_reads_in_large_text(site: Site, browser: Browser) -> None:
    def reported() -> None:
        reporter = site.world.resident("13800138009")
        report = Report(description="楼道的灯坏了，晚上看不见", lon=HERE[0], lat=HERE[1], class_code="0102")
        with acting_as(reporter):
            made = actions.collect(report=report, by=reporter).case
        actions.file(cases=[made.id], by=SYSTEM)

    aside(reported)
    elder = Person(browser, site, phone=True).sign_in_by_phone("13800138009")
    page = elder.page
    page.goto("/elder/")
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    expect(page.get_by_role("link", name="拍照上报")).to_be_visible()
    assert page.get_by_role("link", name="拨打 12345").get_attribute("href") == "tel:12345"
    expect(page.locator("main")).to_contain_text("楼道的灯坏了")
    expect(page.locator("main")).to_contain_text("最迟")
    picture(page, "elder")
    page.get_by_role("link", name="查看").click()
    expect(page.locator("h1")).to_contain_text("楼道的灯坏了")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert elder.complaints == []


def test_a_sign_in_that_ends_while_writing_keeps_the_report(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True).sign_in_by_phone("13800138010")
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "路灯不亮，晚上很黑")
    page.fill("[name=place]", "水碾河北街院落")
    page.locator("#id_photos").set_input_files(upload("c.jpg", photo()))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    resident.context.clear_cookies(name="sessionid")
    send(page)
    expect(page.locator("#report")).to_contain_text("您的登录已过期")
    expect(page.locator("[name=description]")).to_have_value("路灯不亮，晚上很黑")
    expect(page.locator("#kept-photos img")).to_have_count(1)
    picture(page, "sign-in-ended")
    page.get_by_role("button", name="不登录直接提交").click()
    page.wait_for_url("**/track/**")
    expect(page.locator("#record .before-after img")).to_have_count(1)
    assert count() == 1
