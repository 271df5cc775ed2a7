"""Decisions in a real browser: units compared, the rows behind a figure, and what a renewal brought."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from bars.test_accessibility import violations
from django.contrib.staticfiles import finders
from django.utils import timezone
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases import actions, rules
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.territory import queries as territory
from linli.territory.models import Unit
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser
# W1 and W2.
PLACES = (HERE, (104.01, 30.63))
WEEKS = 4


def tell(place: tuple[float, float], day: date, count: int) -> None:
    at = datetime.combine(day, time(9), ZoneInfo("Asia/Shanghai"))
    for _number in range(count):
        report = Report(description="路灯不亮", lon=place[0], lat=place[1], class_code="0102")
        case = actions.collect(report=report, by=SYSTEM).case
        Case.objects.filter(pk=case.pk).update(reported_at=at)


@pytest.fixture
def renewed(site: Site) -> date:
    """The Monday on which the lamps of W1 were renewed: eight reports a week before, two after; around it four all the time."""
    this_week = rules.monday(timezone.localdate(clock.now()))
    done = this_week - timedelta(weeks=WEEKS)
    with acting_as(SYSTEM):
        Unit.objects.filter(code__in=["W1", "W2"]).update(managed_population=10_000)
        territory.forget()
        for number in range(2 * WEEKS):
            monday = done + timedelta(weeks=number - WEEKS)
            tell(PLACES[0], monday, 8 if monday < done else 2)
            tell(PLACES[1], monday, 4)
    return done


def test_from_a_comparison_to_its_rows_and_to_what_a_renewal_brought(
    site: Site, renewed: date, browser: Browser
) -> None:
    if finders.find("web/built/chart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    leader = Person(browser, site, english=True).sign_in("leader", english=True)
    page = leader.page
    page.goto(f"/compare/?unit={site.world.id('W')}&weeks=13")
    expect(page.locator("figure.chart canvas")).to_have_count(1)
    expect(page.locator("main")).to_contain_text("How to read it")
    assert violations(page) == []

    # Forty reports came in W1; the number leads to exactly these.
    row = page.locator("tbody tr", has_text="Shuinianhe").filter(has=page.locator("td.number"))
    row.get_by_role("link", name="40", exact=True).click()
    page.wait_for_url("**/desk/**")
    expect(page.locator(".case-table tbody tr")).to_have_count(40)
    page.go_back()

    row.get_by_role("link", name="Shuinianhe").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Shuinianhe")
    page.get_by_role("link", name="Before and after the work").click()
    expect(page.locator("main")).to_contain_text("What did an intervention bring?")
    page.get_by_label("Day of the intervention").fill(renewed.isoformat())
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="4 weeks", exact=True).click()
    expect(page.locator("main")).to_contain_text("% fewer cases than its surroundings would let expect")
    expect(page.locator("main")).to_contain_text("regression to the mean")
    expect(page.locator("figure.chart canvas")).to_have_count(1)
    assert violations(page) == []
    # A week of the table leads to its reports.
    page.locator("figure.chart summary").click()
    page.locator("figure.chart tbody tr").last.get_by_role("link", name="8", exact=True).click()
    page.wait_for_url("**/desk/**")
    expect(page.locator(".case-table tbody tr")).to_have_count(8)
    keep_picture(leader.page, "decisions")
    assert leader.complaints == []
