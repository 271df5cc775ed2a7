"""The tour in a real browser: once, by keyboard, without a jump of the page, and never above a warning."""

from uuid import UUID

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Person as Account
from linli.web.help import TOURS
from stories.browser import PHONE, Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import dispatched

pytestmark = pytest.mark.browser

SHIFT = """new Promise((done) => {
  let shift = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shift), 300);
})"""
MOST_SHIFT = 0.05


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
    # Enter on its heading goes on to the end of it, as Next and Done do.
    for _step in TOURS["field"].steps:
        page.keyboard.press("Enter")
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


# Who is shown which tour.
VISITORS = {
    "resident": "resident", "elder": "resident", "field": "handler", "desk": "desk", "hotline": "clerk", "verifier": "verifier",
    "dispatch": "dispatcher", "leader": "leader",
}  # fmt: skip
SIZES = {"phone": PHONE["viewport"], "desktop": {"width": 1280, "height": 800}}


@pytest.fixture
def at_work(site: Site) -> Site:
    """The site with a case that waits for its handler, one that waits for the verifier, and a resident's own."""
    world = site.world
    with acting_as(SYSTEM):
        world.people |= {account.username or "": account for account in Account.objects.exclude(username=None)}
    resident = world.resident("13800001234")
    desk, handler = world.actor("desk", Role.DESK, "5101"), world.actor("handler", Role.HANDLER, "W", "street")

    def to_the_handler() -> UUID:
        report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0103")
        with acting_as(resident):
            case = cases.collect(report=report, by=resident).case.id
        with acting_as(desk):
            cases.file(cases=[case], by=desk)
            cases.dispatch(cases=[case], by=desk, body_id=world.bodies["street"].id, note="就近处理")
        return case

    to_the_handler()
    done = to_the_handler()
    with acting_as(handler):
        cases.accept(cases=[done], by=handler)
        cases.report_back(cases=[done], by=handler, note="已更换。")
    return site


def test_every_step_points_at_its_thing_on_a_phone_and_on_a_desktop(at_work: Site, browser: Browser) -> None:
    people: dict[str, Person] = {}
    for name, tour in TOURS.items():
        who = VISITORS[name]
        if who not in people:
            person = Person(browser, at_work)
            people[who] = person.sign_in_by_phone("13800001234") if who == "resident" else person.sign_in(who)
        page = people[who].page
        if name == "elder":
            page.goto("/elder/")
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            page.goto(tour.starts[0])
            page.locator("details.me summary").click()
            page.locator("[data-tour-steps]").click()
            dialog = page.locator("dialog.tour")
            expect(dialog).to_be_visible()
            for number, step in enumerate(tour.steps):
                keep_picture(page, f"tour-{name}-{size}-{number}")
                points_at(page, f"{name}, {step.at}, {size}", step.at, viewport)
                if number + 1 < len(tour.steps):
                    dialog.locator("[data-next]").click()
    assert [person.complaints for person in people.values()] == [[]] * len(people)


def test_light_follows_a_page_that_renews_itself(at_work: Site, browser: Browser) -> None:
    handler = Person(browser, at_work, phone=True, new_here=True).sign_in("handler")
    page = handler.page
    page.goto("/field/")
    expect(page.locator("dialog.tour")).to_be_visible()
    tasks = page.locator("[data-task]")
    before = tasks.count()
    dispatched()
    expect(tasks).to_have_count(before + 1)
    points_at(page, "handler", TOURS["field"].steps[0].at, PHONE["viewport"])
    assert handler.complaints == []


def test_tour_of_somebody_who_has_no_tasks_points_at_what_they_reported(at_work: Site, browser: Browser) -> None:
    grid = Person(browser, at_work, phone=True, new_here=True).sign_in("grid")
    grid.page.goto("/field/")
    expect(grid.page.locator("dialog.tour")).to_be_visible()
    points_at(grid.page, "grid", "inbox", PHONE["viewport"])
    expect(grid.page.locator(".tour-here")).to_contain_text("我上报的")


def points_at(page: Page, where: str, name: str, viewport: dict[str, int]) -> None:
    """The light lies in view, on something that is marked with this name, and the card leaves most of it free."""
    dialog = page.locator("dialog.tour")
    light, card = dialog.locator("[data-light]").bounding_box(), dialog.locator(".tour-card").bounding_box()
    lit = page.locator(f".tour-here[data-tour~={name}]")
    assert lit.count() == 1, f"{where}: nothing is lit"
    assert light, where
    assert card, where
    assert light["x"] >= 0, where
    assert light["y"] >= 0, where
    assert light["x"] + light["width"] <= viewport["width"], where
    assert light["y"] + light["height"] <= viewport["height"], where
    assert min(light["width"], light["height"]) >= 20, where
    shared_width = min(light["x"] + light["width"], card["x"] + card["width"]) - max(light["x"], card["x"])
    shared_height = min(light["y"] + light["height"], card["y"] + card["height"]) - max(light["y"], card["y"])
    hidden = max(shared_width, 0) * max(shared_height, 0)
    assert hidden <= 0.6 * light["width"] * light["height"], f"{where}: the card lies on it"


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
