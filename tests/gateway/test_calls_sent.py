"""Calls for help go out as messages: to whom they concern, once, and are answered from there."""

# Fixtures are imported by their names.
# ruff: noqa: F401, F811

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from campaigns.conftest import area, declared, enlisted, leader
from campaigns.test_roster_pages import as_person
from django.test import Client
from factories.happened import tell_again, tell_all
from factories.world import World

from linli.campaigns import actions, own_data
from linli.campaigns.actions import NewMember, calling, shifts
from linli.campaigns.actions.calling import NewCall
from linli.campaigns.models import Call, CallAnswer, CallAsked, Declaration, Member, Shift
from linli.campaigns.queries import calls
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.gateway.models import Message, OutgoingMessage

pytestmark = pytest.mark.django_db


def call(world: World, declared: Declaration, leader: Actor, wanted: int = 5, **other: object) -> Call:
    now = clock.now()
    usual = {
        "declaration": declared.pk, "unit": world.id("W1"), "wanted": wanted, "text": "到居委会集合，带雨具", "starts_at": now,
        "ends_at": now + timedelta(hours=3),
    }  # fmt: skip
    with acting_as(leader):
        row = calling.call(new=NewCall(**{**usual, **other}), by=leader)  # type: ignore[arg-type]
    tell_all()
    return row


def without_account(world: World, leader: Actor, *phones: str) -> None:
    with acting_as(leader):
        members = [NewMember(world.id("W1"), "volunteer", f"志愿者{n}", phone) for n, phone in enumerate(phones)]
        actions.enlist(members=members, by=leader)


def link_in(row: OutgoingMessage) -> str:
    return "/" + json.loads(row.params)["link"].split("/", 3)[3]


def test_who_has_an_account_is_told_in_the_app_and_answers_from_there(
    world: World, declared: Declaration, leader: Actor
) -> None:
    one = enlisted(world, leader, ["one"])["one"]
    row = call(world, declared, leader)
    with acting_as(SYSTEM):
        message = Message.objects.get()
    assert message.person_id == one.id
    assert message.read_at is None
    browser = as_person(one)
    assert "到居委会集合" in browser.get("/messages/").content.decode()
    opened = browser.get(f"/messages/{message.pk}/")
    assert opened["Location"] == f"/control/calls/{row.pk}/"
    assert browser.post(f"{opened['Location']}answer/", {"coming": "yes"}).status_code == 302
    with acting_as(SYSTEM):
        assert CallAnswer.objects.get().coming
        assert Shift.objects.get().call_id == row.pk


def test_who_answers_has_read_what_asked_them(world: World, declared: Declaration, leader: Actor) -> None:
    people = enlisted(world, leader, ["one", "two"])
    row = call(world, declared, leader)
    with acting_as(people["one"]):
        calling.answer(call=row.pk, coming=False, by=people["one"])
    tell_all()
    with acting_as(SYSTEM):
        assert Message.objects.get(person=people["one"].id).read_at is not None
        assert Message.objects.get(person=people["two"].id).read_at is None


def test_who_has_none_gets_a_text_with_a_link_that_answers(world: World, declared: Declaration, leader: Actor) -> None:
    without_account(world, leader, "13900001111")
    call(world, declared, leader)
    with acting_as(SYSTEM):
        [sent] = OutgoingMessage.objects.filter(template="help_called")
    link = link_in(sent)
    nobody = Client()
    page = nobody.get(link)
    assert "到居委会集合" in page.content.decode()
    assert "13900001111" not in page.content.decode()
    for said, coming in (("yes", True), ("no", False), ("yes", True)):
        assert nobody.post(link, {"coming": said}).status_code == 302
        with acting_as(SYSTEM):
            assert CallAnswer.objects.get().coming is coming
            assert Shift.objects.exists() is coming
    for wrong in (link[:-2] + "x/", f"/calls/{uuid4()}/{link.split('/')[-2]}/", "/calls/x/y/"):
        assert nobody.get(wrong).status_code == 404
        assert nobody.post(wrong, {"coming": "yes"}).status_code == 404
    with clock.at(clock.now() + timedelta(hours=4)):
        assert nobody.post(link, {"coming": "no"}).status_code == 404, "it is over"
        assert nobody.get(link).status_code == 200


def test_nobody_is_asked_twice(
    world: World, declared: Declaration, leader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "ASKED_AT_ONCE", 2)
    enlisted(world, leader, ["one", "two", "three"])
    # The same phone stands on the roster twice, from before it could not, and one has none that a text can reach.
    without_account(world, leader, "139-0000-1111", "13900002222", "", "call me")
    with acting_as(SYSTEM):
        Member.objects.update(phone_hash=None)
    without_account(world, leader, "13900001111")
    call(world, declared, leader, wanted=50)
    tell_again()
    with acting_as(SYSTEM):
        assert CallAsked.objects.count() == 8
        assert Message.objects.count() == 3
        texts = OutgoingMessage.objects.filter(template="help_called", person=None)
        assert sorted(row.recipient for row in texts) == ["13900001111", "13900002222"]


def test_who_is_on_duty_is_not_asked(world: World, declared: Declaration, leader: Actor) -> None:
    one = enlisted(world, leader, ["one"])["one"]
    first = call(world, declared, leader)
    with acting_as(one):
        calling.answer(call=first.pk, coming=True, by=one)
    second = call(world, declared, leader)
    with acting_as(SYSTEM):
        assert not second.asked.exists()
        assert Message.objects.count() == 1
        assert first.asked.count() == 1


def test_when_enough_come_nobody_more_is_asked_and_when_one_stays_away_the_next_is(
    world: World, declared: Declaration, leader: Actor
) -> None:
    one = enlisted(world, leader, ["one"])["one"]
    row = call(world, declared, leader, wanted=1)
    with acting_as(one):
        calling.answer(call=row.pk, coming=True, by=one)
    without_account(world, leader, "13900001111")
    tell_all()
    with acting_as(SYSTEM):
        assert calling.ask_next(call=row.pk) == []
    with acting_as(one):
        calling.answer(call=row.pk, coming=False, by=one)
    tell_all()
    with acting_as(SYSTEM):
        assert row.asked.count() == 2


def _end_the_shift(member: Member, leader: Actor) -> None:
    with acting_as(leader):
        shifts.end_shift(shift=Shift.objects.get(member=member).pk, by=leader)


def _release(member: Member, leader: Actor) -> None:
    with acting_as(leader):
        actions.release(member=member.pk, reason="身体不适", by=leader)


def _erase(member: Member, _leader: Actor) -> None:
    assert member.person_id is not None
    with acting_as(SYSTEM):
        own_data.erase(member.person_id, SYSTEM)


@pytest.mark.parametrize("leave", [_end_the_shift, _release, _erase], ids=["shift ended", "released", "erased"])
def test_when_who_comes_is_there_no_more_the_next_is_asked(
    world: World, declared: Declaration, leader: Actor, leave: Callable[[Member, Actor], None]
) -> None:
    one = enlisted(world, leader, ["one"])["one"]
    row = call(world, declared, leader, wanted=1)
    with acting_as(one):
        calling.answer(call=row.pk, coming=True, by=one)
    without_account(world, leader, "13900001111")
    tell_all()
    with acting_as(SYSTEM):
        member = Member.objects.get(person=one.id)
        assert row.asked.count() == 1
    leave(member, leader)
    tell_all()
    with acting_as(SYSTEM):
        assert row.asked.filter(member__person=None, member__left_at=None).count() == 1
        assert not row.answers.filter(coming=True, member__left_at=None).exists()


def test_nobody_is_asked_when_it_has_ended_meanwhile(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one"])
    now = clock.now()
    with acting_as(leader):
        new = NewCall(declared.pk, world.id("W1"), 5, "到居委会集合", now, now + timedelta(hours=3))
        row = calling.call(new=new, by=leader)
        actions.end(declaration=declared.pk, reason="水位下降", by=leader)
    tell_all()
    with acting_as(SYSTEM):
        assert not row.asked.exists()
        assert not Message.objects.exists()


def test_the_call_counts_who_was_asked(world: World, declared: Declaration, leader: Actor) -> None:
    enlisted(world, leader, ["one", "two"])
    row = call(world, declared, leader)
    with acting_as(leader):
        found = calls.answers_of(leader, row)
    assert (found.asked, found.called, found.coming) == (2, 2, 0)
