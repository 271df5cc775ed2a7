"""The command screen on a wall: figures for four metres, no scrolling, definitions by keyboard, charts as a picture."""

import pytest
from django.contrib.staticfiles import finders
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person
from stories.stage import Site

pytestmark = pytest.mark.browser
LETTERS = "element => parseFloat(getComputedStyle(element).fontSize)"


@pytest.fixture
def three_cases(site: Site) -> None:
    with acting_as(SYSTEM):
        for _number in range(3):
            actions.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM)


def test_it_fills_a_wall_and_renews_itself(site: Site, three_cases: None, browser: Browser) -> None:
    if finders.find("web/built/chart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"/screen/?unit={site.world.id('W')}&weeks=4")
    expect(page.locator("figure.chart canvas")).to_have_count(2)
    assert page.locator(".screen-value").first.evaluate(LETTERS) >= 64
    assert page.locator(".screen-label").first.evaluate(LETTERS) >= 24
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.locator("#mark-overdue").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#meant-overdue")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_download() as picture:
        page.locator("[data-png]").click()
    assert picture.value.suggested_filename == "charts.png"
    with page.expect_response("**/screen/?*"):
        page.evaluate("dispatchEvent(new Event('stale'))")
    page.locator("#tile-open").click()
    page.wait_for_url("**/desk/**")
    expect(page.locator(".case-table tbody tr")).to_have_count(3)
    assert leader.complaints == []
