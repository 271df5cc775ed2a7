"""Somebody else was faster: what is pressed on a page that has grown old is said, keeps what was typed, and changes nothing twice."""

import pytest
from playwright.sync_api import Browser, expect

from linli.cases import actions
from linli.cases.models import Case, State
from linli.foundation.access import SYSTEM, Role
from stories.browser import Person
from stories.stage import Site
from stories.test_console import tell
from stories.test_field import beside, dispatched, now, step, steps

pytestmark = pytest.mark.browser

# A page that hears of no change while it is open, as in a tunnel.
DEAF = "delete window.EventSource"
TYPED = "请带上梯子，三楼够不着"


@pytest.mark.parametrize("split", [True, False])
def test_a_dispatch_that_somebody_else_made_first(site: Site, browser: Browser, split: bool) -> None:
    [number] = tell(site, "门口垃圾堆了三天")
    case = filed(number)
    desk = Person(browser, site).sign_in("desk")
    page = desk.page
    page.add_init_script(DEAF)
    page.goto(f"/desk/?open={number}" if split else f"/case/{number}/")
    form = page.locator('form[action$="/dispatch/"]')
    form.locator("[name=note]").fill(TYPED)
    street = site.world.bodies["street"].id
    beside(lambda: actions.dispatch(cases=[case.id], by=SYSTEM, body_id=street, note="就近"))
    form.locator("button").last.click()
    expect(page.get_by_role("alert")).to_contain_text("刚刚有人修改了此内容")
    # It is dispatched already: the words wait as a note, which one press sends.
    note = page.locator('form[action$="/comment/"]')
    expect(note.locator("[name=note]")).to_have_value(TYPED)
    note.locator("button").last.click()
    expect(page.locator("#record")).to_contain_text(TYPED)
    assert steps(case) == ["comment"]
    assert desk.complaints == []


def filed(number: str) -> Case:
    def file() -> Case:
        case = Case.objects.get(number=number.partition("-")[0])
        actions.file(cases=[case.id], by=SYSTEM, class_code="0101")
        return case

    return beside(file)


def test_a_task_that_a_colleague_accepted_first(site: Site, browser: Browser) -> None:
    case = dispatched()
    worker = Person(browser, site, phone=True).sign_in("handler")
    page = worker.page
    page.add_init_script(DEAF)
    page.goto(f"/field/task/{case.reference}/")

    def colleague_accepts() -> None:
        colleague = site.world.actor("colleague", Role.HANDLER, None, "street")
        actions.accept(cases=[case.id], by=colleague)

    beside(colleague_accepts)
    step(page, "accept")
    refused = page.locator(".letter.refused")
    expect(refused).to_contain_text("刚刚有人修改了此内容")
    assert steps(case) == ["accept"]
    # Loaded anew the task is at its newest step, and goes on from there.
    page.once("dialog", lambda dialog: dialog.accept())
    refused.locator('[data-part="drop"]').click()
    expect(page.locator(".letter")).to_have_count(0)
    page.reload()
    step(page, "set_out")
    expect(page.locator('[data-way="set_out"].done')).to_be_visible()
    assert steps(case) == ["accept", "set_out"]
    assert now(case).state == State.ACCEPTED
    assert worker.complaints == []
