"""A page that is renewed by itself: who reads it by keyboard stays where they were, and what they opened stays open."""

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from linli.cases import actions
from linli.foundation.access import Role
from stories.browser import Person
from stories.stage import Site
from stories.test_field import beside, dispatched

pytestmark = pytest.mark.browser

NOTE = "居民要求上门前打电话"


# Something changed, the stream says: the page asks for itself anew, and what the answer does is done.
RENEWED = """() => new Promise((done) => {
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.requestConfig.elt.id === "actions") setTimeout(done); });
  dispatchEvent(new Event("stale"));
})"""


def test_nothing_moves_under_who_reads_the_case_beside_the_list(site: Site, browser: Browser) -> None:
    case = dispatched()
    page = Person(browser, site).sign_in("desk").page
    page.goto(f"/desk/?open={case.reference}")
    fold = page.locator("#pane details.offer", has=page.locator('form[action$="/comment/"]'))
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    page.evaluate("document.querySelector('#pane #actions').dataset.same = ''")
    # Nothing has changed since it was opened: it is not even replaced.
    page.evaluate(RENEWED)
    expect(page.locator("#pane #actions[data-same]")).to_have_count(1)
    expect(fold.locator("summary")).to_be_focused()
    # A colleague's step renews it; the fold stays open, and Tab goes on from there.
    dispatcher = beside(lambda: site.world.actor("dispatcher-3", Role.DISPATCHER, "5101"))
    beside(lambda: actions.comment(cases=[case.id], by=dispatcher, note=NOTE))
    expect(page.locator("#pane #record")).to_contain_text(NOTE)
    expect(page.locator("#pane #actions[data-same]")).to_have_count(0)
    expect(fold).to_have_attribute("open", "")
    expect(fold.locator("summary")).to_be_focused()


def test_what_is_asked_for_comes_where_the_page_has_renewed_itself_meanwhile(site: Site, browser: Browser) -> None:
    dispatched("路灯不亮")
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto("/desk/")
    rows = page.locator(".case-table tbody tr")
    expect(rows).to_have_count(1)
    asked: list[Route] = []
    page.route("**/desk/?*text=*", lambda route: asked.append(route), times=1)
    with page.expect_request("**/desk/?*text=*"):
        page.fill("#filter-text", "路灯")
    # While the answer is on its way, another case comes, and the list is renewed.
    dispatched("垃圾堆放在门口")
    expect(rows).to_have_count(2)
    asked[0].continue_()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("路灯不亮")
    assert desk.complaints == []


def test_of_two_presses_the_last_one_counts_whichever_is_answered_first(site: Site, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.goto(f"/map/?unit={site.world.id('5101')}")
    panel, units = page.locator("#map-panel"), page.locator("[data-units]")
    asked: list[Route] = []
    page.route(f"**/map/?unit={site.world.id('W')}", lambda route: asked.append(route), times=1)
    with page.expect_request(f"**/map/?unit={site.world.id('W')}"):
        units.get_by_role("link", name="双桥子街道").click()
    units.get_by_role("link", name="莲花街道").click()
    expect(panel).to_have_attribute("data-unit", str(site.world.id("E")))
    with page.expect_response(f"**/map/?unit={site.world.id('W')}"):
        asked[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(panel).to_have_attribute("data-unit", str(site.world.id("E")))
    assert leader.complaints == []


def test_a_case_that_is_open_no_more_does_not_come_beside_the_list(site: Site, browser: Browser) -> None:
    first, second = dispatched("路灯不亮"), dispatched("垃圾堆放在门口")
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.goto("/desk/")
    asked: list[Route] = []
    page.route(re.compile("/case/[^/]+/$"), lambda route: asked.append(route), times=2)
    for case in (first, second):
        page.locator(f'tr[data-case="{case.reference}"] .case-place').click()
    with page.expect_response(f"**/case/{first.reference}/"), page.expect_request(f"**/case/{second.reference}/"):
        asked[0].continue_()
    # The second is on its way; what stands beside the list belongs to the row that is marked.
    expect(page.locator("#pane h1")).to_have_count(0)
    page.wait_for_timeout(300)
    expect(page.locator("#pane h1")).to_have_count(0)
    asked[1].continue_()
    expect(page.locator("#pane h1")).to_have_text("垃圾堆放在门口")
    assert desk.complaints == []
