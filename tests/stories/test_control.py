"""Joint control from its declaration to the proof that its data are gone, with a door that is reached while the desk looks on."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from bars.test_accessibility import violations
from campaigns.conftest import Area, told
from playwright.sync_api import Browser, Page, expect

from linli.campaigns import actions
from linli.campaigns.actions import NewMember
from linli.campaigns.models import Campaign
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.people import queries as people
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = pytest.mark.browser
NAME = "防汛演练"
DOORS = 16

# What a phone sends, with its own session: the doors of its team, one of them reached.
VISIT = """async ({ device, visit, token }) => {
  const [team] = await (await fetch("/api/v1/campaigns/teams/mine")).json();
  const { buildings } = await (await fetch(`/api/v1/campaigns/teams/${team.id}/doors`)).json();
  const [door] = buildings[0].doors[0];
  const now = new Date().toISOString();
  const body = { device, sent_at: now, visits: [{ id: visit, door, outcome: "done", visited_at: now }] };
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const answer = await fetch(`/api/v1/campaigns/teams/${team.id}/visits`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()).fates[0].fate;
}"""


@pytest.fixture
def area(site: Site) -> Area:
    """A building, and two people of the roster: the grid worker leads."""
    made = Area(site.world)
    with acting_as(SYSTEM):
        made.building("B1", 2, 4, 2)
        members = [
            NewMember(site.world.id("W1"), "cadre", "周敏", person=people.staff_id("grid")),
            NewMember(site.world.id("W1"), "volunteer", "吴强"),
        ]
        actions.enlist(members=members, by=SYSTEM)
    return made


def test_from_the_declaration_to_the_proof(site: Site, area: Area, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    page.goto("/control/")
    page.get_by_role("link", name="宣布一次演练").click()
    page.get_by_label("名称").fill(NAME)
    page.get_by_label("法律依据").fill("《中华人民共和国防洪法》第四十五条")
    page.get_by_label("要达到的目标").fill("确认沿河各户都已知道转移路线")
    page.get_by_label("逐户走访").check()
    page.get_by_label("征召人员").check()
    assert violations(page) == []
    page.get_by_role("button", name="查看后果").click()
    expect(page.get_by_text(f"{DOORS} 户")).to_be_visible()
    assert violations(page) == []
    page.locator("button[name=sure]").click()
    expect(page.get_by_text("生效中")).to_be_visible()

    page.get_by_role("link", name="开始排查").click()
    page.get_by_label("名称").fill("逐户告知")
    page.get_by_label("走访区域").select_option(label="锦江区 · 双桥子街道")
    page.get_by_role("button", name="开始排查").click()
    page.get_by_label("每队人数").fill("2")
    page.get_by_role("button", name="组建队伍").click()
    page.get_by_role("button", name="分配住户").click()
    expect(page.get_by_text(f"{DOORS} 户已分配给 1 支队伍")).to_be_visible()
    expect(page.locator("#coverage")).to_contain_text(f"0 / {DOORS}")
    page.locator(".coverage-table").get_by_role("link", name="水碾河社区").click()
    page.locator(".coverage-table").get_by_role("link", name="B1").click()
    expect(page.locator("#left")).to_contain_text(str(DOORS))
    assert violations(page) == []

    # A phone tells of a visit: the building changes under the desk's eyes.
    grid = Person(browser, site, phone=True).sign_in("grid")
    token = grid.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    fate = grid.page.evaluate(VISIT, {"device": str(uuid4()), "visit": str(uuid4()), "token": token})
    assert fate == "stored"
    expect(page.locator("#left")).to_contain_text(str(DOORS - 1))
    expect(page.locator(".door-table td.good")).to_have_count(1)

    page.locator(".crumbs").get_by_role("link", name="水碾河社区").click()
    expect(page.locator("#coverage")).to_contain_text(f"1 / {DOORS}")
    page.get_by_role("link", name="情况报告").click()
    expect(page.locator("#left")).to_contain_text("B1")
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")

    page.goto("/control/")
    page.get_by_role("link", name=NAME).click()
    page.locator("#end summary").click()
    page.get_by_label("为何结束").fill("演练完成，水位平稳")
    page.get_by_role("button", name="立即结束").click()
    expect(page.get_by_text("已结束，各项权力已终止")).to_be_visible()
    page.locator("#destroy summary").click()
    page.get_by_label("为何现在销毁").fill("演练数据不再需要")
    page.get_by_label("请输入本次联防联控的名称").fill("防汛")
    page.get_by_role("button", name="销毁所收集的数据").click()
    expect(page.get_by_text("名称不符")).to_be_visible()
    page.get_by_label("请输入本次联防联控的名称").fill(NAME)
    page.get_by_role("button", name="销毁所收集的数据").click()
    expect(page.get_by_role("heading", name="销毁证明")).to_be_visible()
    assert violations(page) == []
    page.get_by_text("如何核验").click()
    expect(page.locator("#proof .hash").first).to_have_text(re.compile("[0-9a-f]{64}"))
    keep_picture(leader.page, "control-proof")
    assert leader.complaints == []
    assert grid.complaints == []


@pytest.fixture
def screened(site: Site, area: Area) -> Campaign:
    """A screening with two teams, one of which the grid worker leads, and two people who are free."""
    world, leader = site.world, people.actor_of(people.staff_id("leader"))
    with acting_as(SYSTEM):
        members = [NewMember(world.id("W1"), "cadre", "何志强"), NewMember(world.id("W1"), "volunteer", "徐静")]
        actions.enlist(members=members, by=SYSTEM)
    with acting_as(leader):
        declared = actions.declare(told=told(world, unit=world.id("51"), name=NAME), by=leader)
        due = clock.now() + timedelta(days=3)
        made = actions.start(declaration=declared.pk, unit=world.id("51"), name="逐户告知", due_at=due, by=leader)
        actions.form_teams(campaign=made.pk, size=2, minutes=60, by=leader)
        actions.divide(campaign=made.pk, by=leader)
        late = [NewMember(world.id("W1"), "volunteer", name) for name in ("蒋文", "向阳")]
        actions.enlist(members=late, by=leader)
    return made


def finish_of(page: Page) -> tuple[str, str]:
    """By the plan that is shown: before, and after."""
    tile = page.locator(".stat", has_text="计划完成时间")
    before = re.search(r"现为 (\S+ \S+)，", tile.locator(".stat-note").inner_text())
    assert before is not None
    return before[1], tile.locator(".stat-value").inner_text()


def test_a_team_falls_ill_and_another_comes(site: Site, screened: Campaign, browser: Browser) -> None:
    leader = Person(browser, site).sign_in("leader")
    page = leader.page
    community = f"/control/screenings/{screened.pk}/?unit={site.world.id('W1')}"
    page.goto(community)
    page.get_by_role("link", name="队员生病").click()
    page.locator("#teams tbody").get_by_role("link").first.click()
    ill = page.locator("h1").inner_text()
    page.get_by_role("link", name="该队不再继续").click()

    # What moves is shown before it is done: how many doors, to whom, and what becomes of the finish.
    expect(page.locator(".stat", has_text="变动户数")).to_contain_text("待走访 16 户")
    pair = page.locator(".moves > li")
    expect(pair).to_have_count(1)
    expect(pair).to_contain_text(ill)
    expect(pair).to_contain_text("8 户")
    pair.locator("summary").click()
    expect(pair).to_contain_text("B1")
    before, after = finish_of(page)
    assert before < after
    assert violations(page) == []
    page.get_by_label("理由").fill("两人发热，居家隔离")
    page.get_by_role("button", name="撤出该队").click()
    expect(page.get_by_text("8 户已转给相邻的 1 支队伍")).to_be_visible()

    # Two people who are free come: the finish moves back.
    page.goto(community)
    page.get_by_role("link", name="新队伍支援").click()
    expect(page.locator("#people + ul")).to_contain_text("向阳")
    later, sooner = finish_of(page)
    assert sooner < later
    assert violations(page) == []
    page.get_by_label("理由").fill("志愿者到位支援")
    page.get_by_role("button", name="调用这支队伍").click()
    expect(page.get_by_text("已编成")).to_be_visible()
    expect(page.locator("#timeline + ol, #timeline ~ ol").first).to_contain_text("新队伍加入")
    expect(page.get_by_text("两人发热，居家隔离")).to_be_visible()
    keep_picture(leader.page, "control-came")
    assert leader.complaints == []
