"""Dispatch in real browsers: a dispatcher accepts a proposal, and it stands in the worker's inbox with who sent it and why."""

from datetime import timedelta

import pytest
from bars.test_accessibility import violations
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.dispatch import actions
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people import queries as people
from stories.browser import Person
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
    page.get_by_role("button", name="Propose who goes").click()
    line = page.locator(f'[data-case="{waiting}"]')
    expect(line).to_contain_text("nearest, 0 open tasks, 370 m")
    assert violations(page) == []
    page.get_by_role("button", name="See what follows, then send").click()
    expect(page.get_by_role("heading", name="What follows")).to_be_visible()
    expect(page.locator(".stats")).to_contain_text("After their limit")
    assert violations(page) == []
    page.get_by_role("button", name="Send 1 case").click()
    expect(page.locator("#messages")).to_contain_text("1 case has somebody now.")
    expect(page.locator("#dispatch")).to_contain_text("Everything has somebody")

    # It appears by itself, as the worker's own, in the city's language as timelines are.
    expect(task).to_contain_text("Assigned to you")
    expect(task).to_contain_text("Sent to you by 锦江区 · 派遣员: 距离最近，手上 0 件，370 米")
    task.get_by_role("link").click()
    expect(worker.page.locator("#task")).to_contain_text("距离最近")
    worker.page.get_by_role("button", name="Accept").click()
    expect(worker.page.get_by_role("button", name="On my way")).to_be_visible()
    # Whoever has begun cannot lose it again.
    page.reload()
    expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    assert dispatcher.complaints == []
    assert worker.complaints == []


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
    assert dispatcher.complaints == []
    assert worker.complaints == []
