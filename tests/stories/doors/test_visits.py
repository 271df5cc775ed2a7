"""Doors visited without network are sent once, whatever happened to the screening meanwhile."""

import json
from uuid import uuid4

import pytest
from bars.test_accessibility import violations
from campaigns.test_visit_parts import picture
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Route, expect
from stories.doors.phone import (
    FORM,
    Campaigning,
    arrived,
    honest,
    started,
    take_along,
    tiles,
    undo_is_over,
    unlock,
    visit,
    visits,
)
from stories.doors.test_locked import EVERYTHING_KEPT, databases
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import beside, until

from linli.campaigns import actions, queries
from linli.campaigns.models import Campaign, Membership, VisitPhoto
from linli.campaigns.queries import visits as reads
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as

pytestmark = pytest.mark.browser


def test_visits_made_without_network_arrive_once(campaigning: Campaigning, browser: Browser) -> None:
    worker = take_along(browser, campaigning)
    page = worker.page
    worker.context.set_offline(True)
    page.locator(".door-building").first.click()
    visit(page, 0, "done")
    visit(page, 1, "nobody_home")
    # Taken back within ten seconds: it never was a visit.
    tiles(page).nth(2).click()
    page.locator("[data-outcome=refused]").click()
    page.get_by_role("button", name="撤销").click()
    expect(tiles(page).nth(2)).to_have_class("door-tile left")
    page.reload()
    unlock(page, "000000")
    expect(page.locator("#doors .notice.bad")).to_contain_text("还可以试 9 次")
    unlock(page)
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "2")
    tiles(page).nth(3).click()
    page.locator("#door-note").fill("有狗")
    page.locator("[data-outcome=unsafe]").click()
    page.get_by_role("button", name="没有约定").click()
    page.get_by_role("button", name="名单外的住户").click()
    page.locator("#door-label").fill("楼梯后面")
    page.get_by_role("button", name="添加").click()
    page.locator("[data-outcome=done]").click()
    expect(page.locator(".door-tile", has_text="楼梯后面")).to_have_class("door-tile done")
    assert visits() == []
    # A second tab hears of the network at the same moment, and sends nothing a second time.
    other = worker.context.new_page()
    other.goto("/field/doors/")
    unlock(other)
    expect(other.locator(".door-building")).to_have_count(2)
    undo_is_over(page)
    worker.context.set_offline(False)
    arrived(page, 4)
    arrived(other, 4)
    assert [one.outcome for one in visits()] == ["done", "nobody_home", "unsafe", "done"]
    assert {one.aside for one in visits()} == {""}
    assert [one.found for one in visits()] == [False, False, False, True]
    noted = visits()[2]
    (seen,) = beside(lambda: reads.visits_of_door(SYSTEM, campaigning.campaign, noted.building_id, noted.door))
    assert seen.note == "有狗"
    keep_picture(page, "doors-visited")
    assert honest(worker) == []


def test_a_press_on_a_slow_phone_counts_and_counts_once(campaigning: Campaigning, browser: Browser) -> None:
    worker = take_along(browser, campaigning)
    page = worker.page
    page.locator(".door-building").first.click()
    # The phone looks for what is new while a thumb lies on a door: the door stays under it.
    box = tiles(page).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate("document.querySelector('[data-unsent]').same = true")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(500)
    page.mouse.up()
    done = page.locator("[data-outcome=done]")
    expect(done).to_be_visible()
    # What is said of what was sent has not changed, and was not said anew.
    expect(page.locator("[data-unsent]")).to_have_js_property("same", True)
    # Writing a visit down takes a moment, in which the same button can be pressed again.
    done.evaluate("button => { button.click(); button.click(); }")
    expect(tiles(page).first).to_have_class("door-tile done")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "1")
    undo_is_over(page)
    arrived(page, 1)
    assert honest(worker) == []


def test_who_was_removed_sends_what_was_made_before_and_loses_the_doors(
    campaigning: Campaigning, browser: Browser
) -> None:
    worker = take_along(browser, campaigning)
    page = worker.page
    worker.context.set_offline(True)
    page.locator(".door-building").first.click()
    visit(page, 0, "done")
    undo_is_over(page)
    beside(lambda: Membership.objects.filter(member=campaigning.member).update(until=clock.now()))
    worker.context.set_offline(False)
    until(page, lambda: len(visits()) == 1)
    # The teams are asked for when the page is opened.
    page.reload()
    expect(page.locator(".notice.warn")).to_contain_text("您已不在这支队伍")
    assert databases(page) == []


def test_a_phone_says_that_the_screening_was_closed_and_that_nothing_is_lost(
    campaigning: Campaigning, browser: Browser
) -> None:
    page = take_along(browser, campaigning).page
    address = page.locator(".door-building").first.get_attribute("href") or ""
    page.goto(f"/field/doors/{address}/{uuid4()}")
    expect(page.get_by_text("这一户已不在您的名单中")).to_be_visible()
    page.goto("/field/doors/#/")
    leader = campaigning.site.world.actor("mayor", Role.LEADER, "51")

    def close() -> None:
        with acting_as(leader):
            actions.close(campaign=campaigning.campaign.pk, reason="全部走访完毕", by=leader)

    beside(close)
    page.get_by_role("button", name="更新到最新情况").click()
    expect(page.get_by_text("不会丢失")).to_be_visible()
    keep_picture(page, "doors-screening-closed")
    page.reload()
    expect(page.get_by_text("不会丢失")).to_be_visible()
    expect(page.get_by_text("已从手机删除")).to_be_visible()


def test_a_visit_that_the_server_cannot_read_holds_back_no_other(campaigning: Campaigning, browser: Browser) -> None:
    worker = take_along(browser, campaigning)
    page = worker.page
    worker.context.set_offline(True)
    page.locator(".door-building").first.click()
    for number, outcome in enumerate(("done", "unsafe", "done")):
        visit(page, number, outcome)
    undo_is_over(page)

    def spoil(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        for one in body["visits"]:
            if one["outcome"] == "unsafe":
                one["outcome"] = "unheard-of"
        route.continue_(post_data=json.dumps(body))

    page.route("**/visits", spoil)
    worker.context.set_offline(False)
    arrived(page, 2)
    page.get_by_role("link", name="1 条搁置").click()
    expect(page.locator("#doors")).to_contain_text("服务器无法读取")


def test_a_form_asks_what_concerns_the_household(site: Site, browser: Browser) -> None:
    if finders.find("web/built/doors-form.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    worker = take_along(browser, beside(lambda: started(site, FORM)))
    page = worker.page
    worker.context.set_offline(True)
    page.locator(".door-building").first.click()
    tiles(page).first.click()
    page.locator("[data-outcome=done]").click()
    people = page.locator("[data-name=people] input")
    expect(page.get_by_role("button", name="添加：成员")).to_be_hidden()
    people.fill("60")
    people.blur()
    expect(page.locator("[data-name=people] .errorlist")).to_have_text("0 到 50 之间")
    people.fill("1")
    page.get_by_role("button", name="添加：成员").click()
    page.locator("[data-name=name] input").fill("王奶奶")
    warm = page.locator("[data-name=temperature] input")
    warm.fill("38.2")
    warm.blur()
    expect(page.locator("[data-name=temperature] label")).to_have_text("体温：王奶奶")
    expect(page.locator(".notice", has_text="请留在家中")).to_be_visible()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#doors .notice.bad")).to_contain_text("有 1 处")
    # What was typed is kept, encrypted, when the page is lost.
    page.reload()
    unlock(page)
    expect(page.locator("[data-name=name] input")).to_have_value("王奶奶")
    page.locator("[data-name=gas] .choice").last.click()
    page.locator("[data-name=meter] input").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    expect(page.locator("[data-name=meter] output")).to_have_text("已拍摄。")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".door-undo-bar")).to_be_visible()
    undo_is_over(page)
    worker.context.set_offline(False)
    arrived(page, 1)
    assert beside(lambda: queries.submission_answers(SYSTEM, visits()[0].id)) == {
        "people": 1,
        "member": [{"name": "王奶奶", "temperature": 38.2, "fever": 1}],
        "fevers": 1,
        "gas": "no",
        "meter": f"{beside(lambda: VisitPhoto.objects.get(visit=visits()[0])).pk}.jpg",
    }
    keep_picture(worker.page, "doors-form")
    assert honest(worker) == []


def test_photos_and_a_position_go_along_with_a_visit(campaigning: Campaigning, browser: Browser) -> None:
    """Taken without a network and kept encrypted; sent after the visit, the one that is refused with a reason."""
    here = {"longitude": 104.5, "latitude": 30.601, "accuracy": 15}
    worker = take_along(browser, campaigning, permissions=["geolocation"], geolocation=here)
    page = worker.page
    page.get_by_role("button", name="走访时发送我的位置").click()
    worker.context.set_offline(True)
    page.locator(".door-building").first.click()
    tiles(page).first.click()
    for content in (picture("red"), b"no photo at all"):
        page.locator("#door-photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator(".door-photos figure")).to_have_count(2)
    kept = page.evaluate(EVERYTHING_KEPT)
    assert "draft" in kept
    assert "JFIF" not in kept
    assert "no photo at all" not in kept
    page.locator("[data-outcome=refused]").click()
    page.get_by_role("button", name="撤销").click()
    tiles(page).first.click()
    expect(page.locator(".door-photos figure")).to_have_count(2)
    page.locator("[data-outcome=refused]").click()
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "3")
    page.reload()
    unlock(page)
    undo_is_over(page)
    # The first sending of a photo is cut off: it goes again, and is one all the same.
    page.route("**/photos/*", lambda route: route.abort("internetdisconnected"), times=1)
    worker.context.set_offline(False)
    until(page, lambda: len(visits()) == 1)
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "2")
    page.get_by_role("button", name="立即发送").click()
    arrived(page, 1)
    page.get_by_role("link", name="1 条搁置").click()
    expect(page.locator("#doors")).to_contain_text("不接受此类文件")
    (stored,) = visits()
    assert stored.metres_off is not None
    assert stored.metres_off > 10_000
    assert beside(lambda: VisitPhoto.objects.filter(visit=stored).count()) == 1
    keep_picture(page, "doors-photos")
    assert honest(worker) == []


def test_a_door_that_was_tried_often_enough_is_the_desks(campaigning: Campaigning, browser: Browser) -> None:
    """No time is asked of the last attempt; it can still be visited, and reached."""
    beside(lambda: Campaign.objects.update(most_attempts=2))
    page = take_along(browser, campaigning).page
    page.locator(".door-building").first.click()
    visit(page, 0, "nobody_home")
    expect(tiles(page).first).not_to_contain_text("已交工作台")
    tiles(page).first.click()
    page.locator("[data-outcome=nobody_home]").click()
    expect(tiles(page).first).to_contain_text("已交工作台")
    tiles(page).first.click()
    expect(page.locator(".door-earlier")).to_contain_text("由工作台处理")
    keep_picture(page, "doors-desks")
    page.locator("[data-outcome=done]").click()
    expect(tiles(page).first).to_have_class("door-tile done")
    expect(tiles(page).first).not_to_contain_text("已交工作台")


@pytest.mark.parametrize("theme", ["light", "dark", "sun"])
def test_what_is_drawn_is_accessible(campaigning: Campaigning, browser: Browser, theme: str) -> None:
    worker = take_along(browser, campaigning, reduced_motion="reduce")
    worker.context.add_cookies(
        [{"name": "look", "value": f"theme={theme}&size=normal&side=open", "url": campaigning.site.url}]
    )
    page = worker.page
    page.reload()
    found = violations(page)
    unlock(page)
    expect(page.locator(".door-building")).to_have_count(2)
    found += violations(page)
    page.locator(".door-building").first.click()
    visit(page, 0, "done")
    visit(page, 1, "nobody_home")
    found += violations(page)
    tiles(page).first.click()
    found += violations(page)
    assert found == []
