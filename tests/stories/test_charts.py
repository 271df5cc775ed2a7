"""Charts in a real browser: drawn when they come into view, in the page's colours, under its policy; and without any script."""

import pytest
from django.contrib.staticfiles import finders
from factories.world import HERE
from playwright.sync_api import Browser, Locator, Route, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, acting_as
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser

# How much of the canvas is painted, and the sum of its colours: light on dark is another picture than dark on light.
PAINTED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0, colours = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) { painted += 1; colours += data[i] + data[i + 1] + data[i + 2]; }
  return [painted, colours];
}"""


@pytest.fixture
def built() -> None:
    if finders.find("web/built/chart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")


@pytest.fixture
def three_cases(site: Site) -> None:
    with acting_as(SYSTEM):
        for _number in range(3):
            actions.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM)
        # As the hour does, which may come at any moment of a story.
        actions.count_weeks(by=SYSTEM)


def picture(chart: Locator) -> list[int]:
    """Once its bars have grown: when it has stood still for half a second."""
    canvas = chart.locator("canvas")
    expect(canvas).to_be_visible()
    before, seen = [], list(canvas.evaluate(PAINTED))
    while seen != before:
        canvas.page.wait_for_timeout(500)
        before, seen = seen, list(canvas.evaluate(PAINTED))
    return seen


def test_a_leader_looks_at_the_weeks(site: Site, three_cases: None, browser: Browser, built: None) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.goto(f"/figures/?unit={site.world.id('W')}&weeks=4")
    chart = page.locator("[data-island=chart]").first
    expect(chart).to_have_attribute("role", "img")
    light = picture(chart)
    assert light[0] > 1000
    page.locator("details.me summary").click()
    page.locator("[name=theme][value=dark]").click()
    page.keyboard.press("Escape")
    dark = picture(chart)
    assert dark[1] / dark[0] > light[1] / light[0] + 100, "light letters and lines on a dark ground"
    # The same figures as a table, each leading to its cases.
    page.locator("figure.chart summary").first.click()
    page.locator("figure.chart").first.get_by_role("link", name="3", exact=True).click()
    page.wait_for_url("**/desk/**")
    expect(page.locator(".case-table tbody tr")).to_have_count(3)
    keep_picture(leader.page, "charts-weeks")
    assert leader.complaints == []


def test_a_chart_follows_its_table(site: Site, three_cases: None, browser: Browser, built: None) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.goto(f"/figures/?unit={site.world.id('W')}&weeks=4")
    chart = page.locator("[data-island=chart]").first
    before = picture(chart)

    def with_other_figures(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<td>", "<td>~", 1))

    page.locator("figure.chart summary").first.click()
    page.route("**/figures/?*", with_other_figures)
    with page.expect_response("**/api/v1/cases/figures/**"):
        page.evaluate("htmx.trigger(document.getElementById('figures'), 'live')")
    # The table that the reader had opened is still open.
    expect(page.locator("figure.chart td", has_text="~")).to_be_visible()
    assert picture(chart) == before
    assert leader.complaints == []


def test_what_cannot_be_drawn_is_read(site: Site, three_cases: None, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.route("**/built/**", lambda route: route.abort())
    page.goto("/figures/")
    expect(page.locator("figure.chart table").first).to_be_visible()
    expect(page.locator("[data-island=chart]").first).to_be_hidden()


def test_figures_without_script(site: Site, three_cases: None, browser: Browser) -> None:
    leader = Person(browser, site, java_script_enabled=False).sign_in("leader")
    page = leader.page
    page.goto("/rates/?weeks=4")
    page.goto("/figures/?weeks=4")
    page.locator("figure.chart summary").first.click()
    expect(page.locator("figure.chart").first.get_by_role("row")).to_have_count(5)
    keep_picture(leader.page, "charts-plain", whole=True)
    assert leader.complaints == []
