"""A page that is renewed by itself: who reads it by keyboard stays where they were, and what they opened stays open."""

import pytest
from playwright.sync_api import Browser, expect

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
