"""The codes by which households read what was collected at their doors: guessed, of another door, void, after everything is gone."""

# Fixtures are imported by their names.
# ruff: noqa: F401, F811

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from campaigns.conftest import Running, area, declared, leader, running
from campaigns.test_control_pages import browser_of
from campaigns.test_following import ILL, asking
from campaigns.test_receiving import send, visit
from campaigns.test_roster_pages import as_person
from campaigns.test_visit_parts import attach, own_folder, picture
from django.db import connection
from django.test import Client, TestCase
from factories.browsing import unmarked

from linli.campaigns import actions, codes, errors
from linli.campaigns.actions import door_codes
from linli.campaigns.models import Campaign, Declaration, Door, DoorCode, Share
from linli.campaigns.queries import mine
from linli.campaigns.rules import DESTROYED_AFTER
from linli.foundation import clock, rates
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.models import Entry
from linli.foundation.rates import TooManyRequests
from linli.territory.models import Household

pytestmark = pytest.mark.django_db
MINE = "/control/mine/"


@pytest.fixture
def visited(asking: Running) -> Running:
    """Two doors of one team were asked; the second answered other things."""
    first, second = asking.doors_of(0)[:2]
    well = ILL | {"needs": ["none"], "needs_note": None, "gas_smell": "yes"}
    send(asking, [visit(first.id, answers=ILL), visit(second.id, answers=well)])
    return asking


def code_of(running: Running, place: int = 0) -> str:
    """Made by who leads, for one of the first team's doors."""
    return code_at(running, running.doors_of(0)[place])


def code_at(running: Running, door: Household) -> str:
    with acting_as(running.leader):
        [leaflet] = door_codes.make_codes(
            campaign=running.campaign.id, building=door.building_id, door=door.id, by=running.leader
        )
    return leaflet.code


def opened(code: str, client: Client | None = None) -> Any:
    return (client or Client(headers={"accept-language": "en"})).post(MINE, {"code": code})


def test_a_household_reads_its_own_answers_and_why(visited: Running) -> None:
    page = opened(code_of(visited)).content.decode()
    declared = visited.campaign.declaration
    for said in ("张阿姨", "38.2", declared.name, declared.basis, declared.scope, declared.declared_by_label):
        assert said in page, said
    assert "What does this household need now?" in page, "in the form's own words"
    assert "大米" in page
    assert str(visited.doors_of(0)[0].id) not in page, "no id that leads anywhere else"


def test_a_code_may_be_typed_as_it_is_read_out(visited: Running) -> None:
    code = code_of(visited)
    for typed in (code.lower(), code.replace("-", " "), code.replace("0", "o").replace("1", "l"), code.translate(WIDE)):
        assert "张阿姨" in opened(typed).content.decode(), typed


WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@pytest.mark.parametrize(
    "typed", ["", " ", "-", "0" * 12, "ABCD-EFGH-JKM", "U" * 12, "' OR 1=1 --", "\x00" * 12, "码" * 12, "A" * 4000]
)
def test_what_is_no_code_opens_nothing(visited: Running, typed: str) -> None:
    code_of(visited)
    answer = opened(typed)
    assert answer.status_code == 422
    assert "张阿姨" not in answer.content.decode()


def test_an_unknown_and_a_replaced_code_are_answered_alike(visited: Running) -> None:
    old = code_of(visited)
    new = code_of(visited)
    assert "张阿姨" in opened(new).content.decode()
    assert _said(opened(old)) == _said(opened(codes.new_code()))


def _said(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, re.findall(r'class="errorlist[^<]*<li>[^<]*', answer.content.decode())


def test_another_doors_code_opens_that_door_alone(visited: Running) -> None:
    page = opened(code_of(visited, 1)).content.decode()
    assert "大米" not in page
    assert "Drinking" not in page


def test_guessing_ends_after_some_tries(visited: Running) -> None:
    code, guesser = code_of(visited), Client(REMOTE_ADDR="203.0.113.9")
    rates.addresses.forget()
    answers = [opened(codes.new_code(), guesser).status_code for _try in range(door_codes.TRIES_AT_ONCE + 5)]
    assert set(answers) == {422, 429}
    assert answers.count(422) <= door_codes.TRIES_AT_ONCE + 1
    assert "张阿姨" not in opened(code, guesser).content.decode(), "the right one at last is too late"
    assert "张阿姨" in opened(code, Client(REMOTE_ADDR="203.0.113.10")).content.decode(), (
        "nobody else is kept out by it"
    )


def test_nothing_of_a_code_follows_from_its_door_or_stands_in_the_database(visited: Running) -> None:
    first, again = code_of(visited), code_of(visited)
    assert first != again
    with acting_as(SYSTEM):
        row = DoorCode.objects.get()
        letters = codes.read(again)
        assert letters.encode() not in bytes(row.digest)
        told = [str(entry.__dict__) for entry in Entry.objects.filter(subject_id=visited.campaign.id)]
    assert not any(letters in text or again in text for text in told)


def test_row_security_shows_codes_to_nobody(visited: Running) -> None:
    code_of(visited)
    for actor in (visited.leader, visited.leads[0]):
        with acting_as(actor):
            assert not DoorCode.objects.exists()


def test_only_who_leads_or_visits_there_makes_codes(visited: Running) -> None:
    world, door = visited.area.world, visited.doors_of(0)[0]
    other = visited.doors_of(1)[0]
    strangers = [world.actor("east", Role.LEADER, "E"), world.actor("desk", Role.DESK, "51"), world.resident()]
    if other.building_id != door.building_id:
        strangers.append(visited.leads[1])
    for actor in strangers:
        with acting_as(actor), pytest.raises(NotFound):
            door_codes.make_codes(campaign=visited.campaign.id, building=door.building_id, door=door.id, by=actor)
    visitor = visited.leads[0]
    with acting_as(visitor):
        made = door_codes.make_codes(campaign=visited.campaign.id, building=door.building_id, by=visitor)
    assert {one.door.id for one in made} == {
        one.id for one in visited.doors_of(0) if one.building_id == door.building_id
    }
    with acting_as(SYSTEM):
        assert Entry.objects.filter(subject_id=visited.campaign.id, action="door_codes").count() == 1, (
            "and it is written down"
        )


def test_a_household_found_by_one_team_is_no_other_teams_to_open(visited: Running) -> None:
    """Two teams share a building: who stands on its other floors makes no code for what a colleague's team found there."""
    building = visited.doors_of(0)[0].building_id
    with acting_as(SYSTEM):
        whole = Share.objects.filter(team=visited.teams[0], building=building, taken_at=None).last()
        assert whole is not None
        assert whole.floor_from < whole.floor_to
        Share.objects.filter(pk=whole.pk).update(floor_from=whole.floor_from + 1)
        whole.pk, whole._state.adding = None, True
        whole.team, whole.floor_to = visited.teams[1], whole.floor_from
        whole.save()
    found = visit(uuid4(), found_in=building, found_label="楼梯后面", answers=ILL)
    send(visited, [found])
    wanted = {"campaign": visited.campaign.id, "building": building, "door": found.door}
    other, own = visited.leads[1], visited.leads[0]
    with acting_as(other):
        others = {one.door.id for one in door_codes.make_codes(**wanted | {"door": None}, by=other)}
        assert others, "it has a floor there"
        assert found.door not in others
        with pytest.raises(NotFound):
            door_codes.make_codes(**wanted, by=other)
    for actor in (own, visited.leader):
        with acting_as(actor):
            [leaflet] = door_codes.make_codes(**wanted, by=actor)
        assert "张阿姨" in opened(leaflet.code).content.decode()


def test_a_code_names_the_door_of_its_own_declaration(visited: Running) -> None:
    """A phone makes the ids of doors that it finds: the same one may stand under another declaration by another name."""
    building = visited.doors_of(0)[0].building_id
    found = visit(uuid4(), found_in=building, found_label="楼梯后面")
    send(visited, [found])
    with acting_as(SYSTEM):
        door = Door.objects.get(door=found.door)
        there, screening = visited.campaign.declaration, visited.campaign
        other = Declaration.objects.get(pk=there.pk)
        other.pk, other._state.adding = uuid4(), True
        other.save()
        beside = Campaign.objects.get(pk=screening.pk)
        beside.pk, beside._state.adding, beside.declaration = uuid4(), True, other
        beside.save()
        Door.objects.bulk_create([_copy_of(door, beside)])
        for declared, label in ((there, "楼梯后面"), (other, "另一户")):
            row = DoorCode(declaration=declared, door=found.door, building_id=building)
            assert mine.address_of_code(row).endswith(label)


def _copy_of(door: Door, campaign: Campaign) -> Door:
    kept = {field.attname: getattr(door, field.attname) for field in Door._meta.concrete_fields}
    return Door(**kept | {"campaign_id": campaign.pk, "label": "另一户"})


def test_a_visitor_finds_the_leaflets_of_their_own_doors_alone(visited: Running) -> None:
    page = as_person(visited.leads[0]).get("/control/calls/").content.decode()
    mine = {door.building_id for door in visited.doors_of(0)}
    everywhere = {door.building_id for door in visited.area.everywhere}
    assert {building for building in everywhere if f"/buildings/{building}/leaflets/" in page} == mine
    assert "leaflets" not in as_person(visited.leader).get("/control/calls/").content.decode()


def test_who_left_the_team_makes_none(visited: Running) -> None:
    door, visitor = visited.doors_of(0)[0], visited.leads[0]
    with acting_as(SYSTEM):
        member = visited.teams[0].memberships.get(leads=True).member_id
    with acting_as(visited.leader):
        actions.leave_team(member=member, reason="身体不适", by=visited.leader)
    with acting_as(visitor), pytest.raises(NotFound):
        door_codes.make_codes(campaign=visited.campaign.id, building=door.building_id, by=visitor)


def test_it_tells_when_somebody_else_has_read(visited: Running) -> None:
    code = code_of(visited)
    assert "not used before" in opened(code).content.decode()
    assert "used 1 time before" in opened(code).content.decode()
    assert "used 2 times before" in opened(code).content.decode()


def test_visits_set_aside_are_told_too(visited: Running) -> None:
    door = visited.doors_of(0)[0]
    send(visited, [visit(door.id, outcome="refused")], team=1)
    page = opened(code_of(visited)).content.decode()
    assert "The door is not among" in page


def test_what_was_written_and_photographed_is_told_too(visited: Running) -> None:
    """A visit of which there are a note and a photo alone is more than its result."""
    door = visited.doors_of(0)[2]
    only_result = "only the result of the visit is kept"
    send(visited, [visit(door.id, outcome="nobody_home")])
    assert only_result in opened(code_of(visited, 2)).content.decode()
    one = visit(visited.doors_of(0)[3].id, note="门铃坏了，<b>请敲门</b>")
    send(visited, [one])
    attach(visited, one, uuid4(), picture())
    page = unmarked(opened(code_of(visited, 3)).content.decode())
    assert "门铃坏了，&lt;b&gt;请敲门" in page
    assert "1 photo was taken" in page
    assert only_result not in page
    assert "门铃坏了" not in opened(code_of(visited)).content.decode(), "of another door it tells nothing"


def test_after_its_end_it_is_read_until_it_is_destroyed(visited: Running) -> None:
    code, door = code_of(visited), visited.doors_of(0)[0]
    with acting_as(visited.leader):
        actions.end(declaration=visited.campaign.declaration_id, reason="疫情结束", by=visited.leader)
    assert "张阿姨" in opened(code).content.decode(), "what is still kept may still be read"
    with clock.at(clock.now() + DESTROYED_AFTER + timedelta(days=1)):
        with TestCase.captureOnCommitCallbacks(execute=True):
            actions.destroy_due()
        answer = opened(code)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "张阿姨" not in page
        assert "Proof of destruction" in page
        with acting_as(SYSTEM):
            row = DoorCode.objects.get()
            assert (row.door, row.building_id) == (None, None), "of which door it was is gone as well"
        with pytest.raises(errors.Destroyed):
            code_at(visited, door)


def test_the_code_is_in_no_address_and_the_page_is_not_kept(visited: Running) -> None:
    code = code_of(visited)
    answer = opened(code)
    assert "no-store" in answer["Cache-Control"]
    assert code not in answer.content.decode()
    assert "张阿姨" not in Client().get(MINE, {"code": code}).content.decode()


def test_a_form_of_another_site_cannot_try_codes(visited: Running) -> None:
    answer = Client(enforce_csrf_checks=True).post(MINE, {"code": code_of(visited)})
    assert answer.status_code == 403


# --- leaflets ---------------------------------------------------------------------------------------------------------


def test_leaflets_are_shown_once_and_a_reload_voids_nothing(visited: Running) -> None:
    world, door = visited.area.world, visited.doors_of(0)[0]
    browser = browser_of(world, Role.LEADER)
    here = f"/control/screenings/{visited.campaign.id}/buildings/{door.building_id}/leaflets/"
    page = browser.get(here)
    assert page.status_code == 200
    shown = browser.post(here, {"once": "one", "door": str(door.id)}).content.decode()
    [code] = re.findall(r'leaflet-code digits">([^<]+)<', shown)
    assert not re.findall(
        r'leaflet-code digits">', browser.post(here, {"once": "one", "door": str(door.id)}).content.decode()
    )
    assert "张阿姨" in opened(code).content.decode()
    after = browser.get(here).content.decode()
    assert code not in after
    assert after.count("查询码生成于 今天") == 1 + page.content.decode().count("查询码生成于")
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert browser.post(here, {"once": wrong, "door": wrong}).status_code == 404
    assert browser_of(world, Role.LEADER, "E").get(here).status_code == 404
    assert browser_of(world, Role.DESK).get(here).status_code == 404
    assert Client().get(here).status_code == 302
