"""A page that is renewed by itself: who reads it by keyboard stays where they were, and what they opened stays open."""

import re

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Route, expect

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.rules import Report
from linli.foundation.access import Role, acting_as
from stories.browser import Person
from stories.eyes import keep_picture
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


# The page asks for all of itself anew, and what the answers do is done.
ALL_ASKED_ANEW = """() => new Promise((done) => {
  const asked = new Set(document.querySelectorAll("[data-live][hx-get]"));
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    asked.delete(detail.elt);
    if (!asked.size) setTimeout(done);
  });
  dispatchEvent(new Event("stale"));
})"""


def reported(site: Site, phone: str) -> Case:
    reporter = site.world.resident(phone)
    report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0102")
    with acting_as(reporter):
        return actions.collect(report=report, by=reporter).case


def test_a_page_whose_sign_in_has_ended_stays_as_it_is_and_leads_back(site: Site, browser: Browser) -> None:
    """What the page asks by itself is refused then: that is said once, and nothing is swapped for what a stranger may see."""
    case = beside(lambda: reported(site, "13800138021"))
    resident = Person(browser, site, phone=True).sign_in_by_phone("13800138021")
    page = resident.page
    page.goto(f"/case/{case.reference}/")
    page.locator("#more summary").click()
    page.fill("#more textarea", "灯杆也歪了")
    resident.context.clear_cookies(name="sessionid")
    page.evaluate(ALL_ASKED_ANEW)
    page.evaluate(ALL_ASKED_ANEW)
    said = page.locator("#messages > *")
    expect(said).to_have_count(1)
    expect(said).to_contain_text("您的登录已结束")
    expect(page.locator("#case")).to_contain_text("下一步")
    keep_picture(page, "live-signed-out")
    page.get_by_role("link", name="登录后继续").click()
    resident.give_phone_code("13800138021")
    expect(page.locator("#more textarea")).to_have_value("灯杆也歪了")
    assert resident.complaints == []


def test_a_page_is_not_renewed_as_another_account_sees_it(site: Site, browser: Browser) -> None:
    """On a telephone that two people share: the first one's page stands open in a tab while the second signs in."""
    case = beside(lambda: reported(site, "13800138022"))
    first = Person(browser, site, phone=True).sign_in_by_phone("13800138022")
    page = first.page
    page.goto(f"/case/{case.reference}/")
    first.page = first.open()
    first.context.clear_cookies(name="sessionid")
    first.sign_in_by_phone("13800138023")
    page.evaluate(ALL_ASKED_ANEW)
    expect(page.locator("#messages")).to_contain_text("您的登录已结束")
    expect(page.locator("#case")).to_contain_text("下一步")


SEEN = """(seen) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => !seen });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_that_nobody_sees_leaves_its_connection_to_others_and_catches_up(site: Site, browser: Browser) -> None:
    case = dispatched()
    page = Person(browser, site).sign_in("desk").page
    page.goto(f"/desk/?open={case.reference}")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    with page.expect_event("requestfailed", lambda request: "/live/" in request.url):
        page.evaluate(SEEN, False)
    dispatcher = beside(lambda: site.world.actor("dispatcher-4", Role.DISPATCHER, "5101"))
    beside(lambda: actions.comment(cases=[case.id], by=dispatcher, note=NOTE))
    page.evaluate(SEEN, True)
    expect(page.locator("#pane #record")).to_contain_text(NOTE)


def test_a_page_older_than_its_token_asks_for_another(site: Site, browser: Browser) -> None:
    """The command screen on a wall, a desk that is open since yesterday: the stream refuses their token."""
    case = dispatched()
    page = Person(browser, site).sign_in("desk").page
    page.clock.install()
    tokens: list[str] = []

    def too_old(route: Route) -> None:
        tokens.append(route.request.url)
        route.fulfill(status=403) if len(tokens) == 1 else route.continue_()

    page.route("**/live/**", too_old)
    page.goto(f"/desk/?open={case.reference}")
    expect(page.locator("html")).to_have_attribute("data-live", "off")
    page.clock.run_for(30_000)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    assert tokens[0] != tokens[1]


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
