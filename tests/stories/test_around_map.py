"""The map around me in a real browser: numbers that the list has too, and the reader's own place, which stays in the browser."""

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Request, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def filed(site: Site) -> None:
    with acting_as(SYSTEM):
        made = actions.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
        actions.file(cases=[made.id], by=SYSTEM, class_code="0102")


def test_a_reader_sees_where_they_are_and_tells_nobody(site: Site, filed: None, browser: Browser) -> None:
    at = {"longitude": HERE[0], "latitude": HERE[1]}
    reader = Person(browser, site, phone=True, geolocation=at, permissions=["geolocation"])
    page = reader.page
    page.goto(f"/around/?unit={site.world.id('W1')}")
    expect(page.locator(".map .dot-number")).to_have_text(["1"])
    expect(page.locator(".place-number")).to_have_text(["1"])
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    page.locator("[data-show-me]").click()
    expect(page.locator(".me-here")).to_have_attribute("visibility", "visible")
    assert sent == []
    # Somewhere else the map says so, and shows no point.
    reader.context.set_geolocation({"longitude": HERE[0] + 1, "latitude": HERE[1]})
    page.reload()
    page.locator("[data-show-me]").click()
    expect(page.locator("#not-here")).to_be_visible()
    expect(page.locator(".me-here")).to_have_attribute("visibility", "hidden")
    keep_picture(reader.page, "around-map")
    assert reader.complaints == []
