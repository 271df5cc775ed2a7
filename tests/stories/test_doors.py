"""The doors of joint control on a phone: taken along, visited without network, sent once, and gone when they have to be."""

import json
import shutil
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from bars.test_accessibility import violations
from campaigns.conftest import Area, told
from campaigns.test_visit_parts import picture
from django.contrib.staticfiles import finders
from factories.xlsforms import as_csv
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from linli.campaigns import actions, queries
from linli.campaigns.actions import NewMember
from linli.campaigns.merging import TO_REPEAT
from linli.campaigns.models import (
    Campaign,
    FollowUp,
    FollowUpKind,
    Member,
    MemberKind,
    Membership,
    Submission,
    Team,
    VisitPhoto,
)
from linli.campaigns.queries import visits as reads
from linli.config import env
from linli.foundation import clock, keys
from linli.foundation.access import SYSTEM, Role, acting_as
from stories.browser import ARGUMENTS, CHROMIUM, Person
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import beside, kept, on_the_phone, ready_for_no_network, until

pytestmark = pytest.mark.browser

PHONE_NUMBER = "13800002222"
COLLEAGUE_NUMBER = "13800003333"
PIN = "246810"
CASES = json.loads((Path(__file__).parent.parent / "campaigns/standing.json").read_text())
# Six questions: one that is only asked for some answers, one with bounds, a repeat group with a calculation.
ZH = "label::中文 (zh)"
FORM = [
    {"type": "integer", "name": "people", ZH: "住几个人", "required": "yes", "constraint": ". >= 0 and . <= 50",
     "constraint_message::中文 (zh)": "0 到 50 之间"},
    {"type": "begin_repeat", "name": "member", ZH: "成员", "relevant": "${people} > 0"},
    {"type": "text", "name": "name", ZH: "称呼", "required": "yes"},
    {"type": "decimal", "name": "temperature", ZH: "体温：${name}", "constraint": ". >= 34 and . <= 43"},
    {"type": "calculate", "name": "fever", "calculation": "if(${temperature} >= 37.3, 1, 0)", "bind::type": "int"},
    {"type": "note", "name": "advice", ZH: "请留在家中", "relevant": "${fever} = 1"},
    {"type": "end_repeat", "name": "member"},
    {"type": "calculate", "name": "fevers", "calculation": "sum(${fever})", "bind::type": "int"},
    {"type": "select_one yes_no", "name": "gas", ZH: "有燃气味吗", "required": "yes"},
    {"type": "image", "name": "meter", ZH: "燃气表"},
]  # fmt: skip
YES_NO = [{"list_name": "yes_no", "name": "yes", ZH: "是"}, {"list_name": "yes_no", "name": "no", ZH: "否"}]


@dataclass
class Campaigning:
    site: Site
    campaign: Campaign
    team: Team
    member: Member


@pytest.fixture
def campaigning(site: Site) -> Campaigning:
    """A screening of two buildings with one team, in which a member of the public without any post is."""
    if finders.find("web/built/doors.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    return beside(lambda: started(site))


def started(
    site: Site, form: list[dict[str, str]] | None = None, floors: int = 3, *, two_teams: bool = False
) -> Campaigning:
    world = site.world
    area, leader = Area(world), world.actor("mayor", Role.LEADER, "51")
    area.building("B1", 2, floors, 2)
    area.building("B2", 1, 2, 3)
    volunteer = world.resident(PHONE_NUMBER)
    cadre = world.actor("cadre", Role.GRID_WORKER, "E2")
    with acting_as(leader):
        declared = actions.declare(told=told(world), by=leader)
        actions.enlist(
            members=[
                NewMember(world.id("W1"), MemberKind.CADRE, "cadre", "13800000000", person=cadre.id),
                NewMember(world.id("W1"), MemberKind.VOLUNTEER, "志愿者", PHONE_NUMBER, person=volunteer.id),
            ],
            by=leader,
        )
        if two_teams:
            others = [NewMember(world.id("W1"), MemberKind.CADRE, "cadre2", "13800000001")]
            colleague = world.resident(COLLEAGUE_NUMBER)
            others += [NewMember(world.id("W1"), MemberKind.VOLUNTEER, "小周", COLLEAGUE_NUMBER, person=colleague.id)]
            actions.enlist(members=others, by=leader)
        campaign = actions.start(
            declaration=declared.id,
            unit=world.id("51"),
            name="逐户排查",
            due_at=clock.now() + timedelta(days=3),
            by=leader,
        )
        if form:
            data = as_csv(form, YES_NO, default_language="中文 (zh)")
            made = actions.publish_form(data=data, unit=world.id("51"), by=leader)
            with acting_as(SYSTEM):
                Campaign.objects.filter(pk=campaign.pk).update(form=made)
        actions.form_teams(campaign=campaign.id, size=2, minutes=480, by=leader)
        actions.divide(campaign=campaign.id, by=leader)
    # The server's keys lie in a folder of its own.
    kept = keys.key_file().parent / "declarations"
    shutil.copytree(kept, site.folder / kept.relative_to(env.data_dir()), dirs_exist_ok=True)
    member = Member.objects.get(person=volunteer.id)
    team = Team.objects.get(memberships__member=member)
    return Campaigning(site, campaign, team, member)


def visits() -> list[Submission]:
    return beside(lambda: list(Submission.objects.order_by("visited_at")))


def arrived(page: Page, count: int) -> None:
    until(page, lambda: len(visits()) == count)
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "0")


def take_along(browser: Browser, at: Campaigning, number: str = PHONE_NUMBER, **options: object) -> Person:
    person = Person(browser, at.site, phone=True, **options).sign_in_by_phone(number)
    person.context.clock.install()
    page = person.page
    page.goto("/field/doors/")
    choose_pin(page)
    until(page, lambda: kept_files(page))
    return person


def undo_is_over(page: Page) -> None:
    """The ten seconds pass in which a visit can be undone, as if the phone had lain aside."""
    page.context.clock.fast_forward(11_000)


def choose_pin(page: Page) -> None:
    page.get_by_role("button", name="下载到手机").click()
    page.locator("#door-pin").fill(PIN)
    page.locator("#door-pin_again").fill(PIN)
    page.get_by_role("button", name="下载到手机").click()
    expect(page.locator(".door-building").first).to_be_visible()


def kept_files(page: Page) -> bool:
    return bool(page.evaluate("caches.match('/field/doors/', { cacheName: 'doors' }).then(Boolean)"))


def unlock(page: Page, pin: str = PIN) -> None:
    page.locator("#door-pin").fill(pin)
    page.get_by_role("button", name="解锁").click()


def tiles(page: Page) -> Locator:
    return page.locator(".door-tile")


def visit(page: Page, number: int, outcome: str) -> None:
    tiles(page).nth(number).click()
    page.locator(f"[data-outcome={outcome}]").click()
    if outcome in TO_REPEAT:
        page.get_by_role("button", name="明天上午").click()
    expect(page.locator(".door-undo-bar")).to_be_visible()
    expect(tiles(page).nth(number)).to_have_class("door-tile done" if outcome == "done" else "door-tile repeat")


def honest(person: Person) -> list[str]:
    """Complaints, but for those that say that there was no network."""
    return [one for one in person.complaints if not one.startswith("htmx:") and "ERR_INTERNET_DISCONNECTED" not in one]


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


def test_a_sign_out_wipes_and_asks_first_what_would_be_lost(campaigning: Campaigning, browser: Browser) -> None:
    worker = take_along(browser, campaigning)
    page = worker.page
    page.route("**/visits", lambda route: route.abort())
    page.locator(".door-building").first.click()
    visit(page, 0, "done")
    page.goto("/me/")
    sign_out(page)
    page.wait_for_url("**/field/doors/?leaving")
    expect(page.get_by_role("heading", name="还有 1 条记录未发送")).to_be_visible()
    assert databases(page) == ["linli-doors"]
    page.get_by_role("button", name="仍然退出").click()
    page.wait_for_url(f"{campaigning.site.url}/")
    assert databases(page) == []
    assert not kept_files(page)
    assert visits() == []


def test_ten_wrong_pins_remove_everything(campaigning: Campaigning, browser: Browser) -> None:
    page = take_along(browser, campaigning).page
    page.reload()
    for left in range(9, 0, -1):
        unlock(page, "000000")
        expect(page.locator("#doors .notice.bad")).to_contain_text(f"还可以试 {left} 次")
    unlock(page, "000000")
    expect(page.locator("#doors .notice.bad")).to_contain_text("已输错十次")
    assert databases(page) == []


def test_nothing_of_a_door_is_readable_on_the_phone(campaigning: Campaigning, browser: Browser) -> None:
    page = take_along(browser, campaigning).page
    page.locator(".door-building").first.click()
    tiles(page).first.click()
    page.locator("#door-note").fill("有狗")
    page.locator("[data-outcome=refused]").click()
    expect(page.locator(".door-undo-bar")).to_be_visible()
    kept = page.evaluate(EVERYTHING_KEPT)
    assert "waiting" in kept, "the log is there"
    door = tiles(page).first.get_attribute("data-door")
    for secret in ("有狗", '"found_in":', "逐户排查", str(campaigning.campaign.id), str(door)):
        assert secret not in kept


def test_what_a_household_needs_is_not_kept_on_the_phone(campaigning: Campaigning, browser: Browser) -> None:
    """Its page has the address and the delivery: doors lie behind a PIN."""
    brought = beside(lambda: something_to_bring(campaigning))
    worker = Person(browser, campaigning.site, phone=True).sign_in("grid")
    page = worker.page
    ready_for_no_network(page)
    page.goto(f"/field/follow/{brought.pk}/")
    expect(page.locator(".place-name")).to_be_visible()
    # Pages are kept one after another: this one would be there before the next.
    page.goto("/field/me/")
    kept(page)
    assert not on_the_phone(page, f"/field/follow/{brought.pk}/")
    worker.context.set_offline(True)
    page.goto(f"/field/follow/{brought.pk}/")
    expect(page.locator("h1")).to_have_text("没有网络")


def something_to_bring(at: Campaigning) -> FollowUp:
    share = at.team.shares.first()
    assert share is not None
    return FollowUp.objects.create(
        campaign=at.campaign, submission=uuid4(), door=uuid4(), building_id=share.building_id,
        community_id=share.community_id, rule="food", kind=FollowUpKind.DELIVERY, every_hours=72, next_at=clock.now(),
    )  # fmt: skip


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


def test_a_door_goes_from_phone_to_phone_and_counts(site: Site, browser: Browser, tmp_path: Path) -> None:
    """To a colleague of another team, who visits it without a network; the giver never sends anything."""
    if finders.find("web/built/doors.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    campaigning = beside(lambda: started(site, two_teams=True))
    giver = take_along(browser, campaigning).page
    giver.locator(".door-building").first.click()
    door = tiles(giver).first.get_attribute("data-door")
    giver.get_by_role("button", name="名单外的住户").click()
    giver.locator("#door-label").fill("楼梯后面")
    giver.get_by_role("button", name="添加").click()
    giver.locator("[data-outcome=nobody_home]").click()
    giver.get_by_role("button", name="明天上午").click()
    giver.get_by_role("button", name="移交住户").click()
    for number in range(2):
        giver.locator(".door-choices input").nth(number).check()
    giver.locator(".door-choices label", has_text="楼梯后面").locator("input").check()
    giver.get_by_role("button", name="显示二维码").click()
    expect(giver.locator(".door-code")).to_be_visible()
    film(giver.locator(".door-code").screenshot(), tmp_path / "code.mjpeg")
    giver.get_by_role("button", name="同事已接收").click()
    expect(giver.locator(f"[data-door='{door}']")).to_contain_text("已交给同事")
    looking = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'code.mjpeg'}",
    ]
    camera = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, *looking])
    taker = take_along(camera, campaigning, COLLEAGUE_NUMBER, permissions=["camera"])
    page = taker.page
    taker.context.set_offline(True)
    page.get_by_role("button", name="扫码接收住户").click()
    expect(page.locator(".notice.good")).to_contain_text("已接收 3 户")
    handed = page.locator(f"[data-door='{door}']")
    expect(handed).to_contain_text("同事交给您的")
    handed.click()
    page.locator("[data-outcome=done]").click()
    # A household that no list had came along, by its name, with the time that was agreed.
    expect(page.locator(".door-tile", has_text="楼梯后面")).to_contain_text("09:00")
    page.locator(".door-tile", has_text="楼梯后面").click()
    page.locator("[data-outcome=done]").click()
    undo_is_over(page)
    taker.context.set_offline(False)
    until(page, lambda: len([one for one in visits() if one.handed_by]) == 2)
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "0")
    stored, found = sorted((one for one in visits() if one.handed_by), key=lambda one: one.found)
    assert (str(stored.door), stored.aside, stored.team_id) == (door, "", campaigning.team.pk)
    assert (found.found, found.aside, found.team_id) == (True, "", campaigning.team.pk)
    assert beside(lambda: Membership.objects.get(pk=stored.handed_by).member) == campaigning.member
    keep_picture(page, "doors-handed-over")
    assert honest(taker) == []
    camera.close()


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


def test_a_household_found_is_known_to_the_colleagues_phones(campaigning: Campaigning, browser: Browser) -> None:
    finder = take_along(browser, campaigning).page
    finder.locator(".door-building").first.click()
    finder.get_by_role("button", name="名单外的住户").click()
    finder.locator("#door-label").fill("楼梯后面")
    finder.get_by_role("button", name="添加").click()
    finder.locator("[data-outcome=nobody_home]").click()
    finder.get_by_role("button", name="明天上午").click()
    undo_is_over(finder)
    arrived(finder, 1)
    colleague = take_along(browser, campaigning).page
    colleague.locator(".door-building").first.click()
    found = colleague.locator(".door-tile", has_text="楼梯后面")
    expect(found).to_have_class("door-tile repeat")
    found.click()
    colleague.locator("[data-outcome=done]").click()
    expect(found).to_have_class("door-tile done")
    expect(found).to_contain_text("2 次走访")
    undo_is_over(colleague)
    arrived(colleague, 2)
    assert [(one.found, one.aside) for one in visits()] == [(True, ""), (True, "")]
    # The finder's own phone fetches the newest state: the household stands there once.
    finder.locator(".door-back").click()
    finder.get_by_role("button", name="更新到最新情况").click()
    finder.locator(".door-building").first.click()
    expect(finder.locator(".door-tile", has_text="楼梯后面")).to_have_class("door-tile done")


def test_when_to_come_again_is_known_to_every_phone_of_the_team(campaigning: Campaigning, browser: Browser) -> None:
    worker = take_along(browser, campaigning).page
    worker.locator(".door-building").first.click()
    for number, outcome in enumerate(sorted(TO_REPEAT)):
        visit(worker, number, outcome)
    undo_is_over(worker)
    arrived(worker, 3)
    worker.locator(".door-back").click()
    with worker.expect_response("**/doors"):
        worker.get_by_role("button", name="更新到最新情况").click()
    worker.locator(".door-building").first.click()
    colleague = take_along(browser, campaigning).page
    colleague.locator(".door-building").first.click()
    for page in (worker, colleague):
        for number in range(3):
            expect(tiles(page).nth(number)).to_contain_text("09:00")
        expect(tiles(page).nth(3)).not_to_contain_text("09:00")
        tiles(page).first.click()
        expect(page.locator(".door-earlier")).to_contain_text("→")
        expect(page.locator(".door-earlier")).to_contain_text("09:00")
    keep_picture(colleague, "doors-come-again")


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


def test_doors_taken_along_from_an_older_server_are_fetched_again(campaigning: Campaigning, browser: Browser) -> None:
    """It said nothing of households found, nor with what a phone hands doors over. What waits on the phone is kept."""

    def as_before(route: Route) -> None:
        content = route.fetch().json()
        del content["hand"]
        for building in content["buildings"]:
            del building["found"]
            building["doors"] = [door[:6] for door in building["doors"]]
        route.fulfill(json=content)

    worker = Person(browser, campaigning.site, phone=True).sign_in_by_phone(PHONE_NUMBER)
    worker.context.route("**/doors", as_before)
    page = worker.page
    page.goto("/field/doors/")
    choose_pin(page)
    until(page, lambda: kept_files(page))
    worker.context.unroute("**/doors")
    worker.context.set_offline(True)
    page.locator(".door-building").first.click()
    visit(page, 0, "done")
    undo_is_over(page)
    page.reload()
    unlock(page)
    expect(tiles(page).first).to_have_class("door-tile done")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-unsent", "1")
    with page.expect_response("**/doors"):
        worker.context.set_offline(False)
    arrived(page, 1)
    expect(tiles(page).first).to_have_class("door-tile done")
    worker.context.set_offline(True)
    page.get_by_role("button", name="移交住户").click()
    page.locator(".door-choices input").first.check()
    page.get_by_role("button", name="显示二维码").click()
    expect(page.locator(".door-code")).to_be_visible()
    assert honest(worker) == []


def film(picture: bytes, path: Path) -> None:
    """A camera that looks at this picture and at nothing else."""
    shown = Image.new("RGB", (640, 480), "white")
    code = Image.open(BytesIO(picture)).convert("RGB").resize((460, 460))
    shown.paste(code, (90, 10))
    frame = BytesIO()
    shown.save(frame, "JPEG", quality=95)
    path.write_bytes(frame.getvalue() * 10)


def test_the_phone_keeps_to_the_rule_of_the_server(campaigning: Campaigning, browser: Browser) -> None:
    page = take_along(browser, campaigning).page
    found = page.evaluate(
        """async (cases) => {
          const { standing } = await import(document.querySelector("script[src*='built/doors']").src);
          return cases.map(({ visits }) => {
            const { best, visits: count, teams } = standing(visits.map(([id, outcome, at, team]) => ({ id, outcome, at, team })));
            return [best.id, count, teams];
          });
        }""",
        CASES,
    )
    assert found == [[case["best"], case["count"], case["teams"]] for case in CASES]


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


def sign_out(page: Page) -> None:
    page.locator("details.me summary").click()
    page.locator("details.me form[action='/sign-out/'] button").click()


def databases(page: Page) -> list[str]:
    return [
        name
        for name in page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
        if name == "linli-doors"
    ]


# Every value in the database, and every page and answer in the caches, as text.
EVERYTHING_KEPT = """async () => {
  const open = (name) => new Promise((done) => { const asked = indexedDB.open(name); asked.onsuccess = () => done(asked.result); });
  const all = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const read = (value) => value instanceof ArrayBuffer ? new TextDecoder().decode(value)
    : ArrayBuffer.isView(value) ? new TextDecoder().decode(value)
    : value && typeof value === "object" ? Object.entries(value).map(([name, one]) => name + read(one)).join(" ") : String(value);
  const db = await open("linli-doors");
  let text = "";
  for (const store of db.objectStoreNames) text += read(await all(db.transaction(store).objectStore(store).getAll()));
  db.close();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (!request.url.includes("/static/")) text += await (await cache.match(request)).text();
  }
  return text;
}"""


def test_a_leader_without_a_post_reads_whose_phone_is_silent_and_the_phone_keeps_no_name(
    campaigning: Campaigning, browser: Browser
) -> None:
    def leads() -> None:
        team = Membership.objects.filter(team=campaigning.team)
        team.update(since=clock.now() - timedelta(hours=4), leads=False)
        team.filter(member=campaigning.member).update(leads=True)

    beside(leads)
    worker = take_along(browser, campaigning)
    page = worker.page
    page.reload()
    silent = page.locator("#silent")
    expect(silent.get_by_text("cadre")).to_be_visible()
    worker.context.set_offline(True)
    page.reload()
    expect(page.locator("#door-pin")).to_be_visible()
    expect(silent).to_be_hidden()
    assert "cadre" not in page.evaluate(EVERYTHING_KEPT)
    assert honest(worker) == []
