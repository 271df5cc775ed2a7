"""The tour in a real browser: once, by keyboard, without a jump of the page, and never above a warning."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from linli.web.help import TOURS
from stories.browser import PHONE, Person
from stories.stage import Site

pytestmark = pytest.mark.browser

SHIFT = """new Promise((done) => {
  let shift = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shift), 300);
})"""
MOST_SHIFT = 0.05


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("LINLI_STORY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_first_visit_is_shown_around_once_and_by_keyboard(site: Site, browser: Browser) -> None:
    grid = Person(browser, site, phone=True, new_here=True).sign_in("grid")
    page = grid.page
    page.goto("/field/")
    tour = page.locator("dialog.tour")
    expect(tour).to_be_visible()
    assert page.evaluate(SHIFT) < MOST_SHIFT
    for number in range(1, len(TOURS["field"].steps) + 1):
        heading = tour.locator("h2:visible")
        expect(heading).to_contain_text(f"第 {number} 步")
        assert heading.evaluate("heading => heading === document.activeElement")
        # The dialog keeps the focus.
        for _press in range(6):
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        if number == 1:
            keep_picture(page, "tour-field-phone")
        page.keyboard.press("ArrowRight")
    tour.locator("[data-done]").click()
    expect(tour).to_have_count(0)

    page.reload(wait_until="networkidle")
    page.wait_for_timeout(1000)
    expect(tour).to_have_count(0)
    page.locator("details.me summary").click()
    page.locator("[data-tour-steps]").click()
    expect(tour).to_be_visible()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    assert grid.complaints == []


def test_light_lies_on_what_the_step_speaks_of(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    page.locator("details.me summary").click()
    page.locator("[data-tour-steps]").click()
    tour = page.locator("dialog.tour")
    expect(tour).to_be_visible()
    for _step in TOURS["resident"].steps[1:]:
        tour.locator("[data-next]").click()
    light, card = tour.locator("[data-light]").bounding_box(), tour.locator(".tour-card").bounding_box()
    spoken_of = page.locator("[data-tour=me]").bounding_box()
    assert light
    assert card
    assert spoken_of
    assert abs(light["x"] - spoken_of["x"]) < 8
    assert light["x"] + light["width"] <= PHONE["viewport"]["width"]
    assert card["y"] > spoken_of["y"] + spoken_of["height"]
    keep_picture(page, "tour-light-phone")
    assert resident.complaints == []


def test_tour_never_lies_above_the_warning(site: Site, browser: Browser) -> None:
    resident = Person(browser, site, phone=True)
    page = resident.page
    page.goto("/report/")
    page.fill("[name=description]", "楼上着火了，有人被困")
    warning = page.locator("#emergency .notice")
    expect(warning).to_be_visible()
    page.locator("details.me summary").click()
    with resident.context.expect_page() as opened:
        page.locator("[data-tour-steps]").click()
    expect(opened.value.locator(".tour-list .cell")).to_have_count(len(TOURS["resident"].steps))
    expect(page.locator("dialog.tour")).to_have_count(0)
    expect(warning).to_be_visible()
    assert page.input_value("[name=description]") == "楼上着火了，有人被困"


def test_tour_and_help_without_script(site: Site, browser: Browser) -> None:
    page = Person(browser, site, new_here=True, java_script_enabled=False).page
    page.goto("/report/")
    page.locator("details.me summary").click()
    page.locator("[data-tour-steps]").click()
    expect(page.locator(".tour-list .cell")).to_have_count(len(TOURS["resident"].steps))
    page.goto("/report/")
    page.locator("details.fold summary").click()
    page.locator(".help-mark").first.click()
    expect(page.locator(".help-text").first).to_be_visible()
    keep_picture(page, "help-desktop")
