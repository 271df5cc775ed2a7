"""Who is told what of a case, and never twice."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from factories.api_client import Api
from factories.happened import tell_again, tell_all
from factories.world import World
from gateway.messaging import PHONE, Sent, do, letters, live, posted, report, templates, told, wish

from linli.cases import actions as cases
from linli.cases import queries as case_queries
from linli.cases.errors import NoteNeeded
from linli.cases.models import Case
from linli.cases.rules import secret_of
from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError
from linli.foundation.models import Entry
from linli.gateway import actions, queries, wording
from linli.gateway.models import OutgoingState
from linli.people import actions as people
from linli.people.models import Person
from linli.people.models import Post as PostRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day")]


def test_the_reporter_is_told_at_every_step_and_those_who_work_of_theirs(
    world: World, desk: Actor, handler: Actor
) -> None:
    resident = world.resident()
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    case = report(resident)
    wish(resident, asked="app")
    live(case, desk, handler, verifier)
    assert told(resident) == ["filed", "dispatched", "accepted", "handled", "closed"]
    assert told(handler) == ["work_new"]
    do(resident, cases.reopen, case, note="还是坏的")
    do(desk, cases.dispatch, case)
    assert told(resident)[-2:] == ["reopened", "dispatched"]
    tell_again()
    assert len(told(resident)) == 7
    assert letters() == []


def test_messages_speak_the_readers_language(world: World, desk: Actor) -> None:
    resident = world.resident()
    case = report(resident)
    do(desk, cases.decline, case, note="属于其他城市")
    with acting_as(resident):
        (row,) = queries.messages(resident)
    english = wording.long(row.template, row.params, "en")
    chinese = wording.long(row.template, row.params, "zh-hans")
    with acting_as(SYSTEM):
        number = Case.objects.get(pk=case).reference
    assert number in english
    assert number in chinese
    assert "was not filed. The reason: 属于其他城市" in english
    assert english != chinese


def test_a_reporter_without_an_account_hears_by_text_with_the_link_that_opens_the_case(
    world: World, desk: Actor, provider: type[Sent]
) -> None:
    case = report(ANONYMOUS, contact_name="李四", contact_phone=PHONE)
    tell_all()
    do(desk, cases.file, case)
    assert templates() == ["collected", "filed"]
    for letter in letters():
        with acting_as(SYSTEM):
            actions.send_message(message_id=letter.pk)
            actions.send_message(message_id=letter.pk)
    assert [message.recipient for message in provider.taken] == [PHONE, PHONE]
    text = provider.taken[0].text
    assert "井盖" not in text
    assert "李四" not in text
    reference, secret = text.split("/track/")[1].strip("/").split("/")
    with acting_as(SYSTEM):
        assert case_queries.case_by_secret(reference, secret).pk == case
    assert {letter.state for letter in letters()} == {OutgoingState.SENT}


def test_nobody_is_told_by_text_who_gave_no_contact(world: World, desk: Actor) -> None:
    do(desk, cases.file, report(ANONYMOUS))
    anonymous = world.resident()
    wish(anonymous, progress="sms")
    do(desk, cases.file, report(anonymous, anonymous=True))
    assert letters() == []
    assert told(anonymous) == ["filed"]


@pytest.mark.parametrize(("way", "channel"), [("sms", ["sms"]), ("wechat", ["wechat"]), ("app", [])])
def test_a_person_is_told_the_way_they_chose(world: World, desk: Actor, way: str, channel: list[str]) -> None:
    resident = world.resident()
    wish(resident, progress=way)
    with acting_as(SYSTEM):
        Person.objects.filter(pk=resident.id).update(language="en")
    case = report(resident)
    do(desk, cases.decline, case, note="电话13800001234的王小明知道")
    assert told(resident) == ["declined"]
    assert [letter.channel for letter in letters()] == channel
    for letter in letters():
        # A reason is free text: it stays in the app.
        assert "reason" not in json.loads(letter.params)
        text = wording.short(letter.template, json.loads(letter.params), letter.language)
        assert text.startswith("Your report ")
        assert "王小明" not in text


def test_supporters_and_merged_reporters_hear_the_outcome_each_once(world: World, desk: Actor, handler: Actor) -> None:
    first, second, third = (world.resident(f"1380000000{n}") for n in range(3))
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    main, other = report(first), report(second)
    phoned = report(ANONYMOUS, contact_phone=PHONE)
    do(desk, cases.file, main)
    with acting_as(third):
        cases.support(case=main, by=third)
    do(desk, cases.merge, other, into=main)
    do(desk, cases.merge, phoned, into=main)
    for by, action, fields in (
        (desk, cases.dispatch, {}),
        (handler, cases.accept, {}),
        (handler, cases.report_back, {"note": "已换"}),
        (verifier, cases.verify, {}),
        (desk, cases.close, {}),
    ):
        do(by, action, main, **fields)
    tell_again()
    assert told(second) == ["merged", "part_closed"]
    assert told(third) == ["supported_closed"]
    # The reporter of the case itself is asked to rate it, by default also by text.
    assert sorted(templates()) == ["closed", "collected", "merged", "part_closed"]


def test_whoever_acts_for_an_absent_handler_takes_the_messages(world: World, desk: Actor, handler: Actor) -> None:
    deputy = posted(world, "deputy", Role.VERIFIER, "W")
    with acting_as(SYSTEM):
        post = PostRow.objects.get(person=handler.id)
        people.delegate(
            post=post.id, to_person=world.people["deputy"].id, valid_from=clock.now() - timedelta(hours=1),
            valid_to=clock.now() + timedelta(days=1), by=SYSTEM,
        )  # fmt: skip
    case = report(world.resident())
    do(desk, cases.file, case)
    do(desk, cases.dispatch, case)
    assert told(deputy) == ["work_new"]
    assert told(handler) == []


def test_escalation_goes_up_a_level_at_the_limit_and_two_beyond_it(world: World, desk: Actor) -> None:
    handler = posted(world, "street-handler", Role.HANDLER, "W", "street")
    own = posted(world, "own-leader", Role.LEADER, "W")
    district = posted(world, "district-leader", Role.LEADER, "5101")
    city = posted(world, "city-leader", Role.LEADER, "51")
    case = report(world.resident(), class_code="0101")
    do(desk, cases.file, case)
    do(desk, cases.dispatch, case)
    for level in (1, 2, 3):
        with acting_as(SYSTEM):
            due: datetime | None = Case.objects.get(pk=case).escalates_at
        assert due is not None
        with clock.at(due):
            do(SYSTEM, cases.escalate, case)
        assert told(handler)[-1] == {1: "late_half", 2: "late_due", 3: "late_far"}[level]
    assert (told(own), told(district), told(city)) == ([], ["late_due"], ["late_far"])


# The desk asks back ------------------------------------------------------------------------------------------------------


def test_the_desk_asks_and_hears_the_answer(world: World, handler: Actor) -> None:
    desk = posted(world, "asker", Role.DESK, "W")
    resident = world.resident()
    case = report(resident)
    do(desk, cases.ask, case, note="哪个门口？")
    assert told(resident) == ["asked"]
    assert templates() == ["asked"]
    assert "哪个门口" not in letters()[0].params
    do(resident, cases.answer, case, note="东门")
    assert told(desk) == ["answered"]
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=case).state == "collected"


def test_who_reports_without_an_account_is_asked_by_text_and_answers_by_the_link(world: World, desk: Actor) -> None:
    case = report(ANONYMOUS, contact_phone=PHONE)
    do(desk, cases.ask, case, note="哪个门口？")
    assert templates() == ["collected", "asked"]
    secret = secret_of(case)
    with acting_as(ANONYMOUS):
        cases.answer(cases=[case], by=ANONYMOUS, note="东门", secret=secret)
    with acting_as(SYSTEM):
        assert Entry.objects.filter(subject_id=case).order_by("-seq").values_list("action", "note")[0] == (
            "answer", "东门",
        )  # fmt: skip


def test_only_the_office_asks_and_only_the_reporter_answers(world: World, desk: Actor, handler: Actor) -> None:
    case = report(world.resident())
    for by, action in ((world.resident("13800009999"), cases.ask), (desk, cases.answer), (world.resident(), cases.ask)):
        with pytest.raises(DomainError):
            do(by, action, case, note="为什么")
    with pytest.raises(NoteNeeded):
        do(desk, cases.ask, case, note=" ")


# One's own messages -----------------------------------------------------------------------------------------------------


def unread(person: Actor) -> list[str]:
    with acting_as(person):
        return sorted(message.template for message in queries.unread_messages(person, 20))


def test_what_a_message_asked_for_and_was_done_needs_no_opening(world: World, desk: Actor, handler: Actor) -> None:
    resident, verifier = world.resident(), world.actor("verifier", Role.VERIFIER, "W")
    case = report(resident)
    do(desk, cases.ask, case, note="是哪一扇门？")
    assert unread(resident) == ["asked"]
    do(resident, cases.answer, case, note="东门")
    assert unread(resident) == []
    do(desk, cases.file, case)
    do(desk, cases.dispatch, case)
    assert unread(handler) == ["work_new"]
    do(handler, cases.accept, case)
    assert unread(handler) == []
    do(handler, cases.report_back, case, note="已换")
    do(verifier, cases.verify, case)
    do(desk, cases.close, case)
    assert "closed" in unread(resident)
    do(resident, cases.evaluate, case, solved=True, stars=5)
    assert unread(resident) == []
    tell_again()
    assert unread(resident) == unread(handler) == []


def test_a_rating_taken_on_the_phone_reads_what_asked_the_reporter_and_nothing_else(
    world: World, desk: Actor, handler: Actor
) -> None:
    resident, other = world.resident(), world.resident("13800009999")
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    case, another = report(resident), report(other)
    live(case, desk, handler, verifier)
    live(another, desk, handler, verifier)
    before = unread(resident)
    assert "closed" in before
    do(desk, cases.evaluate, case, solved=True, stars=4)
    assert unread(resident) == [template for template in before if template != "closed"]
    assert "closed" in unread(other), "that is another's case"
    do(desk, cases.reopen, case, note="又坏了")
    tell_again()
    assert "reopened" in unread(resident), "what came of it is news"


def test_one_reads_only_ones_own_messages(world: World, desk: Actor, client: Any) -> None:
    resident, other = world.resident(), world.resident("13800009999")
    do(desk, cases.file, report(resident))
    do(desk, cases.file, report(other))
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=resident.id))
    api = Api(client=client)
    shown = api.get("gateway/messages", {"Accept-Language": "en"}).json()
    assert shown["unread"] == 1
    (message,) = shown["messages"]
    assert message["text"].startswith(f"Your report {message['case']} was filed.")
    client.cookies["csrftoken"] = token = "t" * 32
    assert api.post("gateway/messages/read", {}, {"X-CSRFToken": token}).json() == {"read": 1}
    assert api.get("gateway/messages").json()["unread"] == 0
    with acting_as(other):
        assert queries.unread(other) == 1


def test_a_merged_report_without_a_phone_is_no_text_to_nobody(world: World, desk: Actor) -> None:
    case, merged = report(world.resident()), report(ANONYMOUS)
    do(desk, cases.merge, merged, into=case)
    do(desk, cases.decline, case, note="不属实")
    assert letters() == []


def test_who_asks_for_help_is_heard_by_the_colleagues_and_the_leader_of_the_team(
    world: World, desk: Actor, handler: Actor
) -> None:
    colleague = posted(world, "colleague", Role.HANDLER, "5101", "water")
    leader = posted(world, "leader", Role.LEADER, "5101")
    others = [posted(world, "elsewhere", Role.LEADER, "W"), posted(world, "other", Role.HANDLER, "W", "street")]
    case = report(world.resident())
    for by, action in ((desk, cases.file), (desk, cases.dispatch), (handler, cases.accept)):
        do(by, action, case)
    do(handler, cases.ask_help, case, note="要一台吊车")
    tell_again()
    assert told(colleague) == ["work_new", "work_asks_help"]
    assert told(leader) == ["work_asks_help"]
    # Who asked knows it; who works elsewhere is not concerned.
    assert told(handler) == ["work_new"]
    assert [told(one) for one in others] == [[], []]
    with acting_as(leader):
        assert "要一台吊车" in wording.long("work_asks_help", queries.messages(leader)[0].params, "en")


def test_who_is_handed_a_case_is_told_by_the_way_that_they_chose(world: World, desk: Actor, handler: Actor) -> None:
    colleague = posted(world, "colleague", Role.HANDLER, "5101", "water", phone="13900001111")
    wish(colleague, work="sms")
    case = report(world.resident())
    for by, action in ((desk, cases.file), (desk, cases.dispatch), (handler, cases.accept)):
        do(by, action, case)
    do(handler, cases.hand_over, case, to=colleague.id)
    tell_again()
    assert told(colleague) == ["work_new", "work_handed"]
    assert told(handler) == ["work_new"]
    assert [one.template for one in letters() if one.person == colleague.id] == ["work_new", "work_handed"]
