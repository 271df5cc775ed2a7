"""Everything that matches in one step at the desk, and a resident's life circle from where they stand."""

import os
from pathlib import Path

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from linli.territory.facilities import actions as facilities
from linli.territory.facilities.kinds import Told
from linli.territory.models import FacilityKind
from stories.browser import Person
from stories.stage import Site

pytestmark = pytest.mark.browser


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("LINLI_STORY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def told(site: Site) -> None:
    """More reports than a page of the desk shows."""
    reports = [Report(description=f"第{at}栋门口垃圾", lon=HERE[0], lat=HERE[1], class_code="0101") for at in range(53)]
    with acting_as(SYSTEM):
        actions.collect_many(reports=reports, by=SYSTEM)


def test_everything_that_matches_is_filed_in_one_step_and_taken_back(site: Site, told: None, browser: Browser) -> None:
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto("/desk/?state=collected")
    expect(page.locator(".case-table tbody tr")).to_have_count(50)
    page.locator("input[name=all]").check()
    expect(page.locator("[data-tick-every]")).to_be_visible()
    expect(page.locator("[data-tick-some]")).to_be_hidden()
    picture(page, "desk-all-ticked")
    page.locator("#bulk button[value=file]").click()
    sheet = page.locator("#bulk-sheet")
    expect(sheet).to_contain_text("符合条件的全部 53 件")
    picture(page, "desk-all-preview")
    sheet.locator("button[name=sure]").click()
    expect(page.locator(".case-table tbody tr")).to_have_count(0)
    page.locator("[data-toast] form button").click()
    expect(page.locator(".case-table tbody tr")).to_have_count(50)
    assert desk.complaints == []


@pytest.fixture
def services(site: Site) -> None:
    lon, lat = HERE
    told = [
        Told("m", FacilityKind.MARKET, "水碾河菜市场", "Shuinianhe Market", lon + 0.002, lat + 0.001),
        Told("t", FacilityKind.TOILET, "", "", lon, lat + 0.001),
        Told("k", FacilityKind.KINDERGARTEN, "水碾河幼儿园", "", lon + 0.006, lat),
        Told("p", FacilityKind.PARK, "塔子山公园", "Tazishan Park", lon - 0.001, lat + 0.004),
        Told("b", FacilityKind.BUS_STOP, "水碾河路站", "", lon + 0.001, lat - 0.001),
        Told("h", FacilityKind.HOSPITAL, "市第二人民医院", "", lon + 0.003, lat + 0.003),
    ]
    with acting_as(SYSTEM):
        facilities.load(source="register", told=told, by=SYSTEM)


def test_a_resident_sees_what_lies_around_and_their_place_is_in_no_address(
    site: Site, services: None, browser: Browser
) -> None:
    at = {"longitude": HERE[0], "latitude": HERE[1]}
    resident = Person(browser, site, phone=True, geolocation=at, permissions=["geolocation"])
    page = resident.page
    page.goto("/service/")
    page.locator("a[href='/service/circle/']").click()
    # What the page's scripts listen for is pressed when they have come.
    page.wait_for_load_state()
    page.locator("[data-position]").click()
    expect(page.locator("main")).to_contain_text("13 类服务中，4 类在步行可达范围内")
    expect(page.locator("section", has_text="还缺什么").first).to_contain_text("幼儿园")
    assert page.url.endswith("/service/circle/")
    expect(page.locator(".map .dot-number")).to_have_count(6)
    picture(page, "circle-phone")
    page.goto(f"/service/circle/?unit={site.world.id('W1')}")
    expect(page.locator("main")).to_contain_text("从水碾河社区的中心算起")
    assert resident.complaints == []
