"""A page on which nobody saw that a colleague was faster: the refusal says what happened and what to do, and keeps every word."""

from uuid import UUID

import pytest
from factories.world import HERE
from playwright.sync_api import Browser, expect

from linli.cases import actions
from linli.cases.models import State
from linli.cases.rules import Report
from linli.foundation.access import SYSTEM, Role
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import all_sent, beside, dispatched, now, steps

pytestmark = pytest.mark.browser

WHAT_TO_DO = "请重新查看"


def hears_nothing(person: Person) -> None:
    """The line on which pages hear of changes is down: what is open grows old unseen."""
    person.context.route("**/live/**", lambda route: route.fulfill(status=204))


def test_the_desk_is_told_that_a_colleague_was_faster(site: Site, browser: Browser) -> None:
    case = dispatched()
    dispatcher = beside(lambda: site.world.actor("dispatcher-2", Role.DISPATCHER, "5101"))
    desk = Person(browser, site).sign_in("desk")
    hears_nothing(desk)
    page = desk.page
    page.goto(f"/case/{case.reference}/")
    fold = page.locator("details.offer", has=page.locator('form[action$="/pause/"]'))
    fold.locator("summary").click()
    fold.locator("[name=note]").fill("等居民开门，明天上午再去")
    beside(lambda: actions.pause(cases=[case.id], by=dispatcher, note="等配件"))
    fold.locator("button").last.click()
    # What happened, what to do, the newest state, and the words, although there is no form for them any more.
    refused = page.locator(".notice.bad[role=alert]")
    expect(refused).to_contain_text(WHAT_TO_DO)
    expect(refused).to_contain_text("等居民开门，明天上午再去")
    expect(page.locator('form[action$="/pause/"]')).to_have_count(0)
    expect(page.locator("#record")).to_contain_text("等配件")
    keep_picture(page, "stale-desk")
    assert steps(case) == ["pause"]
    # Where the change is still possible, the words are in their form, and one more press does it.
    comment = page.locator("details.offer", has=page.locator('form[action$="/comment/"]'))
    comment.locator("summary").click()
    comment.locator("[name=note]").fill("居民要求上门前打电话")
    beside(lambda: actions.resume(cases=[case.id], by=dispatcher))
    comment.locator("button").last.click()
    expect(refused).to_contain_text(WHAT_TO_DO)
    again = page.locator('form[action$="/comment/"]')
    expect(again.locator("[name=note]")).to_have_value("居民要求上门前打电话")
    again.locator("button").last.click()
    expect(page.locator("#record")).to_contain_text("居民要求上门前打电话")
    assert steps(case) == ["pause", "resume", "comment"]
    assert desk.complaints == []


def test_the_desk_s_preview_is_older_than_the_case(site: Site, browser: Browser) -> None:
    def told() -> tuple[UUID, str]:
        case = actions.collect(report=Report(description="垃圾堆放在门口", lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
        return case.id, case.reference

    case, reference = beside(told)
    desk = Person(browser, site).sign_in("desk")
    hears_nothing(desk)
    page = desk.page
    page.goto(f"/case/{reference}/")
    page.locator("summary", has_text="不予立案").click()
    page.locator("button[name=change][value=decline]").click()
    page.fill("#preview-note", "物业已经处理")
    beside(lambda: actions.file(cases=[case], by=SYSTEM, class_code="0101"))
    page.locator("button[name=sure]").click()
    expect(page.locator(".preview")).to_contain_text(WHAT_TO_DO)
    expect(page.locator("#preview-note")).to_have_value("物业已经处理")
    keep_picture(page, "stale-preview")
    assert desk.complaints == []


def test_a_field_worker_is_told_that_the_desk_was_faster(site: Site, browser: Browser) -> None:
    case = dispatched()
    leader = beside(lambda: site.world.actor("leader-2", Role.LEADER, "51"))
    worker = Person(browser, site, phone=True).sign_in("handler")
    hears_nothing(worker)
    page = worker.page
    page.goto(f"/field/task/{case.reference}/")
    page.locator('[data-opens="more"]').click()
    page.locator(".more-one summary").first.click()
    form = page.locator('form[data-change="reject"]')
    form.locator("textarea").fill("界线在河对岸")
    beside(lambda: actions.supervise(cases=[case.id], by=leader, note="今天必须清运"))
    form.locator("button.large").click()
    letter = page.locator(".letter.refused")
    expect(letter).to_contain_text(WHAT_TO_DO)
    expect(letter).to_contain_text("界线在河对岸")
    expect(letter).to_be_in_viewport()
    keep_picture(page, "stale-field")
    assert steps(case) == ["supervise"]
    # The page shows the newest state: looked at, it is meant again.
    page.reload()
    page.locator("summary", has_text="办理经过").click()
    expect(page.locator("#task")).to_contain_text("今天必须清运")
    letter.locator('[data-part="again"]').click()
    all_sent(page)
    assert now(case).state == State.FILED
    assert worker.complaints == []
