"""Each role does its main job by finger, seen on a phone and on a tablet both ways, and by mouse at a desktop, and nothing is out of place.

One city on one server for all of them: each job begins with a case of its own.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from factories.world import HERE
from playwright.sync_api import Browser, Page, expect

from linli.campaigns.models import Membership
from linli.cases import actions as cases
from linli.cases.models import Case, State
from linli.cases.rules import Report
from linli.dispatch import actions as dispatching
from linli.foundation import clock, files
from linli.foundation.access import SYSTEM, Role
from linli.people import queries as people
from linli.people.models import Person as Account
from linli.people.models import Post
from stories.doors import phone as doors
from stories.eyes import SIZES, Hand, hand
from stories.stage import Site, employ, lasting_site
from stories.test_field import beside, photo, report_back, sent, step
from stories.test_one_case_in_the_browser import do

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAID = "水碾河北街门口垃圾堆放了三天，气味很大，路过的人都绕着走"


@dataclass(frozen=True)
class City:
    """The small city with a screening under way, in which a volunteer visits and a cadre leads; everybody's account by name."""

    site: Site
    screening: UUID
    accounts: dict[str, Account]

    def filed(self) -> Case:
        def made() -> Case:
            case = cases.collect(report=Report(description=SAID, lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
            cases.file(cases=[case.id], by=SYSTEM, class_code="0101")
            return case

        return beside(made)

    def dispatched(self) -> Case:
        case = self.filed()
        beside(lambda: cases.dispatch(cases=[case.id], by=SYSTEM))
        return case

    def handled(self) -> Case:
        case = self.dispatched()

        def handle() -> None:
            handler = people.actor_of(people.staff_id("handler"))
            before, after = (files.store(upload(colour), by=handler).id for colour in ("brown", "green"))
            cases.accept(cases=[case.id], by=handler)
            done = "已清运，已冲洗地面。"
            cases.report_back(cases=[case.id], by=handler, note=done, before_ids=[before], file_ids=[after])

        beside(handle)
        return case


def upload(colour: str) -> SimpleUploadedFile:
    given = photo(colour)
    return SimpleUploadedFile(str(given["name"]), given["buffer"], "image/jpeg")  # type: ignore[arg-type]


def now_is(case: Case, state: State) -> bool:
    return beside(lambda: Case.objects.get(pk=case.pk).state) == state


@pytest.fixture(scope="module")
def city(
    template_database: str, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    if finders.find("web/built/doors.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    folder = tmp_path_factory.mktemp("roles")
    with lasting_site(template_database, django_db_blocker, folder) as site:
        screening = beside(lambda: begun(site))
        yield City(site, screening, beside(accounts))


def begun(site: Site) -> UUID:
    """The screening, somebody on duty, and the two who have no part in a case."""
    world, hour, now = site.world, timedelta(hours=1), clock.now()
    for role in (Role.ADMIN, Role.AUDITOR):
        site.secrets[role] = employ(world, role, role, "51", None)
    shift = {"person": people.staff_id("handler"), "body": world.bodies["street"].id, "unit": world.id("W")}
    dispatching.give_shift(**shift, starts_at=now - hour, ends_at=now + 8 * hour, by=SYSTEM)
    return doors.started(site).campaign.pk


def accounts() -> dict[str, Account]:
    """Staff by their names, and who is in a team as `lead` and `visitor`."""
    found = {one.username: one for one in Account.objects.exclude(username=None) if one.username}
    for membership in Membership.objects.select_related("member__person"):
        if who := membership.member.person:
            found["lead" if membership.leads else "visitor"] = who
    return found


def resident(at: Hand, city: City) -> None:
    """Signs in by phone, and reports with a photo and the phone's position."""
    page = at.page
    at.look("first")
    page.goto("/sign-in/")
    page.fill("[name=phone]", {"finger": "13800138000", "mouse": "13800138001"}[at.kind])
    at.look("sign-in")
    page.click("main form button:not([type=button])")
    page.wait_for_url("**/sign-in/code/")
    shown = re.search(r"[0-9]{6}", page.locator(".notice").first.inner_text())
    assert shown, "the demo shows the code"
    page.fill("[name=code]", shown[0])
    at.look("code")
    page.click("main form button:not([type=button])")
    page.wait_for_url(f"{city.site.url}/")
    page.goto("/home/")
    at.look("home")
    report(page, at)
    page.wait_for_url("**/case/**")
    expect(page.locator("main")).to_contain_text(SAID)
    at.look("number")
    page.goto("/my/")
    expect(page.locator(".case-cards")).to_contain_text("水碾河")
    at.look("my")


def report(page: Page, at: Hand) -> None:
    page.goto("/report/")
    page.locator("#id_photos").set_input_files(photo("teal"))
    expect(page.locator("#kept-photos img")).to_have_count(1)
    page.fill("[name=description]", SAID)
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    expect(page.locator("[name=class_code][value='0101']")).to_be_attached()
    at.look("report")
    page.locator("#report .send-bar button").click()


def elder(at: Hand, city: City) -> None:
    """Reports without signing in, in large text."""
    page = at.page
    page.goto("/elder/")
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    at.look("home")
    report(page, at)
    page.wait_for_url("**/track/**")
    expect(page.locator("main")).to_contain_text("您的案卷编号是")
    at.look("number")


def grid_worker(at: Hand, city: City) -> None:
    """Reports on the round."""
    page = at.page
    page.goto("/field/")
    at.look("inbox")
    page.locator("main").get_by_role("link", name="上报").first.click()
    # What the page's scripts listen for is pressed when they have come.
    page.wait_for_load_state()
    page.fill("[name=description]", "巡查发现井盖破损")
    page.click("[data-position]")
    expect(page.locator("#place")).to_contain_text("水碾河")
    at.look("report")
    page.locator("#report .send-bar button").click()
    page.wait_for_url("**/case/**")
    expect(page.locator("main")).to_contain_text("巡查发现井盖破损")
    at.look("case")


def handler(at: Hand, city: City) -> None:
    """Takes a task on, goes there and shows what was done."""
    page, case = at.page, city.dispatched()
    page.goto("/field/")
    expect(page.locator(f'[data-task="{case.reference}"]')).to_be_visible()
    at.look("inbox")
    page.locator(f'[data-task="{case.reference}"] a').first.click()
    at.look("task")
    ways = ("accept", "set_out", "arrive")
    for number, name in enumerate(ways, start=1):
        step(page, name)
        sent(page, case, *ways[:number])
    expect(page.locator('[data-opens="report-back"]')).to_be_visible()
    at.look("arrived")
    page.locator('[data-opens="report-back"]').click()
    expect(page.locator("#report-back [name=files]")).to_be_attached()
    at.look("report-back")
    page.keyboard.press("Escape")
    report_back(page)
    page.wait_for_url("**/field/")
    assert now_is(case, State.HANDLED)
    at.look("done")


def desk(at: Hand, city: City) -> None:
    """Files a case that is open from its list."""
    said = Report(description=SAID, lon=HERE[0], lat=HERE[1])
    page, case = at.page, beside(lambda: cases.collect(report=said, by=SYSTEM).case)
    page.goto("/desk/?state=collected")
    at.look("list")
    page.locator(f'.case-name a[href*="{case.reference}"]').click()
    # By mouse the case stands beside its list; on a phone it has the whole page.
    where = page.locator("#pane") if at.kind == "mouse" else page.locator("main:not(:has(#pane))")
    expect(where.locator(".case-page h1")).to_contain_text("垃圾堆放了三天")
    at.look("case")
    do(page, "file", class_code="暴露垃圾")
    expect(page.locator('form[action$="/dispatch/"]')).to_be_visible()
    at.look("filed")
    assert now_is(case, State.FILED)


def dispatcher(at: Hand, city: City) -> None:
    """Sends a case to the body whose duty it is, and who is proposed to it."""
    page, case = at.page, city.filed()
    page.goto(f"/case/{case.reference}/")
    at.look("case")
    do(page, "dispatch")
    expect(page.locator("#case .badge").first).to_have_text("已派遣")
    page.goto(f"/dispatch/?unit={city.site.world.id('W')}")
    at.look("waiting")
    page.locator("form[action='/dispatch/propose/'] button").first.click()
    expect(page.locator(f'[data-case="{case.reference}"]')).to_be_visible()
    at.look("proposed")
    page.get_by_role("button", name="预览结果并派出").click()
    at.look("what-follows")
    page.locator("button[name=sure]").click()
    expect(page.locator("#messages")).to_contain_text("已派出")
    at.look("sent")


def clerk(at: Hand, city: City) -> None:
    """Takes a call."""
    page = at.page
    page.goto("/hotline/")
    page.fill("#id_contact_phone", {"finger": "13700001111", "mouse": "13700002222"}[at.kind])
    page.fill("#id_description", "路灯不亮，晚上很黑")
    page.fill("#id_place", "水碾河北街院落")
    page.locator("#id_place").blur()
    expect(page.locator("#readback")).to_contain_text("水碾河")
    at.look("call")
    page.locator('#call [value="file"]').click()
    page.wait_for_url("**/hotline/?filed=*")
    at.look("filed")


def verifier(at: Hand, city: City) -> None:
    """Passes what was done, by its photos."""
    page, case = at.page, city.handled()
    page.goto("/verify/")
    card = page.locator(".check-card", has_text=case.reference)
    expect(card.locator(".sides img")).to_have_count(2)
    at.look("card")
    card.locator("form[action$='/verify/'] button").click()
    expect(card).to_have_count(0)
    assert now_is(case, State.VERIFIED)
    at.look("passed")


def leader(at: Hand, city: City) -> None:
    """Looks at the figures, and supervises a case."""
    page, case = at.page, city.dispatched()
    page.goto("/figures/")
    expect(page.locator("h1")).to_be_visible()
    at.look("figures")
    page.goto(f"/case/{case.reference}/")
    do(page, "supervise", note="今天必须清运。")
    expect(page.locator("#record")).to_contain_text("今天必须清运。")
    at.look("supervised")


def admin(at: Hand, city: City) -> None:
    """Gives somebody a post, having seen what follows."""
    page, role = at.page, {"finger": "核查员", "mouse": "派遣员"}[at.kind]
    page.goto("/people/")
    at.look("posts")
    page.locator("main").get_by_role("link", name="授予岗位").first.click()
    page.fill("[name=username]", "clerk")
    page.locator("[name=role]").select_option(label=role)
    page.fill("[name=unit]", "E")
    at.look("appoint")
    page.locator("main form button:not([type=button])").last.click()
    at.look("what-follows")
    page.locator("button[name=sure]").click()
    expect(page.locator("main")).to_contain_text("莲花街道")
    at.look("appointed")


def auditor(at: Hand, city: City) -> None:
    """Verifies the timeline of a case."""
    page, case = at.page, city.handled()
    page.goto("/audit/")
    page.fill("#number", case.reference)
    page.locator("main form button").first.click()
    expect(page.locator("#chain")).to_contain_text(case.reference)
    expect(page.locator("main .badge.good").first).to_be_visible()
    expect(page.locator("main .badge.bad")).to_have_count(0)
    at.look("chain")


def commander(at: Hand, city: City) -> None:
    """Declares a drill, having seen what follows, and looks at how far the screening is."""
    page, name = at.page, {"finger": "防汛演练", "mouse": "消防演练"}[at.kind]
    page.goto("/control/")
    at.look("control")
    page.locator("main a[href='/control/declare/']").click()
    page.get_by_label("名称").fill(name)
    page.get_by_label("法律依据").fill("《中华人民共和国防洪法》第四十五条")
    page.get_by_label("要达到的目标").fill("确认沿河各户都已知道转移路线")
    page.get_by_label("逐户走访").check()
    at.look("declare")
    page.get_by_role("button", name="查看后果").click()
    at.look("what-follows")
    page.locator("button[name=sure]").click()
    expect(page.get_by_text("生效中").first).to_be_visible()
    at.look("declared")
    page.goto(f"/control/screenings/{city.screening}/?unit={city.site.world.id('W1')}")
    expect(page.locator("#coverage")).to_be_visible()
    at.look("coverage")


def doors_taken_along(at: Hand) -> None:
    at.page.goto("/field/doors/")
    doors.choose_pin(at.page)
    at.look("buildings")
    at.page.locator(".door-building").first.click()


def lead(at: Hand, city: City) -> None:
    """Takes the team's doors along, and hands some over to a colleague."""
    page = at.page
    doors_taken_along(at)
    page.get_by_role("button", name="移交住户").click()
    for number in range(2):
        page.locator(".door-choices input").nth(number).check()
    at.look("hand-over")
    page.get_by_role("button", name="显示二维码").click()
    expect(page.locator(".door-code")).to_be_visible()
    at.look("code")


def visitor(at: Hand, city: City) -> None:
    """Visits a door."""
    page = at.page
    doors_taken_along(at)
    at.look("doors")
    number = {"finger": 0, "mouse": 5}[at.kind]
    doors.tiles(page).nth(number).click()
    at.look("door")
    page.locator("[data-outcome=done]").click()
    expect(page.locator(".door-undo-bar")).to_be_visible()
    expect(doors.tiles(page).nth(number)).to_have_class("door-tile done")
    at.look("visited")


# Who does it: the name of an account, or nobody who has signed in.
JOBS: dict[Callable[[Hand, City], None], str] = {
    resident: "", elder: "", grid_worker: "grid", handler: "handler", desk: "desk", dispatcher: "dispatcher", clerk: "clerk",
    verifier: "verifier", leader: "leader", admin: "admin", auditor: "auditor", commander: "leader", lead: "lead", visitor: "visitor",
}  # fmt: skip


def test_no_role_is_without_a_job(city: City) -> None:
    def held() -> set[str]:
        names = {city.accounts[name].pk for name in JOBS.values() if name}
        return {post.role for post in Post.objects.all() if post.person_id in names}

    assert beside(held) == set(Role)


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.__name__)
def test_main_job(city: City, browser: Browser, job: Callable[[Hand, City], None], kind: str) -> None:
    who = city.accounts.get(JOBS[job])
    at = hand(kind, job.__name__.replace("_", "-"), browser, city.site, who)
    job(at, city)
    assert at.person.complaints == []
    assert at.faults == [], "\n" + "\n".join(at.faults)
