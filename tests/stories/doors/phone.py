"""A screening on its server, and what somebody does with its doors on a phone."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from campaigns.conftest import Area, told
from factories.xlsforms import as_csv
from playwright.sync_api import Browser, Locator, Page, expect
from stories.browser import Person
from stories.stage import Site
from stories.test_field import beside, until

from linli.campaigns import actions
from linli.campaigns.actions import NewMember
from linli.campaigns.merging import TO_REPEAT
from linli.campaigns.models import Campaign, FollowUp, FollowUpKind, Member, MemberKind, Submission, Team
from linli.config import env
from linli.foundation import clock, keys
from linli.foundation.access import SYSTEM, Role, acting_as

PHONE_NUMBER = "13800002222"
COLLEAGUE_NUMBER = "13800003333"
PIN = "246810"
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


# The page itself, and all that it needs to be at work without a network.
KEPT_FILES = """async () => {
  const { form, scan } = document.getElementById("doors")?.dataset ?? {};
  const needed = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.href ?? one.src);
  const modules = [form, "BarcodeDetector" in window ? "" : scan].filter(Boolean);
  const kept = [...needed, ...modules].map((address) => caches.match(address));
  return (await Promise.all([caches.match("/field/doors/", { cacheName: "doors" }), ...kept])).every(Boolean);
}"""


def kept_files(page: Page) -> bool:
    return bool(page.evaluate(KEPT_FILES))


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


def something_to_bring(at: Campaigning) -> FollowUp:
    share = at.team.shares.first()
    assert share is not None
    return FollowUp.objects.create(
        campaign=at.campaign, submission=uuid4(), door=uuid4(), building_id=share.building_id,
        community_id=share.community_id, rule="food", kind=FollowUpKind.DELIVERY, every_hours=72, next_at=clock.now(),
    )  # fmt: skip


def sign_out(page: Page) -> None:
    page.locator("details.me summary").click()
    page.locator("details.me form[action='/sign-out/'] button").click()
