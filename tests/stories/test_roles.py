"""Each role that signs in to a page does its first job there, at the size at which it works."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.cases import actions
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role
from stories import test_announcement, test_console, test_field, test_hotline, test_one_case_in_the_browser
from stories.browser import Person
from stories.stage import Site, employ
from stories.test_field import beside
from stories.test_one_case_in_the_browser import do
from stories.test_tour import keep_picture

pytestmark = pytest.mark.browser

# Roles whose first job has a story of its own.
ELSEWHERE = {
    Role.DESK: (test_console.test_a_morning_at_the_desk_by_keyboard, test_announcement.test_water_off_is_told_to_the_neighbours),
    Role.HANDLER: (test_field.test_a_task_from_the_inbox_to_its_proof,),
    Role.HOTLINE_CLERK: (test_hotline.test_a_whole_call_by_keyboard_in_a_minute,),
    Role.VERIFIER: (test_one_case_in_the_browser.test_from_report_to_rating,),
}  # fmt: skip


@dataclass
class Job:
    do: Callable[[Page, str], None]
    phone: bool = False


def dispatch(page: Page, case: str) -> None:
    page.goto("/desk/?state=filed")
    page.locator(".case-table tbody tr a").first.click()
    page.goto(f"/case/{case}/")
    do(page, "dispatch")
    expect(page.locator("#case .badge").first).to_have_text("已派遣")


def report_on_the_round(page: Page, case: str) -> None:
    page.goto("/field/")
    page.locator("main").get_by_role("link", name="上报").first.click()
    page.fill("[name=description]", "巡查发现井盖破损")
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/case/**")
    expect(page.locator("main")).to_contain_text("巡查发现井盖破损")


def supervise(page: Page, case: str) -> None:
    page.goto("/figures/")
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"/case/{case}/")
    do(page, "supervise", note="今天必须清运。")
    expect(page.locator("#record")).to_contain_text("今天必须清运。")


def appoint(page: Page, case: str) -> None:
    page.goto("/people/")
    page.locator("main").get_by_role("link", name="授予岗位").first.click()
    page.fill("[name=username]", "clerk")
    page.locator("[name=role]").select_option(label="核查员")
    page.fill("[name=unit]", "E")
    page.locator("main form button:not([type=button])").last.click()
    # What follows is shown before it happens.
    page.locator("button[name=sure]").click()
    expect(page.locator("main")).to_contain_text("莲花街道")


def audit(page: Page, case: str) -> None:
    page.goto("/audit/")
    page.fill("#number", case)
    page.locator("main form button").first.click()
    expect(page.locator("#chain")).to_contain_text(case)
    expect(page.locator("main .badge.good").first).to_be_visible()
    expect(page.locator("main .badge.bad")).to_have_count(0)


HERE_ALONE = {
    Role.DISPATCHER: Job(dispatch),
    Role.GRID_WORKER: Job(report_on_the_round, phone=True),
    Role.LEADER: Job(supervise),
    Role.ADMIN: Job(appoint),
    Role.AUDITOR: Job(audit),
}
ACCOUNTS = {
    Role.DISPATCHER: "dispatcher", Role.GRID_WORKER: "grid", Role.LEADER: "leader", Role.ADMIN: "admin", Role.AUDITOR: "auditor",
}  # fmt: skip


def test_no_role_is_without_a_story() -> None:
    assert HERE_ALONE.keys() | ELSEWHERE.keys() == set(Role)


def test_each_role_does_its_first_job(site: Site, browser: Browser) -> None:
    def filed() -> str:
        for role in (Role.ADMIN, Role.AUDITOR):
            site.secrets[role] = employ(site.world, role, role, "51", None)
        case = actions.collect(report=Report(description="垃圾堆放在门口", lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
        actions.file(cases=[case.id], by=SYSTEM, class_code="0101")
        return case.reference

    case = beside(filed)
    position = {"longitude": HERE[0], "latitude": HERE[1]}
    for role, job in HERE_ALONE.items():
        person = Person(browser, site, phone=job.phone, geolocation=position, permissions=["geolocation"])
        person.sign_in(ACCOUNTS[role])
        job.do(person.page, case)
        keep_picture(person.page, f"role-{role}")
        assert person.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
            role
        )
        assert person.complaints == [], role
        person.context.close()
