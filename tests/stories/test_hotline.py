"""A clerk at the hotline lives through calls with the keyboard alone; whatever happens in between, nothing typed is lost."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TypeVar

import pytest
from django.db import connection
from factories.world import HERE
from playwright.sync_api import Browser, Page, Route, expect

from linli.cases.models import Case
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.ids import uuid7
from linli.territory.models import Household, Level, Unit
from stories.browser import Person
from stories.stage import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

T = TypeVar("T")

# Milliseconds between two strokes: 80 words a minute in pinyin is what a clerk types.
STROKE = 120
A_CALL_SECONDS = 60
SAID = "小区门口垃圾堆了三天没人清运，味道很大"


@pytest.fixture
def clerk(site: Site, browser: Browser) -> Person:
    """At the hotline's page, in a city with a building of households."""
    apart(lambda: build(site))
    person = Person(browser, site).sign_in("clerk")
    person.page.goto("/hotline/")
    return person


def build(site: Site) -> None:
    with acting_as(SYSTEM):
        quarter, unit_id = site.world.units["Q"], uuid7()
        building = Unit.objects.create(
            id=unit_id, code="Q-B3", level=Level.BUILDING, name="3栋", parent=quarter, path=[*quarter.path, unit_id],
            valid_from=quarter.valid_from, lon=HERE[0], lat=HERE[1],
        )  # fmt: skip
        Household.objects.create(building=building, micro_grid=quarter, entrance=2, floor=5, door=1, members=3)


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("LINLI_STORY_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def apart(work: Callable[[], T]) -> T:
    """Ask the database in a thread of its own: Django asks nothing in one that drives a browser."""

    def then_close() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(then_close).result()


def cases() -> list[Case]:
    def read() -> list[Case]:
        with acting_as(SYSTEM):
            return list(Case.objects.select_related("text").order_by("pk"))

    return apart(read)


def type_the_matter(page: Page) -> None:
    page.keyboard.press("Alt+2")
    page.keyboard.type(SAID, delay=STROKE)


def test_a_whole_call_by_keyboard_in_a_minute(clerk: Person) -> None:
    page, keys = clerk.page, clerk.page.keyboard
    expect(page.locator("#id_contact_phone")).to_be_focused()
    began = monotonic()
    keys.type("13700001111", delay=STROKE)
    keys.press("Enter")
    expect(page.locator("#id_description")).to_be_focused()
    keys.type(SAID, delay=STROKE)
    keys.press("Alt+3")
    keys.type("水碾 3栋 2单元 501", delay=STROKE)
    expect(page.get_by_role("option", selected=True)).to_contain_text("501")
    keys.press("Enter")
    expect(page.locator("#id_place")).to_have_value("双桥子街道 水碾河社区 水碾河北街院落 3栋 2单元 501")
    keys.press("Alt+4")
    keys.type("暴露", delay=STROKE)
    expect(page.get_by_role("option", selected=True)).to_contain_text("暴露垃圾")
    keys.press("Enter")
    expect(page.locator("#readback")).to_contain_text("双桥子街道办事处")
    picture(page, "hotline-call")
    keys.press("Alt+Enter")
    page.wait_for_url("**/hotline/?filed=*")
    assert monotonic() - began < A_CALL_SECONDS
    [case] = cases()
    expect(page.locator("#case-number")).to_have_text(case.reference)
    assert (case.channel, case.lon, case.case_class_id) == ("hotline", HERE[0], clerk.site.world.classes["0101"].id)
    expect(page.locator("main")).to_contain_text("137****1111")
    picture(page, "hotline-filed")

    # The same caller again: the case is beside the form, and one key notes it.
    keys.press("Alt+n")
    page.wait_for_url("**/hotline/")
    keys.type("13700001111")
    keys.press("Enter")
    expect(page.locator("#caller")).to_contain_text(case.reference)
    keys.type("还没有人来")
    keys.press("Alt+8")
    page.wait_for_url("**/hotline/?noted=*")
    assert len(cases()) == 1

    # Another caller about the same: joined by one key.
    keys.type("13700002222")
    type_the_matter(page)
    keys.press("Alt+3")
    keys.type("水碾 3栋")
    expect(page.get_by_role("option", selected=True)).to_contain_text("3栋")
    keys.press("Enter")
    expect(page.locator("#duplicates")).to_contain_text(SAID)
    keys.press("Alt+7")
    page.wait_for_url("**/hotline/?filed=*")
    assert [one.state for one in cases()] == ["collected", "merged"]
    assert clerk.complaints == []


def test_nothing_typed_is_lost_and_no_case_is_doubled(clerk: Person) -> None:
    page, keys = clerk.page, clerk.page.keyboard
    keys.type("13700001111")
    type_the_matter(page)
    keys.press("Alt+3")
    keys.type("水碾河北街院落")
    keys.press("Alt+5")

    # The network goes while it is sent: the page says so, and the call is still there.
    clerk.context.set_offline(True)
    keys.press("Alt+Enter")
    expect(page.locator("#messages")).to_contain_text("网络已断开")
    clerk.context.set_offline(False)
    assert page.input_value("#id_description") == SAID

    # The session ends: the page says to sign in, and the same tab finds the call again afterwards.
    session = clerk.context.cookies()
    clerk.context.clear_cookies()
    with page.expect_response("**/hotline/"):
        keys.press("Alt+Enter")
    expect(page.locator("#messages")).not_to_contain_text("网络已断开")
    expect(page.locator("#messages")).not_to_be_empty()
    assert cases() == []
    # Signed in again (a one-time code is good for once, so the session is put back).
    clerk.context.add_cookies(session)
    page.goto("/hotline/")
    assert page.input_value("#id_description") == SAID
    assert page.input_value("#id_contact_phone") == "13700001111"

    # A second tab is a call of its own.
    other = clerk.open("/hotline/")
    assert other.input_value("#id_description") == ""
    other.close()

    keys.press("Alt+Enter")
    keys.press("Alt+Enter")
    page.wait_for_url("**/hotline/?filed=*")
    assert page.input_value("#id_description") == ""
    page.go_back()
    if page.locator("#id_description").input_value():
        keys.press("Alt+Enter")
        page.wait_for_url("**/hotline/?filed=*")
    assert len(cases()) == 1
    expected = {
        "net::ERR_INTERNET_DISCONNECTED",
        "htmx:sendError",
        "htmx:afterRequest",
        "htmx:responseError",
        "403",
        "401",
    }
    assert [one for one in clerk.complaints if not any(word in one for word in expected)] == []


def test_another_number_throws_no_unsent_call_away(clerk: Person) -> None:
    page, keys = clerk.page, clerk.page.keyboard
    keys.type("13700001111")
    type_the_matter(page)
    page.goto("/hotline/?phone=02884441234")
    asked = page.locator("dialog[open]")
    expect(asked).to_be_visible()
    expect(asked).to_contain_text(SAID)
    picture(page, "hotline-unsent")
    # Escape decides nothing away.
    keys.press("Escape")
    expect(asked).to_have_count(0)
    expect(page.locator("#id_description")).to_have_value(SAID)
    expect(page.locator("#id_contact_phone")).to_have_value("13700001111")
    expect(page.locator("#id_description")).to_be_focused()

    page.goto("/hotline/?phone=02884441234")
    asked.get_by_role("button", name="接新来电").click()
    expect(page.locator("#id_description")).to_have_value("")
    expect(page.locator("#id_contact_phone")).to_have_value("02884441234")
    page.reload()
    expect(page.locator("#id_description")).to_have_value("")
    type_the_matter(page)
    expect(page.locator("#readback")).to_contain_text("座机收不到短信")
    picture(page, "hotline-landline")
    assert clerk.complaints == []


def test_a_choice_that_was_taken_is_not_asked_for_again(clerk: Person) -> None:
    page, keys = clerk.page, clerk.page.keyboard
    keys.press("Alt+3")
    keys.type("水碾 3栋")
    expect(page.get_by_role("option", selected=True)).to_contain_text("3栋")
    asked: list[Route] = []
    address = f"**{page.locator('#id_place').get_attribute('data-combobox')}"
    page.route(address, lambda route: asked.append(route), times=1)
    with page.expect_request(address):
        keys.type(" ")
    with page.expect_event("requestfailed"):
        keys.press("Enter")
    expect(page.get_by_role("listbox").first).to_be_hidden()
    expect(page.locator("#id_place")).to_have_value("双桥子街道 水碾河社区 水碾河北街院落 3栋")
    assert clerk.complaints == []


def test_a_refused_call_leads_to_the_field_that_is_missing(clerk: Person) -> None:
    page, keys = clerk.page, clerk.page.keyboard
    page.set_viewport_size({"width": 1280, "height": 720})
    for field in ("#id_contact_phone", "#id_description", "#id_place", "#id_class_code"):
        expect(page.locator(field)).to_be_in_viewport(ratio=1)
    type_the_matter(page)
    keys.press("Alt+Enter")
    expect(page.locator("#id_place")).to_be_focused()
    expect(page.locator("#id_place")).to_have_attribute("aria-invalid", "true")
    assert clerk.complaints == []
