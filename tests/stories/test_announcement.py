"""Staff tell a community that the water is off, from the first word to the neighbour's phone, in real browsers."""

import re

import pytest
from django.db import connection
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import acting_as
from linli.gateway.models import Announcement
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_resident import aside

pytestmark = pytest.mark.browser
PHONE = "13800001234"


@pytest.fixture
def lived_in(site: Site) -> Site:
    """The site, in which somebody has reported something in the community."""
    resident = site.world.resident(PHONE)
    with acting_as(resident):
        cases.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102"), by=resident)
    return site


def the_minute_passes() -> None:
    """The job that waits for the end of the minute, and what it looks at, are due now."""
    Announcement.objects.update(next_at=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = 'gateway.publish'")
        assert cursor.rowcount == 1


def test_water_off_is_told_to_the_neighbours(lived_in: Site, browser: Browser) -> None:
    site = lived_in
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto("/announce/")
    page.locator("main").get_by_role("link", name="写通知").first.click()
    page.locator("[name=unit]").select_option(label="水碾河社区 (W1)")
    page.fill("[name=title]", "水碾河停水")
    page.fill("[name=text]", "抢修水管，请提前储水。")
    page.get_by_role("button", name="看会通知到谁").click()
    expect(page.locator(".stat").first).to_contain_text("2")  # the neighbour, and the community's grid worker
    keep_picture(page, "announcement-preview")
    page.get_by_role("button", name="修改内容").click()
    page.fill("[name=title]", "水碾河停水两小时")
    page.get_by_role("button", name="看会通知到谁").click()
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("button", name="撤回")).to_be_visible()
    expect(page.locator("#standing")).to_contain_text(re.compile(r"\d+ 秒后发出"))
    keep_picture(page, "announcement-planned")

    resident = Person(browser, site, phone=True).sign_in_by_phone(PHONE)
    resident.page.goto("/home/")
    aside(the_minute_passes)
    # What was announced comes by itself to the open page of who announced it, and then stands on the first page of the neighbour.
    expect(page.locator("#standing")).to_contain_text("已全部通知")
    expect(page.get_by_role("button", name="撤回")).to_have_count(0)
    keep_picture(page, "announcement-sent")
    resident.page.goto("/home/")
    keep_picture(resident.page, "announcement-home")
    resident.page.locator("section[aria-labelledby=told]").get_by_role("link", name="水碾河停水两小时").click()
    expect(resident.page.locator("main")).to_contain_text("抢修水管，请提前储水。")
    keep_picture(resident.page, "announcement-read")
    assert desk.complaints == resident.complaints == []
