"""Dispatch in real browsers: what a dispatcher accepts stands in the worker's inbox with its reason, and rounds in their order."""

import time
from datetime import timedelta

import pytest
from bars.test_accessibility import violations
from django.contrib.staticfiles import finders
from django.utils import timezone
from factories.world import HERE
from playwright.sync_api import Browser, Route, expect

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.dispatch import actions
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people import queries as people
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def waiting(site: Site) -> str:
    """The number of a case that waits for somebody; the handler is on duty and close by."""
    world, hour = site.world, timedelta(hours=1)
    with acting_as(SYSTEM):
        desk = world.actor("whoever", Role.DESK, "5101")
        report = Report(description="单元门口堆了很多垃圾", lon=HERE[0], lat=HERE[1])
        case = cases.collect(report=report, by=SYSTEM).case
        cases.file(cases=[case.id], by=desk, class_code="0101")
        cases.dispatch(cases=[case.id], by=desk)
        handler, now = people.staff_id("handler"), clock.now()
        shift = {"person": handler, "body": world.bodies["street"].id, "unit": world.id("W")}
        actions.give_shift(**shift, starts_at=now - hour, ends_at=now + 8 * hour, by=SYSTEM)
        actions.note_arrival(person=handler, lon=HERE[0] + 0.003, lat=HERE[1], at=now)
    return case.reference


@pytest.fixture
def farther(site: Site, waiting: str) -> str:
    """The number of another that waits, on the other side of it."""
    with acting_as(SYSTEM):
        report = Report(description="楼道堆物", lon=HERE[0] - 0.002, lat=HERE[1])
        case = cases.collect(report=report, by=SYSTEM).case
        cases.file(cases=[case.id], by=site.world.actor("whoever else", Role.DESK, "5101"), class_code="0101")
    return case.reference


def answer_late(route: Route) -> None:
    time.sleep(0.5)
    route.continue_()


def test_what_a_dispatcher_accepts_arrives_in_the_field_with_its_reason(
    site: Site, waiting: str, browser: Browser
) -> None:
    worker = Person(browser, site, phone=True, english=True).sign_in("handler", english=True)
    worker.page.goto("/field/")
    task = worker.page.locator(f'[data-task="{waiting}"]')
    expect(task).to_contain_text("To take on")

    dispatcher = Person(browser, site, english=True).sign_in("dispatcher", english=True)
    page = dispatcher.page
    page.goto(f"/dispatch/?unit={site.world.id('W')}")
    # As long as it takes, the page says what is done. Nothing can be asked of a page that is being left: it notes it for the next.
    words = "document.querySelector('.dispatch-wait > span').checkVisibility()"
    assert not page.evaluate(words)
    page.evaluate(f"addEventListener('submit', () => setTimeout(() => (sessionStorage.seen = {words}), 100))")
    page.route("**/dispatch/propose/", answer_late)
    page.get_by_role("button", name="Propose who goes").click()
    line = page.locator(f'[data-case="{waiting}"]')
    expect(line).to_contain_text("nearest, 0 open tasks, 370 m")
    assert page.evaluate("sessionStorage.seen") == "true"
    assert violations(page) == []
    page.get_by_role("button", name="See what follows, then send").click()
    expect(page.get_by_role("heading", name="What follows")).to_be_visible()
    expect(page.locator(".stats")).to_contain_text("After their limit")
    assert violations(page) == []
    page.get_by_role("button", name="Send 1 case").click()
    expect(page.locator("#messages")).to_contain_text("1 case has somebody now.")
    expect(page.locator("#dispatch")).to_contain_text("Everything has somebody")

    # It appears by itself, as the worker's own; the reason is in the city's language, as it was written.
    expect(task).to_contain_text("Assigned to you")
    expect(task).to_contain_text("Sent to you by Jinjiang · Dispatcher: 距离最近，手上 0 件，370 米")
    task.get_by_role("link").click()
    expect(worker.page.locator("#task")).to_contain_text("距离最近")
    worker.page.get_by_role("button", name="Accept").click()
    expect(worker.page.get_by_role("button", name="On my way")).to_be_visible()
    # Whoever has begun cannot lose it again.
    page.reload()
    expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    keep_picture(page, "dispatch-sent")
    assert dispatcher.complaints == []
    assert worker.complaints == []


def test_down_on_the_map_through_a_day_and_somebody_is_sent(site: Site, waiting: str, browser: Browser) -> None:
    """What the smart map is for, in one go: seeing where it is, seeing how it came about, and sending whoever can do it."""
    if finders.find("web/built/smart.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    dispatcher = Person(browser, site, english=True, reduced_motion="reduce").sign_in("dispatcher", english=True)
    page = dispatcher.page
    page.goto(f"/map/?unit={site.world.id('5101')}")
    expect(page.locator("#smart-map canvas")).to_be_visible()
    for code in ("W", "W1"):
        page.locator(f'[data-units] a[href*="unit={site.world.id(code)}"]').first.click()
        expect(page.locator("#map-panel")).to_have_attribute("data-unit", str(site.world.id(code)))
    expect(page.locator("#map-status")).to_contain_text("1")
    # A day before it was reported nothing stood there, hour by hour.
    page.select_option("#map-show", "standing")
    page.fill("#map-day", (timezone.localdate(clock.now()) - timedelta(days=1)).isoformat())
    page.locator("#map-hour").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#map-moment")).to_contain_text("02:00")
    expect(page.locator("#map-status")).to_contain_text("0")
    page.goto(f"/case/{waiting}/")
    expect(page.get_by_role("link", name="The nearest people")).to_be_visible()
    page.goto(f"/dispatch/?unit={site.world.id('W')}")
    page.get_by_role("button", name="Propose who goes").click()
    page.get_by_role("button", name="See what follows, then send").click()
    page.get_by_role("button", name="Send 1 case").click()
    expect(page.locator("#messages")).to_contain_text("1 case has somebody now.")
    worker = Person(browser, site, phone=True, english=True).sign_in("handler", english=True)
    worker.page.goto("/field/")
    expect(worker.page.locator(f'[data-task="{waiting}"]')).to_contain_text("Assigned to you")
    keep_picture(page, "dispatch-from-map")
    assert dispatcher.complaints == []
    assert worker.complaints == []


def test_a_round_is_planned_sent_and_stands_in_the_inbox_in_its_order(
    site: Site, waiting: str, farther: str, browser: Browser
) -> None:
    dispatcher = Person(browser, site, english=True).sign_in("dispatcher", english=True)
    page = dispatcher.page
    page.goto(f"/dispatch/?unit={site.world.id('W')}")
    page.get_by_role("link", name="Plan rounds").click()
    expect(page.locator("main")).to_contain_text("2 cases of normal priority wait for somebody.")
    page.get_by_role("button", name="Plan the rounds").click()
    # The worker plans; the page hears of it.
    page.get_by_role("link", name="See what was found").click()
    expect(page.locator("#rounds")).to_contain_text("2 stops")
    assert violations(page) == []
    page.get_by_role("button", name="Send these rounds").click()
    expect(page.locator("#rounds")).to_contain_text("2 stops are sent.")
    worker = Person(browser, site, phone=True, english=True).sign_in("handler", english=True)
    worker.page.goto("/field/")
    expect(worker.page.get_by_role("heading", name="Your round 2")).to_be_visible()
    stops = worker.page.locator(".task-section.round [data-task]")
    expect(stops.nth(0)).to_contain_text("stop 1")
    expect(stops.nth(0)).to_have_attribute("data-task", waiting)
    expect(stops.nth(1)).to_have_attribute("data-task", farther)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#messages")).to_contain_text("2 cases were taken back.")
    expect(worker.page.locator(".task-section.round")).to_have_count(0)
    keep_picture(worker.page, "dispatch-round")
    assert dispatcher.complaints == []
    assert worker.complaints == []


def test_a_what_if_says_what_it_works_out_until_the_difference_is_there(
    site: Site, waiting: str, browser: Browser
) -> None:
    dispatcher = Person(browser, site, english=True).sign_in("dispatcher", english=True)
    page = dispatcher.page
    page.goto(f"/dispatch/what-if/?unit={site.world.id('W')}")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if route.request.headers.get("hx-target") == "working" else route.continue_()

    def under_way() -> Route:
        expect(page.locator("#working .loading")).to_be_visible()
        # It is asked for a moment after its words are there.
        for _turn in range(100):
            if held:
                break
            page.wait_for_timeout(50)
        return held.pop()

    page.route("**/dispatch/what-if/**", hold)
    compare, said = page.get_by_role("button", name="Compare"), page.locator("#said")
    page.locator("[name=without]").first.check()
    compare.click()
    expect(said).to_contain_text("Two proposals are being worked out (people: 1, cases: 1).")
    first = under_way()
    expect(compare).to_be_disabled()
    assert violations(page) == []
    keep_picture(page, "dispatch-what-if-working")
    first.continue_()
    expect(said).to_contain_text("1 case would go to somebody else, or to nobody.")
    expect(page.locator("#difference table")).to_contain_text("nobody")
    expect(compare).to_be_enabled()
    assert violations(page) == []
    keep_picture(page, "dispatch-what-if")
    # The address leads to the same, and back from another question too.
    page.locator("[name=without]").first.uncheck()
    page.fill("#more", "2")
    compare.click()
    under_way().continue_()
    expect(page.locator("#difference .stats")).to_be_visible()
    page.go_back()
    under_way().continue_()
    expect(page.locator("#difference table")).to_contain_text("nobody")
    expect(page.locator("[name=without]").first).to_be_checked()
    assert dispatcher.complaints == []
    # The network goes: nobody is left before lines that breathe.
    compare.click()
    under_way().abort()
    expect(page.locator("#working")).to_contain_text("This was not finished. Press “Compare” again.")
    expect(page.locator("#working .loading")).to_be_hidden()
    expect(said).to_be_hidden()
    expect(compare).to_be_enabled()


def test_the_nearest_are_called_by_one_press_and_their_answer_is_seen(
    site: Site, waiting: str, browser: Browser
) -> None:
    dispatcher = Person(browser, site, english=True).sign_in("dispatcher", english=True)
    page = dispatcher.page
    page.goto(f"/dispatch/?unit={site.world.id('W')}")
    page.get_by_label("Number of the case").fill(waiting)
    page.get_by_role("button", name="Gather people").click()
    page.get_by_role("button", name="Call 1 person").click()
    expect(page.locator("#gathering")).to_contain_text("No answer yet")
    assert violations(page) == []

    worker = Person(browser, site, phone=True, english=True).sign_in("handler", english=True)
    worker.page.goto("/field/")
    worker.page.get_by_role("link", name="Called to an emergency").click()
    expect(worker.page.get_by_role("button", name="I am coming")).to_be_visible()
    assert violations(worker.page) == []
    worker.page.get_by_role("button", name="I am coming").click()
    expect(worker.page.locator("main")).to_contain_text("Coming")
    # The dispatcher's page hears of it.
    expect(page.locator("#gathering")).to_contain_text("1 coming")
    keep_picture(dispatcher.page, "dispatch-called")
    assert dispatcher.complaints == []
    assert worker.complaints == []
