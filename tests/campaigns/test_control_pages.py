"""The console of joint control: declared with what follows from it shown, changed against stale pages, destroyed by its typed name."""

import gc
import re
import weakref
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

import openpyxl
import pytest
from campaigns.conftest import Area, Running, enlisted
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from factories.world import START_AT, World

from linli.campaigns import actions, queries
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.models import Campaign, Declaration, Power, PowerUse, Team
from linli.campaigns.pages import common
from linli.foundation import clock, fonts
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Person, Post
from linli.territory import queries as territory
from linli.territory.index import TerritoryIndex

WHY = "水位已经退到警戒线以下"


def browser_of(world: World, role: Role, unit: str = "51") -> Client:
    name = f"{role}-{unit}"
    browser = Client()
    with acting_as(SYSTEM):
        if name not in world.people:
            person = world.staff(name)
            Post.objects.create(person=person, role=role, unit=world.units[unit], valid_from=START_AT)
        browser.force_login(Person.objects.get(pk=world.people[name].pk))
    return browser


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def words_in(answer: HttpResponse, title: str) -> str:
    """Of the section with this title, without its elements."""
    (section,) = re.findall(rf'aria-labelledby="{title}">(.*?)</section>', text_of(answer), re.DOTALL)
    return " ".join(strip_tags(section.replace("<", " <")).split())


def typed(world: World, **other: object) -> dict[str, object]:
    now = timezone.localtime()
    usual = {
        "kind": "flood", "name": "沿河低洼院落转移", "unit": str(world.id("W1")), "basis": "《中华人民共和国防洪法》第四十五条",
        "scope": "逐户确认人员已撤离", "powers": ["visit_households", "call_up"],
        "starts_at": f"{now:%Y-%m-%dT%H:%M}", "ends_at": f"{now + timedelta(days=2):%Y-%m-%dT%H:%M}", "once": str(uuid4()),
    }  # fmt: skip
    return {**usual, **other}


def sure_of(answer: HttpResponse) -> str:
    return text_of(answer).split('name="sure" value="')[1].split('"')[0]


def the_one() -> Declaration:
    with acting_as(SYSTEM):
        return Declaration.objects.get()


# --- declaring --------------------------------------------------------------------------------------------------------


def test_nothing_declared_teaches(world: World) -> None:
    page = text_of(browser_of(world, Role.LEADER).get("/control/"))
    assert "共治如常" in page
    assert "/control/declare/" in page
    assert "/control/declare/" not in text_of(browser_of(world, Role.DESK).get("/control/")), "a desk does not declare"


def test_declared_after_what_follows_was_seen(area: Area) -> None:
    world = area.world
    leader = browser_of(world, Role.LEADER)
    assert "突发事件应对法" in text_of(leader.get("/control/declare/"))
    sent = typed(world)
    effect = leader.post("/control/declare/", sent)
    assert effect.status_code == 200
    households = len(area.everywhere)
    assert f"{households} 户" in text_of(effect)
    with acting_as(SYSTEM):
        assert not Declaration.objects.exists(), "nothing is saved before it is confirmed"
    sent |= {"sure": sure_of(effect)}
    made = leader.post("/control/declare/", sent)
    assert made.status_code == 302
    assert leader.post("/control/declare/", sent)["Location"] == made["Location"], "pressed twice it is one"
    row = the_one()
    assert (row.unit_id, row.powers) == (world.id("W1"), ["visit_households", "call_up"])
    page = text_of(leader.get(made["Location"]))
    assert "防洪法" in page
    assert "生效中" in page
    over = timezone.localtime(row.ends_at)
    for address in ("/control/", f"/control/{row.pk}/"):
        page = text_of(leader.get(address))
        assert row.name in page
        assert f"{over.month}月{over.day}日 {over:%H:%M}" in page, "a day reads as on every other page"
        assert f"{over:%Y-%m-%d}" not in strip_tags(page)


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": ""}, {"basis": "法"}, {"powers": []}, {"powers": ["everything"]}, {"unit": str(UUID(int=5))}, {"unit": "x"},
        {"ends_at": "2020-01-01T00:00"}, {"ends_at": "tomorrow"}, {"kind": "war"}, {"name": " "}, {"scope": ""},
        {"ends_at": "9999-12-31T23:59"},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_declared_is_told_beside_its_field(world: World, wrong: dict[str, object]) -> None:
    answer = browser_of(world, Role.LEADER).post("/control/declare/", typed(world, **wrong))
    assert answer.status_code == 422
    assert 'class="errorlist"' in text_of(answer)
    with acting_as(SYSTEM):
        assert not Declaration.objects.exists()


def test_a_leader_declares_for_their_own_units_alone(world: World) -> None:
    east = browser_of(world, Role.LEADER, "E")
    assert str(world.id("W1")) not in text_of(east.get("/control/declare/"))
    assert east.post("/control/declare/", typed(world)).status_code == 422
    for role in (Role.DESK, Role.DISPATCHER, Role.AUDITOR):
        assert browser_of(world, role).get("/control/declare/").status_code == 403
    assert browser_of(world, Role.HANDLER).get("/control/").status_code == 403
    assert Client().get("/control/").status_code == 302


# --- one declaration --------------------------------------------------------------------------------------------------


def test_extended_and_ended_with_a_reason(world: World, declared: Declaration) -> None:
    leader = browser_of(world, Role.LEADER)
    address = f"/control/{declared.pk}/"
    until = timezone.localtime(declared.ends_at + timedelta(days=3))
    later = {"until": f"{until:%Y-%m-%dT%H:%M}", "version": 1}
    assert leader.post(f"{address}extend/", {**later, "reason": ""}).status_code == 422
    assert leader.post(f"{address}extend/", {**later, "reason": WHY}).status_code == 302
    stale = leader.post(f"{address}end/", {"reason": WHY, "version": 1})
    assert stale.status_code == 409
    assert WHY in text_of(stale), "what was typed is still there"
    assert 'name="version" value="2"' in text_of(stale), "and may be sent again by who has read the newest state"
    assert leader.post(f"{address}end/", {"reason": WHY, "version": 2}).status_code == 302
    page = text_of(leader.get(address))
    assert page.count(WHY) == 2, "both reasons stand in its timeline"
    assert "extend/" not in page
    assert leader.post(f"{address}extend/", {**later, "reason": WHY, "version": 3}).status_code == 409
    assert leader.post(f"{address}burn/", {"reason": WHY}).status_code == 404


def test_only_who_may_changes_it(world: World, declared: Declaration) -> None:
    address = f"/control/{declared.pk}/"
    for browser in (browser_of(world, Role.DESK), browser_of(world, Role.LEADER, "W")):
        page = browser.get(address)
        assert page.status_code == 200, "that it holds is public"
        assert "end/" not in text_of(page)
        assert browser.post(f"{address}end/", {"reason": WHY, "version": 1}).status_code == 403
    assert the_one().ended_at is None


def test_uses_are_shown_to_the_declaring_unit_alone(world: World, declared: Declaration, leader: Actor) -> None:
    with acting_as(leader):
        actions.use(declaration=declared.pk, power=Power.CALL_UP, subject="夜间支援", by=leader)
    address = f"/control/{declared.pk}/"
    assert "夜间支援" in text_of(browser_of(world, Role.DESK).get(address))
    assert "夜间支援" not in text_of(browser_of(world, Role.DESK, "W").get(address))


def test_destroyed_by_its_typed_name_and_proven(running: Running) -> None:
    world = running.area.world
    door, lead, team = running.doors_of(0)[0], running.leads[0], running.teams[0]
    with acting_as(lead):
        visit = Visit(uuid4(), door.pk, "done", clock.now())
        actions.receive(team=team.pk, device=uuid4(), sent_at=clock.now(), visits=[visit], by=lead)
    leader = browser_of(world, Role.LEADER)
    declared = the_one()
    address = f"/control/{declared.pk}/"
    order = {"reason": "演练结束", "typed": declared.name, "version": 1}
    assert leader.post(f"{address}destroy/", order).status_code == 409, "it is still in force"
    assert leader.post(f"{address}end/", {"reason": WHY, "version": 1}).status_code == 302
    order["version"] = 2
    wrong = leader.post(f"{address}destroy/", {**order, "typed": "别的名称"})
    assert wrong.status_code == 422
    assert "名称不符" in text_of(wrong)
    assert leader.post(f"{address}destroy/", order).status_code == 302
    page = text_of(leader.get(address))
    assert "销毁证明" in page
    with acting_as(SYSTEM):
        assert bytes(declared.proof.root).hex() in page
        gone = sum(declared.proof.counts.values())
    assert "演练结束" in page
    assert f"销毁 {gone} 条记录" in text_of(leader.get("/control/"))


def test_an_exception_keeps_the_data(world: World, declared: Declaration) -> None:
    leader = browser_of(world, Role.LEADER)
    address = f"/control/{declared.pk}/"
    assert leader.post(f"{address}end/", {"reason": WHY, "version": 1}).status_code == 302
    until = timezone.localtime() + timedelta(days=1)
    kept = {"until": f"{until:%Y-%m-%dT%H:%M}", "reason": "复议期间依法保存", "version": 2}
    assert leader.post(f"{address}keep/", {**kept, "version": 1}).status_code == 409
    assert leader.post(f"{address}keep/", kept).status_code == 302
    assert "复议期间依法保存" in text_of(leader.get(address))
    order = {"reason": "演练结束", "typed": declared.name, "version": 2}
    assert leader.post(f"{address}destroy/", order).status_code == 409


@pytest.mark.parametrize("path", ["", "end/", "screening/new/"])
def test_what_is_not_there(world: World, path: str) -> None:
    leader = browser_of(world, Role.LEADER)
    address = f"/control/{uuid4()}/{path}"
    answer = leader.post(address, {"reason": WHY, "version": 1}) if path == "end/" else leader.get(address)
    assert answer.status_code == 404


# --- screening --------------------------------------------------------------------------------------------------------


def begun(world: World, **other: object) -> dict[str, object]:
    due = timezone.localtime() + timedelta(days=2)
    usual = {
        "name": "逐户排查", "unit": str(world.id("W1")), "due_at": f"{due:%Y-%m-%dT%H:%M}", "form": "", "most_attempts": 3,
        "door_minutes": 4, "once": str(uuid4()),
    }  # fmt: skip
    return {**usual, **other}


def test_begun_formed_and_divided(area: Area, declared: Declaration, leader: Actor) -> None:
    world = area.world
    enlisted(world, leader, ["one", "two", "three", "four"])
    browser = browser_of(world, Role.LEADER)
    answer = browser.post(f"/control/{declared.pk}/screening/new/", begun(world))
    assert answer.status_code == 302
    address = answer["Location"]
    assert "还没有队伍" in text_of(browser.get(address))
    assert browser.post(f"{address}divide/", {"once": "d0"}).status_code == 422, "without teams nothing is divided"
    assert browser.post(f"{address}teams/form/", {"size": 0, "hours": 8}).status_code == 422
    assert browser.post(f"{address}teams/form/", {"size": 2, "hours": 8, "once": "t"}).status_code == 302
    assert browser.post(f"{address}divide/", {"once": "d1"}).status_code == 302
    page = text_of(browser.get(address))
    assert all(name in page for name in ("B1", "B2", "B3")), "a community's buildings"
    assert f"0 / {len(area.everywhere)}" in page
    assert browser.post(f"{address}divide/", {"once": "d2"}).status_code == 409
    assert "communityW11" in text_of(browser.get(f"{address}teams/")), "a team is named for its unit and its number"
    assert browser.post(f"{address}close/", {"reason": ""}).status_code == 422
    assert browser.post(f"{address}close/", {"reason": WHY}).status_code == 302
    assert "divide/" not in text_of(browser.get(address))


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"unit": "x"}, {"due_at": "2020-01-01T00:00"}, {"most_attempts": 0}, {"door_minutes": "nan"}, {"form": "x"}],
    ids=str,
)  # fmt: skip
def test_a_wrong_screening_is_refused(area: Area, declared: Declaration, wrong: dict[str, object]) -> None:
    answer = browser_of(area.world, Role.LEADER).post(
        f"/control/{declared.pk}/screening/new/", begun(area.world, **wrong)
    )
    assert answer.status_code == 422
    with acting_as(SYSTEM):
        assert not Campaign.objects.exists()


def test_a_large_area_is_divided_by_the_worker(running: Running) -> None:
    browser = browser_of(running.area.world, Role.LEADER)
    answer = browser.post(f"/control/screenings/{running.campaign.pk}/divide/", {"once": "d"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/work/")


def test_coverage_from_the_city_to_a_door(running: Running) -> None:
    world = running.area.world
    browser = browser_of(world, Role.LEADER)
    door, lead, team = running.doors_of(0)[0], running.leads[0], running.teams[0]
    with acting_as(lead):
        visits = [Visit(uuid4(), door.pk, "done", clock.now()), Visit(uuid4(), uuid4(), "done", clock.now())]
        actions.receive(team=team.pk, device=uuid4(), sent_at=clock.now(), visits=visits, by=lead)
    whole = len(running.area.everywhere)
    address = f"/control/screenings/{running.campaign.pk}/"
    for code in ("51", "5101", "W", "W1"):
        page = text_of(browser.get(f"{address}?unit={world.id(code)}"))
        assert f"1 / {whole}" in page, code
    building = f"{address}buildings/{door.building_id}/"
    assert building in page
    shown = text_of(browser.get(building))
    with acting_as(SYSTEM):
        doors = len(running.area.doors[door.building.name])
    assert f'<span class="count">{doors - 1}</span>' in shown, "exactly those that nobody has reached"
    assert shown.count("door-number") == doors
    aside = text_of(browser.get(f"{address}aside/"))
    assert "区域内没有这一户" in aside
    assert f"{building}doors/" not in aside, "it lies in no building"
    teams = text_of(browser.get(f"{address}teams/"))
    assert str(team.pk) in teams
    with clock.at(clock.now() + timedelta(hours=4)):
        assert "3 小时未同步" in text_of(browser.get(f"{address}teams/"))


def test_visits_set_aside_are_listed_where_they_are_and_lead_to_their_door(running: Running) -> None:
    """One to a door of the other team: it does not count, and nobody has visited that door otherwise."""
    world = running.area.world
    browser = browser_of(world, Role.LEADER)
    door = running.doors_of(0)[0]
    with acting_as(SYSTEM):
        other = running.area.building("B9", 1, 1, 1)
    with acting_as(running.leads[1]):
        visits = [Visit(uuid4(), door.pk, "done", clock.now()), Visit(uuid4(), uuid4(), "done", clock.now())]
        actions.receive(
            team=running.teams[1].pk, device=uuid4(), sent_at=clock.now(), visits=visits, by=running.leads[1]
        )
    address = f"/control/screenings/{running.campaign.pk}/"
    at_door = f"{address}buildings/{door.building_id}/doors/{door.pk}/"
    everywhere = text_of(browser.get(f"{address}aside/"))
    assert at_door in everywhere
    assert "区域内没有这一户" in everywhere
    for unit, stands in ((door.building_id, True), (world.id("W1"), True), (other.pk, False), (world.id("E"), False)):
        listed = text_of(browser.get(f"{address}aside/?unit={unit}"))
        assert (at_door in listed) is stands
        assert "区域内没有这一户" not in listed, "it lies in none of these"
    assert f"aside/?unit={world.id('W1')}" in text_of(browser.get(f"{address}?unit={world.id('W1')}"))
    assert f'href="doors/{door.pk}/"' in text_of(browser.get(f"{address}buildings/{door.building_id}/"))
    assert browser.get(at_door).status_code == 200
    assert browser.get(f"{address}aside/?unit=x").status_code == 404


def test_nobody_sees_other_units(running: Running) -> None:
    world = running.area.world
    east = browser_of(world, Role.DESK, "E")
    address = f"/control/screenings/{running.campaign.pk}/"
    page = text_of(east.get(address))
    assert not re.search(r"\bB1\b", page)
    assert east.get(f"{address}?unit={world.id('W')}").status_code == 404
    assert east.get(f"{address}buildings/{running.of('B1')}/").status_code == 404
    assert east.get(f"/control/teams/{running.teams[0].pk}/").status_code in {403, 404}
    assert east.post(f"{address}divide/").status_code == 403
    assert east.post(f"{address}close/", {"reason": WHY}).status_code == 403
    assert browser_of(world, Role.DESK, "W1").get(address).status_code == 200


@pytest.mark.parametrize("unit", ["x", "'; DROP TABLE", "0", str(UUID(int=5))])
def test_a_hostile_unit_finds_nothing(running: Running, unit: str) -> None:
    browser = browser_of(running.area.world, Role.LEADER)
    assert browser.get(f"/control/screenings/{running.campaign.pk}/", {"unit": unit}).status_code == 404


def test_a_member_goes_out_of_their_team(running: Running) -> None:
    browser = browser_of(running.area.world, Role.DISPATCHER)
    team = running.teams[0]
    with acting_as(SYSTEM):
        member = team.memberships.get(leads=False).member_id
    address = f"/control/teams/{team.pk}/"
    assert browser.post(f"{address}out/", {"member": str(member), "reason": ""}).status_code == 422
    assert browser.post(f"{address}out/", {"member": "x", "reason": WHY}).status_code == 404
    assert browser.post(f"{address}out/", {"member": str(member), "reason": "突发高烧"}).status_code == 302
    with acting_as(SYSTEM):
        assert team.memberships.filter(until=None).count() == 1
        assert Team.objects.filter(pk=team.pk, out_at=None).exists()
    assert "调离" in text_of(browser.get(address))


def test_a_unit_below_screens_under_the_citys_declaration(area: Area, declared: Declaration) -> None:
    """Its use of the power is logged under a declaration that is not its own."""
    dispatcher = browser_of(area.world, Role.DISPATCHER, "W")
    answer = dispatcher.post(f"/control/{declared.pk}/screening/new/", begun(area.world))
    assert answer.status_code == 302
    with acting_as(SYSTEM):
        assert PowerUse.objects.filter(declaration=declared, power="visit_households").count() == 1
    assert dispatcher.get(answer["Location"]).status_code == 200


# --- the situation report ---------------------------------------------------------------------------------------------


def test_the_report_names_exactly_the_doors_not_reached(running: Running) -> None:
    world = running.area.world
    door, lead, team = running.doors_of(0)[0], running.leads[0], running.teams[0]
    with acting_as(lead):
        visits = [
            Visit(uuid4(), door.pk, "done", clock.now()),
            Visit(uuid4(), running.doors_of(0)[1].pk, "nobody_home", clock.now()),
            Visit(uuid4(), uuid4(), "refused", clock.now(), found_in=door.building_id, found_label="地下室"),
        ]
        actions.receive(team=team.pk, device=uuid4(), sent_at=clock.now(), visits=visits, by=lead)
    browser = browser_of(world, Role.LEADER)
    address = f"/control/screenings/{running.campaign.pk}/report"
    whole = len(running.area.everywhere)
    page = text_of(browser.get(f"{address}/"))
    assert "情况报告" in page
    assert f"{timezone.localtime():%-H}时" in page, "it is headed by the hour"
    book = openpyxl.load_workbook(BytesIO(browser.get(f"{address}.xlsx").content))
    rows = [row[:2] for row in book["未走访到"].iter_rows(min_row=2, values_only=True)]
    with acting_as(SYSTEM):
        quarter = world.units["Q"].name
        every = {(f"{quarter} {one.building.name}", str(one)) for one in running.area.everywhere}
        assert set(rows) == every - {(f"{quarter} {door.building.name}", str(door))}
    assert len(rows) == whole - 1, "a door that was found and reached is not left"
    if fonts.noto() is not None:
        paper = browser.get(f"{address}.pdf")
        assert paper.content.startswith(b"%PDF-")


def test_a_door_that_was_visited_in_vain_so_often_is_left_to_the_desk(running: Running) -> None:
    """Twice nobody home is, where two are tried; once is not, nor is who was reached at last. What no list had is among them."""
    with acting_as(SYSTEM):
        Campaign.objects.filter(pk=running.campaign.pk).update(most_attempts=2)
    world, lead, team = running.area.world, running.leads[0], running.teams[0]
    tried, once, reached = running.doors_of(0)[:3]
    assert tried.building_id == once.building_id == reached.building_id
    found = {"found_in": tried.building_id, "found_label": "地下室"}
    cellar = uuid4()
    visits = [
        *(Visit(uuid4(), tried.pk, outcome, clock.now()) for outcome in ("nobody_home", "unsafe")),
        Visit(uuid4(), once.pk, "nobody_home", clock.now()),
        *(Visit(uuid4(), reached.pk, outcome, clock.now()) for outcome in ("nobody_home", "nobody_home", "done")),
        *(Visit(uuid4(), cellar, "other_language", clock.now(), **found) for _again in range(3)),
    ]
    with acting_as(lead):
        actions.receive(team=team.pk, device=uuid4(), sent_at=clock.now(), visits=visits, by=lead)
        assert queries.doors_of_team(lead, team.pk).team.campaign.most_attempts == 2
    browser = browser_of(world, Role.DESK)
    base = f"/control/screenings/{running.campaign.pk}"
    section = words_in(browser.get(f"{base}/buildings/{tried.building_id}/"), "desk")
    assert section.startswith("交由工作台处理 2 ")
    assert all(label in section for label in (str(tried), "地下室"))
    assert not any(str(door) in section for door in (once, reached))
    section = words_in(browser.get(f"{base}/report/"), "desk-title")
    assert "1 栋楼的 2 户" in section
    assert f"2 地下室 {tried}" in section
    book = openpyxl.load_workbook(BytesIO(browser.get(f"{base}/report.xlsx").content))
    rows = book["未走访到"].iter_rows(min_row=2, values_only=True)
    building = f"{world.units['Q'].name} {tried.building.name}"
    assert {row[:2] for row in rows if row[4]} == {(building, str(tried)), (building, "地下室")}


def test_a_report_is_of_ones_own_units(running: Running) -> None:
    world = running.area.world
    east, desk = browser_of(world, Role.DESK, "E"), browser_of(world, Role.DESK, "W")
    for ending in ("/", ".pdf", ".xlsx"):
        address = f"/control/screenings/{running.campaign.pk}/report{ending}"
        assert Client().get(address).status_code == 302
        assert east.get(f"{address}?unit={world.id('W')}").status_code == 404
        assert desk.get(f"{address}?unit={world.id('51')}").status_code == 404
    assert "B1" not in text_of(east.get(f"/control/screenings/{running.campaign.pk}/report/"))
    assert "B1" in text_of(desk.get(f"/control/screenings/{running.campaign.pk}/report/"))


def test_what_a_select_offers_keeps_no_old_territory_in_memory(world: World) -> None:
    old = TerritoryIndex(territory.index().units, {})
    first = common._offered_in(old, (world.id("51"),), "zh-hans")
    assert first is common._offered_in(old, (world.id("51"),), "zh-hans")
    assert str(world.id("W1")) in first
    kept = weakref.ref(old)
    del old
    gc.collect()
    assert kept() is None
