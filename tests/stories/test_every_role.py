"""Each role signs in at the size at which it works. Who does what where:

| Role          | Size            | First job                                | Story                                          |
|---------------|-----------------|------------------------------------------|------------------------------------------------|
| grid worker   | phone           | opens the inbox, and reports what it sees | here                                           |
| hotline clerk | desktop         | files a call by keyboard                 | test_hotline                                   |
| desk clerk    | desktop         | files and dispatches                     | test_console, test_one_case_in_the_browser     |
| dispatcher    | desktop         | finds what waits, and dispatches it      | here                                           |
| handler       | phone           | from the inbox to the proof              | test_field                                     |
| verifier      | tablet, desktop | passes what was done                     | test_tablets, test_one_case_in_the_browser     |
| leader        | desktop         | supervises a case                        | here                                           |
| administrator | desktop         | gives somebody a post                    | here                                           |
| auditor       | desktop         | checks a case's chain                    | here                                           |

Residents, who hold no post: test_resident, test_elders, test_by_keyboard.
"""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from linli.cases.models import Case, State
from linli.foundation.access import Role
from stories.browser import Person
from stories.stage import Site, _employ
from stories.test_console import tell
from stories.test_field import beside, now, photo
from stories.test_one_case_in_the_browser import do
from stories.test_stale_pages import filed

pytestmark = pytest.mark.browser

TOLD_ELSEWHERE = {Role.HOTLINE_CLERK, Role.DESK, Role.HANDLER, Role.VERIFIER}
Job = Callable[[Page, Case], None]


def report_on_the_round(page: Page, case: Case) -> None:
    page.goto("/field/")
    expect(page.locator("#inbox")).to_be_visible()
    page.goto("/report/")
    page.fill("[name=description]", "井盖破损，很危险")
    page.fill("[name=place]", "水碾河北街院落")
    page.locator("#id_photos").set_input_files(photo("teal"))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/case/**")
    assert beside(Case.objects.count) == 2


def dispatch_what_waits(page: Page, case: Case) -> None:
    page.goto("/desk/?state=filed")
    page.locator(".case-name a").click()
    do(page, "dispatch", note="就近处理")
    expect(page.locator(".case-table tbody tr")).to_have_count(0)
    assert now(case).state == State.DISPATCHED


def supervise(page: Page, case: Case) -> None:
    page.goto("/figures/")
    expect(page.locator("main h1")).to_be_visible()
    page.goto(f"/case/{case.reference}/")
    do(page, "supervise", note="请今天之内处理。")
    expect(page.locator("#record")).to_contain_text("请今天之内处理。")


def appoint(page: Page, case: Case) -> None:
    page.goto("/people/")
    page.get_by_role("link", name="授予岗位").click()
    page.fill("[name=username]", "verifier")
    page.select_option("[name=role]", Role.VERIFIER)
    page.fill("[name=unit]", "E")
    page.fill("[name=reason]", "莲花街道缺人")
    page.locator("main form button").last.click()
    expect(page.locator("main")).to_contain_text("尚未保存")
    page.locator("button[name=sure]").click()
    expect(page.locator("main h1")).to_have_text("核查员")
    expect(page.locator("main")).to_contain_text("莲花街道")


def check_the_chain(page: Page, case: Case) -> None:
    page.goto("/audit/")
    page.get_by_label("案卷编号").fill(case.reference)
    page.get_by_label("案卷编号").press("Enter")
    chain = page.locator("[aria-labelledby=chain] tbody tr")
    expect(chain).to_contain_text(["collect", "file", "dispatch", "supervise"])
    expect(chain.locator(".badge.good")).to_have_count(4)


JOBS: dict[Role, tuple[str, Job]] = {
    Role.GRID_WORKER: ("grid", report_on_the_round),
    Role.DISPATCHER: ("dispatcher", dispatch_what_waits),
    Role.LEADER: ("leader", supervise),
    Role.ADMIN: ("admin", appoint),
    Role.AUDITOR: ("auditor", check_the_chain),
}


def test_every_role_has_a_story() -> None:
    assert JOBS.keys() | TOLD_ELSEWHERE == set(Role)


def test_the_first_job_of_each_role(site: Site, browser: Browser) -> None:
    """One after another on the same server, each at a browser of their own."""
    case = filed(tell(site, "门口垃圾堆了三天")[0])
    for role in (Role.ADMIN, Role.AUDITOR):
        site.secrets[role] = beside(partial(_employ, site.world, role, role, "51", None))
    for role, (name, job) in JOBS.items():
        person = Person(browser, site, phone=role is Role.GRID_WORKER).sign_in(name)
        job(person.page, case)
        assert person.complaints == [], name
        person.context.close()
