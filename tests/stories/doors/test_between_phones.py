"""What one phone knows of a door, the others of its team come to know."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from PIL import Image
from playwright.sync_api import Browser, Route, expect
from stories.browser import ARGUMENTS, CHROMIUM, Person
from stories.doors.phone import (
    COLLEAGUE_NUMBER,
    PHONE_NUMBER,
    Campaigning,
    arrived,
    choose_pin,
    honest,
    kept_files,
    started,
    take_along,
    tiles,
    undo_is_over,
    unlock,
    visit,
    visits,
)
from stories.eyes import keep_picture
from stories.stage import Site
from stories.test_field import beside, until

from linli.campaigns.merging import TO_REPEAT
from linli.campaigns.models import Membership

pytestmark = pytest.mark.browser
CASES = json.loads((Path(__file__).parent.parent.parent / "campaigns/standing.json").read_text())


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
