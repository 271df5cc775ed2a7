"""One case on tablets, held upright and across: everyone's main job in it fits the screen, and nothing on it is out of reach."""

import os
from pathlib import Path

import pytest
from bars.test_accessibility import violations
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases.models import Case, State
from stories.browser import Person
from stories.stage import Site
from stories.test_field import beside, photo, report_back, sent, step
from stories.test_one_case_in_the_browser import do

pytestmark = pytest.mark.browser

TABLETS = {"upright": (820, 1180), "across": (1180, 820)}
AT = {"geolocation": {"longitude": HERE[0], "latitude": HERE[1]}, "permissions": ["geolocation"]}
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


class Tablet:
    """The tablet on which each of them works."""

    def __init__(self, site: Site, browser: Browser, held: str) -> None:
        self.site, self.browser, self.held = site, browser, held

    def person(self, name: str = "") -> Person:
        width, height = TABLETS[self.held]
        size = {"viewport": {"width": width, "height": height}}
        person = Person(self.browser, self.site, phone=True, **size, **AT)
        return person.sign_in(name) if name else person.sign_in_by_phone("13800138000")

    def judge(self, person: Person, name: str) -> None:
        """The page fits and can be used by everybody; kept as a picture where somebody wants to see it."""
        page, before = person.page, list(person.complaints)
        assert page.evaluate(FITS), f"{name} scrolls sideways {self.held}"
        assert violations(page) == [], f"{name} {self.held}"
        # What axe tries out on the page, the page's policy refuses: that is no complaint of the page's own.
        person.complaints[:] = before
        if folder := os.environ.get("LINLI_STORY_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"tablet-{self.held}-{name}.png")


@pytest.mark.parametrize("held", TABLETS)
def test_one_case_on_tablets(site: Site, browser: Browser, held: str) -> None:
    tablet = Tablet(site, browser, held)
    number = report(tablet)
    people = [dispatch(tablet, number), handle(tablet, number), verify(tablet, number), take_a_call(tablet)]
    assert [person.complaints for person in people] == [[]] * len(people)


def report(tablet: Tablet) -> str:
    """A resident's report, to its number."""
    resident = tablet.person()
    page = resident.page
    tablet.judge(resident, "resident-home")
    page.goto("/report/")
    page.fill("[name=description]", "门口垃圾堆了三天，气味很大")
    page.locator("#id_photos").set_input_files(photo("teal"))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    expect(page.locator("[name=class_code][value='0101']")).to_be_attached()
    tablet.judge(resident, "resident-report")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/case/**")
    tablet.judge(resident, "resident-number")
    assert resident.complaints == []
    return beside(Case.objects.get).reference


def dispatch(tablet: Tablet, number: str) -> Person:
    """The desk files the case that is open from its list, and sends it on."""
    desk = tablet.person("desk")
    page = desk.page
    page.goto("/desk/")
    tablet.judge(desk, "desk-list")
    page.locator(".case-name a").click()
    # Across, the case stands beside its list; upright it has the whole page.
    beside_the_list = page.locator("#pane") if tablet.held == "across" else page.locator("main:not(:has(#pane))")
    expect(beside_the_list.locator(".case-page h1")).to_contain_text("门口垃圾堆了三天")
    tablet.judge(desk, "desk-case")
    do(page, "file", class_code="暴露垃圾")
    expect(page.locator('form[action$="/dispatch/"]')).to_be_visible()
    tablet.judge(desk, "desk-filed")
    do(page, "dispatch")
    expect(page.locator('form[action$="/dispatch/"]')).to_have_count(0)
    tablet.judge(desk, "desk-dispatched")
    assert now_is(State.DISPATCHED)
    return desk


def handle(tablet: Tablet, number: str) -> Person:
    """A field worker takes the task on, and reports it done."""
    worker = tablet.person("handler")
    page = worker.page
    page.goto("/field/")
    expect(page.locator(".task-card a")).to_be_visible()
    tablet.judge(worker, "field-inbox")
    page.locator(".task-card a").click()
    tablet.judge(worker, "field-task")
    case = beside(Case.objects.get)
    ways = ("accept", "set_out", "arrive")
    for number, name in enumerate(ways, start=1):
        step(page, name)
        sent(page, case, *ways[:number])
    expect(page.locator('[data-opens="report-back"]')).to_be_visible()
    tablet.judge(worker, "field-arrived")
    report_back(page)
    page.wait_for_url("**/field/")
    assert now_is(State.HANDLED)
    return worker


def verify(tablet: Tablet, number: str) -> Person:
    verifier = tablet.person("verifier")
    page = verifier.page
    page.goto("/verify/")
    expect(page.locator(".check-card")).to_contain_text(number)
    tablet.judge(verifier, "verify")
    page.locator(".check-ways form[action$='/verify/'] button").click()
    expect(page.locator(".check-card")).to_have_count(0)
    tablet.judge(verifier, "verified")
    assert now_is(State.VERIFIED)
    return verifier


def take_a_call(tablet: Tablet) -> Person:
    clerk = tablet.person("clerk")
    page = clerk.page
    page.goto("/hotline/")
    page.fill("#id_contact_phone", "13700001111")
    page.fill("#id_description", "路灯不亮，晚上很黑")
    page.fill("#id_place", "水碾河北街院落")
    page.locator("#id_place").blur()
    expect(page.locator("#readback")).to_contain_text("水碾河")
    tablet.judge(clerk, "hotline-call")
    page.locator('#call [value="file"]').click()
    page.wait_for_url("**/hotline/?filed=*")
    tablet.judge(clerk, "hotline-filed")
    return clerk


def now_is(state: State) -> bool:
    return beside(lambda: Case.objects.get().state) == state
