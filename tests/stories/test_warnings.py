"""Warnings in a real browser: seen, opened, its cases on the map, taken on, made a case; another dismissed; precision follows."""

import pytest
from bars.test_accessibility import violations
from factories.warnings import raised
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from linli.insight.models import Warning
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def found(site: Site) -> tuple[Warning, Warning]:
    """A cluster of three cases, and a surge."""
    with acting_as(SYSTEM):
        report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102")
        told = [actions.collect(report=report, by=SYSTEM).case.id for _number in range(3)]
        return raised(site.world, told), raised(site.world, told[:1], kind="surge", places=[])


def test_a_warning_becomes_a_case_and_another_is_dismissed(
    site: Site, found: tuple[Warning, Warning], browser: Browser
) -> None:
    cluster, surge = found
    leader = Person(browser, site, english=True).sign_in("leader", english=True)
    page = leader.page
    page.goto("/warnings/")
    expect(page.locator("#warnings a[href^='/warnings/']").filter(has_text="24")).to_have_count(2)
    assert violations(page) == []

    page.locator(f"#warnings a[href='/warnings/{cluster.pk}/']").click()
    expect(page.locator("main")).to_contain_text("24 reports, where about 6.1")
    expect(page.get_by_role("heading", name="Where it is")).to_be_visible()
    expect(page.locator("section[aria-labelledby='where'] svg[role='group']")).to_be_visible()
    expect(page.locator("section[aria-labelledby='cases'] a[href^='/case/']")).to_have_count(3)
    assert violations(page) == []
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#standing")).to_contain_text("Acknowledged")
    page.get_by_label("Your words").fill("Look at all the lamps of the courtyard at once")
    page.get_by_role("button", name="Make it a case").click()
    page.goto(f"/warnings/{cluster.pk}/")
    expect(page.locator("#standing")).to_contain_text("It was made a case.")
    expect(page.get_by_role("button", name="Dismiss it")).to_have_count(0)

    page.goto("/warnings/")
    precision = page.locator("section[aria-labelledby='precision']")
    expect(precision).to_contain_text("100%")
    page.locator(f"#warnings a[href='/warnings/{surge.pk}/']").click()
    page.get_by_role("button", name="Dismiss it").click()
    expect(page.locator("main")).to_contain_text("Say in a few words why")
    page.get_by_label("Your words").fill("The hotline had a campaign that day")
    page.get_by_role("button", name="Dismiss it").click()
    expect(page.locator("#standing")).to_contain_text("The hotline had a campaign that day")

    page.goto("/warnings/")
    expect(precision).to_contain_text("0%")
    expect(precision.locator("tbody tr")).to_have_count(2)
    expect(page.locator(f"#warnings a[href='/warnings/{surge.pk}/']")).to_have_count(0)
    page.get_by_role("link", name="Dismissed").click()
    expect(page.locator(f"#warnings a[href='/warnings/{surge.pk}/']")).to_be_visible()
    keep_picture(leader.page, "warnings")
    assert leader.complaints == []

    # Made a case, it waits at the desk, with the words.
    page.goto(f"/warnings/{cluster.pk}/")
    page.locator("#standing .notice a").click()
    expect(page.locator("main")).to_contain_text("Look at all the lamps of the courtyard at once")
