"""The live map in a real browser: opened from the server's drawing, under the page's policy, and left out where it cannot be drawn."""

import pytest
from bars.test_accessibility import violations
from django.contrib.staticfiles import finders
from factories.world import ELSEWHERE, HERE
from playwright.sync_api import Browser, Page, Playwright, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role, acting_as
from stories.browser import Person, chromium
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser

FETCHED = "performance.getEntriesByType('resource').filter(one => one.name.includes('/built/map')).length"

# Whether the map has come to where its pin is.
IN_THE_MIDDLE = """() => {
  const middle = (selector) => {
    const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  };
  const [pin, map] = [middle(".map-pin"), middle(".map-live canvas")];
  return Math.hypot(pin[0] - map[0], pin[1] - map[1]) < 3;
}"""


@pytest.fixture(autouse=True)
def built() -> None:
    if finders.find("web/built/map.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


@pytest.fixture
def reported(site: Site) -> str:
    """The number of a case that the neighbourhood sees."""
    with acting_as(SYSTEM):
        desk = site.world.actor("whoever", Role.DESK, "5101")
        case = actions.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
        actions.file(cases=[case.id], by=desk, class_code="0102")
    return case.reference


@pytest.fixture
def two_tasks(site: Site) -> None:
    with acting_as(SYSTEM):
        desk = site.world.actor("whoever", Role.DESK, "5101")
        for lon, lat in (HERE, (HERE[0] + 0.004, HERE[1] + 0.004)):
            case = actions.collect(report=Report(description="路灯不亮", lon=lon, lat=lat), by=SYSTEM).case
            actions.file(cases=[case.id], by=desk, class_code="0102")
            actions.dispatch(cases=[case.id], by=desk, body_id=site.world.bodies["street"].id, note="就近处理")


def open_map(page: Page) -> None:
    page.locator("[data-open-map]").first.click()
    expect(page.locator("figure.map canvas")).to_be_visible()
    expect(page.locator("figure.map > svg")).to_be_hidden()


def test_a_resident_opens_the_map_around_and_a_case_on_it(site: Site, reported: str, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto(f"/around/?unit={site.world.id('W1')}")
    assert page.evaluate(FETCHED) == 0
    open_map(page)
    expect(page.locator(".map-mark")).to_have_count(1)
    assert violations(page) == []
    # By keyboard: its name, then the case.
    page.get_by_role("button", name="路灯").focus()
    page.keyboard.press("Enter")
    page.locator(".maplibregl-popup a").click()
    page.wait_for_url(f"**/case/{reported}/")
    open_map(page)
    expect(page.locator(".map-pin")).to_be_visible()
    keep_picture(page, "map-around")
    assert resident.complaints == []


def test_a_tap_on_the_map_places_a_report(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    # The phone's own position first: the map is renewed for its community, and stays a live one.
    open_map(page)
    resident.context.grant_permissions(["geolocation"])
    resident.context.set_geolocation({"longitude": ELSEWHERE[0], "latitude": ELSEWHERE[1]})
    page.locator("[data-position]").click()
    expect(page.locator("[name=lon]")).to_have_value(f"{ELSEWHERE[0]:.6f}")
    pin = page.locator(".map-pin")
    expect(pin).to_be_visible()
    expect(page.locator("figure.map canvas")).to_be_visible()
    page.wait_for_function(IN_THE_MIDDLE)
    box = page.locator(".map-live canvas").bounding_box()
    assert box
    before = page.locator("[name=lon]").input_value(), page.locator("[name=lat]").input_value()
    page.locator(".map-live canvas").click(position={"x": box["width"] / 2 - 60, "y": box["height"] / 2})
    expect(page.locator("[name=lon]")).not_to_have_value(before[0])
    west_of_it, same = float(page.locator("[name=lon]").input_value()), float(page.locator("[name=lat]").input_value())
    assert 0.0003 < ELSEWHERE[0] - west_of_it < 0.003
    assert abs(same - ELSEWHERE[1]) < 0.0002
    expect(page.locator("#map")).to_contain_text("新桂社区")
    keep_picture(page, "map-placed")
    assert resident.complaints == []


def test_a_worker_sees_the_tasks_by_their_numbers(site: Site, two_tasks: None, browser: Browser) -> None:
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.goto("/field/map/")
    expect(page.locator("figure.map canvas")).to_be_visible()
    expect(page.locator(".map-mark")).to_have_text(["1", "2"])
    page.get_by_role("button", name="2: ").click()
    page.locator(".maplibregl-popup a").click()
    page.wait_for_url("**/field/task/**")
    keep_picture(page, "map-tasks")
    assert worker.complaints == []


def test_where_no_map_can_be_drawn_the_drawing_stays(site: Site, reported: str, playwright: Playwright) -> None:
    around = f"/around/?unit={site.world.id('W1')}"
    with chromium(playwright, "--disable-3d-apis") as browser:
        page = Person(browser, site, phone=True).page
        page.goto(around)
        page.locator("[data-open-map]").click()
        expect(page.locator(".map-live")).to_be_hidden()
        expect(page.locator("figure.map > svg a")).to_have_count(1)
        without_script = Person(browser, site, phone=True, java_script_enabled=False)
        without_script.page.goto(around)
        expect(without_script.page.locator("figure.map > svg a")).to_have_count(1)
        expect(without_script.page.locator("[data-open-map]")).to_be_hidden()
        assert without_script.complaints == []
