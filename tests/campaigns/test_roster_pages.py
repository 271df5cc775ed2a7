"""The roster's pages: taken in one by one and from a table, released, called for help; and who answers."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from campaigns.conftest import enlisted
from campaigns.test_control_pages import WHY, browser_of, text_of
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from factories.world import World

from linli.campaigns import actions, errors, imports
from linli.campaigns.actions import NewMember, calling
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.models import Call, CallAnswer, Declaration, Member
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.imports import Upload
from linli.foundation.models import Fate
from linli.people.models import Person
from linli.people.rules import phone_hash


def member(world: World, **other: object) -> dict[str, object]:
    usual = {
        "unit": str(world.id("W1")), "kind": "volunteer", "name": "陈晓梅", "phone": "13900001111", "organisation": "水碾河志愿队",
        "skills": "护士，方言", "once": str(uuid4()),
    }  # fmt: skip
    return {**usual, **other}


def test_taken_in_and_released(world: World) -> None:
    leader = browser_of(world, Role.LEADER)
    assert "此处名册为空" in text_of(leader.get("/control/roster/"))
    assert leader.post("/control/roster/new/", member(world)).status_code == 302
    page = text_of(leader.get("/control/roster/", {"unit": world.id("51"), "skill": "护士"}))
    assert "陈晓梅" in page
    assert "陈晓梅" not in text_of(leader.get("/control/roster/", {"kind": "cadre"}))
    with acting_as(SYSTEM):
        row = Member.objects.get()
    assert row.skills == ["护士", "方言"]
    assert leader.post(f"/control/roster/{row.pk}/release/", {"reason": ""}).status_code == 422
    assert leader.post(f"/control/roster/{row.pk}/release/", {"reason": WHY}).status_code == 302
    assert "陈晓梅" not in text_of(leader.get("/control/roster/"))
    assert leader.post(f"/control/roster/{row.pk}/release/", {"reason": WHY}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"unit": "x"}, {"kind": "general"}, {"name": " "}, {"phone": "<script>"}, {"skills": ",".join("abcdefghijk")}, {"skills": "x" * 40}],
    ids=str,
)  # fmt: skip
def test_nobody_wrong_is_taken_in(world: World, wrong: dict[str, object]) -> None:
    assert browser_of(world, Role.LEADER).post("/control/roster/new/", member(world, **wrong)).status_code == 422
    with acting_as(SYSTEM):
        assert not Member.objects.exists()


def test_the_roster_is_of_ones_own_units(world: World, leader: Actor) -> None:
    with acting_as(leader):
        actions.enlist(members=[NewMember(world.id("W1"), "cadre", "周敏", "13800000000")], by=leader)
    east, desk = browser_of(world, Role.LEADER, "E"), browser_of(world, Role.DESK)
    with acting_as(SYSTEM):
        row = Member.objects.get()
    assert "周敏" not in text_of(east.get("/control/roster/"))
    assert east.get("/control/roster/", {"unit": world.id("W")}).status_code == 403
    assert east.post(f"/control/roster/{row.pk}/release/", {"reason": WHY}).status_code == 404
    assert east.post("/control/roster/new/", member(world)).status_code == 422
    assert desk.get("/control/roster/").status_code == 403, "who only looks sees no names"
    assert Client().get("/control/roster/").status_code == 302
    for unit in ("x", str(uuid4())):
        assert browser_of(world, Role.LEADER).get("/control/roster/", {"unit": unit}).status_code == 404


# --- from a table -----------------------------------------------------------------------------------------------------

TABLE = """单位,类别,姓名,电话,技能
W1,志愿者,陈晓梅,13900001111,护士、方言
W2,cadre,周敏,,
"""


def uploaded(world: World, leader: Actor, text: str) -> Upload:
    return Upload(text.encode(), "roster.csv", {"unit": str(world.id("51"))}, leader, lambda *_said: None)


def test_a_table_is_taken_in_as_its_dry_run_says(world: World, leader: Actor) -> None:
    upload = uploaded(world, leader, TABLE)
    with acting_as(leader):
        dry = imports.examine(upload)
        assert [row.fate for row in dry.rows] == [Fate.NEW, Fate.NEW]
        assert "陈晓梅" not in dry.rows[0].about, "the report names nobody: it is kept longer than an emergency"
        imports.apply(upload)
        assert {row.name for row in Member.objects.all()} == {"陈晓梅", "周敏"}
        again = imports.examine(upload)
        assert again.applied
        assert [row.fate for row in again.rows] == [Fate.SAME, Fate.SAME]


def test_one_phone_is_one_helper_across_all_units(world: World, leader: Actor) -> None:
    """Whoever has no account is told apart by their phone, however it is written, and whoever takes them in."""
    east = world.actor("eastlead", Role.LEADER, "E")
    with acting_as(east):
        actions.enlist(members=[NewMember(world.id("E"), "volunteer", "陈晓梅", "139 0000-1111")], by=east)
    upload = uploaded(
        world,
        leader,
        TABLE + "W1,志愿者,陈小梅,+86 13900002222,\nW1,志愿者,总机,028-84441234,\nW2,cadre,总机,028-84441234,\n",
    )
    with acting_as(leader):
        dry = imports.examine(upload)
        assert [row.fate for row in dry.rows] == [Fate.SAME, Fate.NEW, Fate.NEW, Fate.NEW, Fate.NEW]
        assert "一个电话就是一个人" in dry.rows[0].about
        assert world.units["E"].name in dry.rows[0].about
        imports.apply(upload)
        assert imports.examine(upload).applied
        with pytest.raises(errors.OnRoster):
            actions.enlist(members=[NewMember(world.id("W2"), "volunteer", "别名", "13900002222")], by=leader)
    with acting_as(SYSTEM):
        assert Member.objects.count() == 5, "a landline is an office's, and no helper's"
        row = Member.objects.get(unit=world.units["E"])
        with pytest.raises(IntegrityError), transaction.atomic():
            Member.objects.create(unit=world.units["W2"], kind="cadre", name="甲", phone_hash=row.phone_hash)
    with acting_as(east):
        actions.release(member=row.pk, reason=WHY, by=east)
    with acting_as(leader):
        assert imports.examine(upload).rows[0].fate is Fate.NEW, "whoever was released can be taken in elsewhere"


def test_a_shift_for_a_phone_of_another_unit_says_what_to_do(
    world: World, leader: Actor, declared: Declaration
) -> None:
    east = world.actor("eastlead", Role.LEADER, "E")
    with acting_as(east):
        actions.enlist(members=[NewMember(world.id("E"), "volunteer", "陈晓梅", "13900001111")], by=east)
    with acting_as(leader):
        [row] = imports.examine(
            uploaded(world, leader, "单位,类别,姓名,电话,班次\nW1,志愿者,陈晓梅,13900001111,08:00-17:00\n")
        ).rows
    assert row.fate is Fate.WRONG
    assert "一个电话就是一个人" in row.reason


def test_who_is_added_a_second_time_is_refused_on_the_page(world: World) -> None:
    lead = browser_of(world, Role.LEADER)
    lead.post("/control/roster/new/", member(world) | {"once": "a", "phone": "13900001111"})
    again = lead.post("/control/roster/new/", member(world) | {"once": "b", "phone": "139 0000 1111", "name": "别名"})
    assert again.status_code == 409
    assert "一个电话就是一个人" in text_of(again)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("W1,志愿者,另一人,139 0000 1111,", "一个电话就是一个人"),
        ("E9,cadre,周敏,,", "代码"), ("W1,将军,周敏,,", "志愿者"), ("W1,cadre,,,", "60"), ("W1,cadre,周敏,call me,", "电话"),
        ("W1,志愿者,陈晓梅,13900001111,", "两次"), (f"W1,cadre,周敏,,{'、'.join('abcdefghijk')}", "十项"),
    ],
)  # fmt: skip
def test_a_wrong_row_says_what_is_wrong(world: World, leader: Actor, row: str, said: str) -> None:
    with acting_as(leader):
        dry = imports.examine(uploaded(world, leader, f"{TABLE}{row}\n"))
    [wrong] = [fate for fate in dry.rows if fate.fate is Fate.WRONG]
    assert wrong.number == 4
    assert said in wrong.reason


def test_sent_for_a_dry_run(world: World) -> None:
    leader = browser_of(world, Role.LEADER)
    assert "姓名" in text_of(leader.get("/control/roster/import/"))
    file = SimpleUploadedFile("roster.csv", TABLE.encode())
    answer = leader.post("/control/roster/import/", {"unit": str(world.id("51")), "file": file, "once": "k"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/work/")
    assert leader.post("/control/roster/import/", {"unit": str(world.id("51"))}).status_code == 422
    east = browser_of(world, Role.LEADER, "E")
    file = SimpleUploadedFile("roster.csv", TABLE.encode())
    assert east.post("/control/roster/import/", {"unit": str(world.id("51")), "file": file}).status_code == 422


# --- calls for help ---------------------------------------------------------------------------------------------------


def wanted(**other: object) -> dict[str, object]:
    now = timezone.localtime()
    usual = {
        "wanted": 2, "skill": "", "text": "到社区居委会集合，带雨具", "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(hours=8):%Y-%m-%dT%H:%M}", "once": str(uuid4()),
    }  # fmt: skip
    return {**usual, **other}


def as_person(actor: Actor) -> Client:
    browser = Client()
    with acting_as(SYSTEM):
        browser.force_login(Person.objects.get(pk=actor.id))
    return browser


def test_called_and_answered(world: World, declared: Declaration, leader: Actor) -> None:
    people = enlisted(world, leader, ["one", "two"])
    browser = browser_of(world, Role.LEADER)
    made = browser.post(f"/control/calls/new/?unit={world.id('W1')}", wanted())
    assert made.status_code == 302
    address = made["Location"]
    one = as_person(people["one"])
    assert "到社区居委会集合" in text_of(one.get("/control/calls/"))
    page = text_of(one.get(address))
    assert "您能来吗" in page
    assert "13800000000" not in page, "who else is called is not theirs to see"
    assert one.post(f"{address}answer/", {"coming": "yes"}).status_code == 302
    assert one.post(f"{address}answer/", {"coming": "no"}).status_code == 302
    assert one.post(f"{address}answer/", {"coming": "yes"}).status_code == 302
    with acting_as(SYSTEM):
        assert [row.coming for row in CallAnswer.objects.all()] == [True], "the last answer counts"
    assert "one" in text_of(browser.get(address))
    with acting_as(SYSTEM):
        assert declared.uses.filter(power="call_up").count() == 1


def test_a_call_is_for_those_whom_it_calls(world: World, declared: Declaration, leader: Actor) -> None:
    people = enlisted(world, leader, ["one"])
    stranger = world.actor("stranger", Role.GRID_WORKER, "W1")
    now = clock.now()
    new = NewCall(declared.pk, world.id("W1"), 1, "会开电梯的来", now, now + timedelta(hours=2), skill="电梯钥匙")
    with acting_as(leader):
        row = calling.call(new=new, by=leader)
    address = f"/control/calls/{row.pk}/"
    for person in (people["one"], stranger):
        assert as_person(person).get(address).status_code == 404
        assert as_person(person).post(f"{address}answer/", {"coming": "yes"}).status_code == 404
    with acting_as(SYSTEM):
        Member.objects.update(skills=["电梯钥匙"])
    assert as_person(people["one"]).get(address).status_code == 200
    with clock.at(now + timedelta(hours=2)):
        assert as_person(people["one"]).post(f"{address}answer/", {"coming": "yes"}).status_code == 404, "it is over"
    assert browser_of(world, Role.LEADER, "E").get(address).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"wanted": 0}, {"text": "来"}, {"ends_at": "2020-01-01T00:00"}, {"wanted": 10**9}], ids=str
)
def test_a_wrong_call_is_refused(world: World, declared: Declaration, wrong: dict[str, object]) -> None:
    answer = browser_of(world, Role.LEADER).post(f"/control/calls/new/?unit={world.id('W1')}", wanted(**wrong))
    assert answer.status_code == 422
    with acting_as(SYSTEM):
        assert not Call.objects.exists()


def test_nobody_is_called_without_a_declaration(world: World) -> None:
    browser = browser_of(world, Role.LEADER)
    assert "不能召集支援" in text_of(browser.get("/control/calls/new/"))
    assert browser.post("/control/calls/new/", wanted()).status_code == 409


def test_of_doubles_from_before_the_older_entry_has_the_phone(world: World) -> None:
    """The migration fills what is on the roster; a landline and whoever has left get none."""
    with acting_as(SYSTEM):
        home = world.units["W1"]
        old, double, office, left = (
            Member.objects.create(unit=home, kind="volunteer", name=name, phone=phone, left_at=gone)
            for name, phone, gone in (
                ("甲", "139 0000 1111", None), ("乙", "13900001111", None), ("丙", "028-84441234", None),
                ("丁", "13900002222", clock.now()),
            )
        )  # fmt: skip
        import_module("linli.campaigns.migrations.0018_one_helper_per_phone").fill(apps, None)
        held = dict(Member.objects.values_list("pk", "phone_hash"))
        assert bytes(held[old.pk]) == phone_hash("13900001111")
        assert [held[one.pk] for one in (double, office, left)] == [None] * 3
