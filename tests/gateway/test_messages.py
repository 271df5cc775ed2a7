"""Who is told what of a case, how, and never twice; what goes to phones is recorded, encrypted and sent by the adapter."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from factories import channel_contract
from factories.api_client import Api
from factories.happened import tell_again, tell_all
from factories.passing import at, later
from factories.world import HERE, World

from linli.cases import actions as cases
from linli.cases import queries as case_queries
from linli.cases.errors import NoteNeeded
from linli.cases.models import Case
from linli.cases.rules import Report, secret_of
from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import DomainError, InvalidInput, SignInNeeded
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry
from linli.foundation.privacy import decrypt
from linli.gateway import actions, channels, notices, queries, rules, wording
from linli.gateway.channels import ChannelDown, ChannelRefused, Outgoing, Receipt, Recorder
from linli.gateway.models import Kind, Message, OutgoingMessage, OutgoingState, Wishes
from linli.people import actions as people
from linli.people.models import Person
from linli.people.models import Post as PostRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day")]

PHONE = "13900005678"


class Sent:
    """An adapter that keeps what it is given, or fails as it is told."""

    taken: list[Outgoing] = []
    failing: Exception | None = None

    def send(self, message: Outgoing) -> Receipt:
        if not message.recipient:
            raise ChannelRefused("no recipient")
        if Sent.failing is not None:
            raise Sent.failing
        if message not in Sent.taken:
            Sent.taken.append(message)
        return Receipt(f"p-{message.id}")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> type[Sent]:
    Sent.taken, Sent.failing = [], None
    monkeypatch.setattr(channels, "channel", lambda _name: Sent())
    return Sent


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


@pytest.fixture
def handler(world: World) -> Actor:
    return posted(world, "handler", Role.HANDLER, "W", "water")


def posted(world: World, name: str, role: Role, unit: str, body: str | None = None, **wishes: str) -> Actor:
    """Somebody whose post is in the table, so that messages find them."""
    actor = world.actor(name, role, unit, body)
    with acting_as(SYSTEM):
        PostRow.objects.create(
            person=world.people[name], role=role, unit=world.units[unit], body=world.bodies[body] if body else None,
            valid_from=clock.now() - timedelta(days=1),
        )  # fmt: skip
        Person.objects.filter(pk=actor.id).update(**wishes)
    return actor


def wish(person: Actor, *, digest_hour: int | None = None, quiet: bool = True, **ways: str) -> None:
    with acting_as(person):
        end = rules.QUIET_TO if quiet else rules.QUIET_FROM
        actions.choose(by=person, ways=ways, quiet_from=rules.QUIET_FROM, quiet_to=end, digest_hour=digest_hour)


def send_all() -> None:
    """What the minute's job and the jobs that it sets to work do, in a minute that has gone by."""
    with acting_as(SYSTEM):
        actions.gather_digests()
        due = OutgoingMessage.objects.filter(state=OutgoingState.WAITING, next_at__lte=clock.now())
        for pk in list(due.order_by("next_at", "pk").values_list("pk", flat=True)):
            actions.send_message(message_id=pk)


def report(by: Actor, **changes: Any) -> UUID:
    values = {"description": "井盖破损，就在张三家门口", "lon": HERE[0], "lat": HERE[1], "class_code": "0103"} | changes
    with acting_as(by):
        return cases.collect(report=Report(**values), by=by).case.id


def do(by: Actor, action: Callable[..., Any], case: UUID, **fields: Any) -> None:
    """A change, and two minutes: what one minute holds would be told as one."""
    with acting_as(by):
        action(cases=[case], by=by, **fields)
    tell_all()
    later(minutes=2)


def told(person: Actor) -> list[str]:
    """The templates of a person's messages, oldest first."""
    with acting_as(person):
        return [message.template for message in reversed(queries.messages(person))]


def letters() -> list[OutgoingMessage]:
    with acting_as(SYSTEM):
        return list(OutgoingMessage.objects.order_by("pk"))


def templates() -> list[str]:
    return [letter.template for letter in letters()]


def live(case: UUID, desk: Actor, handler: Actor, verifier: Actor) -> None:
    do(desk, cases.file, case)
    do(desk, cases.dispatch, case)
    do(handler, cases.accept, case)
    do(handler, cases.report_back, case, note="已换")
    do(verifier, cases.verify, case)
    do(desk, cases.close, case)


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


def test_the_code_to_sign_in_goes_out_by_text_and_not_after_it_expired(world: World, provider: type[Sent]) -> None:
    with acting_as(ANONYMOUS):
        people.request_code(phone=PHONE, ip="127.0.0.1", by=ANONYMOUS, language="en")
    tell_all()
    tell_again()
    (letter,) = letters()
    with acting_as(SYSTEM), clock.at(clock.now() + timedelta(minutes=6)):
        OutgoingMessage.objects.update(next_at=clock.now())
        actions.send_message(message_id=letter.pk)
    assert letters()[0].state == OutgoingState.EXPIRED
    assert provider.taken == []


def test_a_code_reaches_the_phone(world: World, provider: type[Sent]) -> None:
    with acting_as(ANONYMOUS):
        people.request_code(phone=PHONE, ip="127.0.0.1", by=ANONYMOUS, language="en")
    tell_all()
    with acting_as(SYSTEM):
        actions.send_message(message_id=letters()[0].pk)
    (message,) = provider.taken
    assert message.text.startswith("Your code is ")
    assert message.params["code"].isdigit()


def test_recipient_and_words_are_encrypted_and_only_the_system_reads_them(world: World, desk: Actor) -> None:
    report(ANONYMOUS, contact_phone=PHONE)
    tell_all()
    with acting_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT recipient, params FROM gateway_outgoingmessage")
        recipient, params = (bytes(value) for value in cursor.fetchone())
    assert PHONE.encode() not in recipient
    assert b"track" not in params
    assert decrypt(recipient, "gateway_outgoingmessage.recipient") == PHONE
    with acting_as(desk):
        assert not OutgoingMessage.objects.exists()
        assert not Message.objects.exists()


def test_a_provider_that_is_down_is_tried_again_with_growing_waits(world: World, provider: type[Sent]) -> None:
    report(ANONYMOUS, contact_phone=PHONE)
    tell_all()
    provider.failing = ChannelDown("busy")
    (letter,) = letters()
    moment = clock.now()
    with acting_as(SYSTEM), clock.at(moment):
        actions.send_message(message_id=letter.pk)
        letter.refresh_from_db()
    assert (letter.state, letter.attempts, letter.error) == ("waiting", 1, "busy")
    assert letter.next_at == moment + rules.FIRST_WAIT
    provider.failing = None
    with acting_as(SYSTEM), clock.at(letter.next_at):
        assert actions.send_due() == 1
        actions.send_message(message_id=letter.pk)
        letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("sent", 2)


@pytest.mark.parametrize(
    ("error", "state"), [(ChannelRefused("bad number"), "failed"), (RuntimeError(PHONE), "waiting")]
)
def test_what_a_provider_refuses_is_not_repeated_and_its_faults_tell_no_number(
    world: World, provider: type[Sent], error: Exception, state: str
) -> None:
    report(ANONYMOUS, contact_phone=PHONE)
    tell_all()
    provider.failing = error
    (letter,) = letters()
    with acting_as(SYSTEM):
        actions.send_message(message_id=letter.pk)
        letter.refresh_from_db()
    assert letter.state == state
    assert PHONE not in letter.error


def test_what_is_long_over_wakes_nobodys_phone(world: World) -> None:
    with clock.at(clock.now() - timedelta(days=3)):
        report(ANONYMOUS, contact_phone=PHONE)
    tell_all()
    assert letters() == []


@pytest.mark.parametrize("make", [Recorder, Sent])
def test_the_adapters_keep_to_the_contract(make: Callable[[], channels.Channel]) -> None:
    Sent.failing = None
    channel_contract.check(make)


def test_without_a_provider_messages_are_recorded_only(world: World) -> None:
    report(ANONYMOUS, contact_phone=PHONE)
    tell_all()
    with acting_as(SYSTEM):
        actions.send_message(message_id=letters()[0].pk)
    assert letters()[0].state == OutgoingState.RECORDED


def test_an_adapter_is_chosen_by_its_dotted_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_SMS", "linli.gateway.channels.recorder.Recorder")
    assert isinstance(channels.channel("sms"), Recorder)


def test_every_template_has_words_that_fit_in_both_languages() -> None:
    for name, template in wording.TEMPLATES.items():
        for language in ("en", "zh-hans"):
            for words in (wording.long, wording.short):
                assert "%(" not in words(name, {"number": "1-1"}, language)
        assert template.text or template.short


# When messages go -------------------------------------------------------------------------------------------------------


def test_a_burst_of_changes_is_one_message_with_the_newest_state(
    world: World, desk: Actor, handler: Actor, provider: type[Sent]
) -> None:
    resident = world.resident()
    wish(resident, progress="sms")
    case = report(resident)
    with acting_as(desk):
        cases.file(cases=[case], by=desk)
        cases.dispatch(cases=[case], by=desk)
    tell_all()
    assert told(resident) == ["dispatched"]
    with acting_as(resident):
        assert queries.unread(resident) == 1
    send_all()
    assert provider.taken == []
    later(minutes=1)
    send_all()
    assert [message.template for message in provider.taken] == ["dispatched"]
    tell_again()
    later(minutes=2)
    send_all()
    assert len(provider.taken) == 1
    assert told(resident) == ["dispatched"]


def test_an_event_that_is_handled_late_does_not_bring_back_an_older_state(world: World, desk: Actor) -> None:
    resident = world.resident()
    wish(resident, progress="sms")
    case = report(resident)
    number = {"number": "100001-8"}
    with acting_as(SYSTEM):
        for template, seconds in (("dispatched", 10), ("filed", 20)):
            post = notices.Post(resident.id, template, number, case)
            notices.send([post], uuid7(), clock.now() - timedelta(seconds=seconds))
    assert told(resident) == ["dispatched"]
    assert {letter.template: letter.state for letter in letters()} == {"dispatched": "waiting", "filed": "replaced"}


def test_what_a_worker_that_was_away_tells_late_is_still_told_step_by_step_in_the_app(
    world: World, desk: Actor
) -> None:
    resident = world.resident()
    case = report(resident)
    for action in (cases.file, cases.dispatch):
        with acting_as(desk):
            action(cases=[case], by=desk)
        later(minutes=5)
    tell_all()
    assert told(resident) == ["filed", "dispatched"]


def test_what_was_read_is_not_taken_away_by_a_newer_message(world: World, desk: Actor) -> None:
    resident = world.resident()
    case = report(resident)
    with acting_as(desk):
        cases.file(cases=[case], by=desk)
    tell_all()
    with acting_as(resident):
        actions.read_messages(by=resident)
    with acting_as(desk):
        cases.dispatch(cases=[case], by=desk)
    tell_all()
    assert told(resident) == ["filed", "dispatched"]


def test_in_quiet_hours_messages_wait_and_only_the_newest_of_a_case_goes(
    world: World, desk: Actor, provider: type[Sent]
) -> None:
    resident = world.resident()
    wish(resident, progress="sms")
    case = report(resident)
    at(23)
    do(desk, cases.file, case)
    at(2, days=1)
    do(desk, cases.dispatch, case)
    send_all()
    assert provider.taken == []
    (waiting,) = [letter for letter in letters() if letter.state == "waiting"]
    assert waiting.held == "quiet"
    at(7, days=1)
    send_all()
    assert [message.template for message in provider.taken] == ["dispatched"]


def test_quiet_hours_that_begin_while_a_provider_is_down_are_kept(
    world: World, desk: Actor, provider: type[Sent]
) -> None:
    resident = world.resident()
    wish(resident, progress="sms")
    at(21, 58)
    do(desk, cases.file, report(resident))
    provider.failing = ChannelDown("busy")
    send_all()
    provider.failing = None
    at(22, 5)
    send_all()
    assert provider.taken == []
    at(7, 1, days=1)
    send_all()
    assert len(provider.taken) == 1


def test_emergencies_codes_and_work_due_in_the_night_come_at_once(
    world: World, desk: Actor, handler: Actor, provider: type[Sent]
) -> None:
    wish(handler, work="sms", late="sms")
    with acting_as(SYSTEM):
        Person.objects.filter(pk=handler.id).update(phone="13700001111")
    at(23, 30)
    with acting_as(ANONYMOUS):
        people.request_code(phone=PHONE, ip="127.0.0.1", by=ANONYMOUS, language="en")
    tell_all()
    night = (
        ("work_new", {"due": clock.now() + timedelta(hours=2)}, True),
        ("work_again", {"due": clock.now() + timedelta(hours=9)}, False),
        ("work_help", {"emergency": True}, True),
        # It is too late for tonight.
        ("late_due", {"due": clock.now()}, False),
    )
    with acting_as(SYSTEM):
        for template, about, _at_once in night:
            notices.send(
                [notices.Post(handler.id, template, {"number": "1-1"}, uuid7(), **about)], uuid7(), clock.now()
            )
    send_all()
    assert [message.template for message in provider.taken] == [
        "sign_in_code", *(template for template, _about, at_once in night if at_once)
    ]  # fmt: skip


def test_whoever_wants_a_digest_gets_one_message_with_the_most_urgent_first(
    world: World, desk: Actor, handler: Actor, provider: type[Sent]
) -> None:
    wish(handler, digest_hour=18, work="sms", late="sms")
    with acting_as(SYSTEM):
        Person.objects.filter(pk=handler.id).update(phone="13700001111", language="en")
        for template in ("work_new", "work_help", "work_supervised", "late_half"):
            post = notices.Post(handler.id, template, {"number": f"{template}-1"}, uuid7())
            notices.send([post], uuid7(), clock.now())
    assert len(told(handler)) == 4
    later(minutes=5)
    send_all()
    assert provider.taken == []
    at(18)
    send_all()
    send_all()
    (digest,) = provider.taken
    first, *lines, last = digest.text.splitlines()
    assert first == "4 messages from Linli today."
    assert lines[0].startswith("Half the time for case late_half-1")
    assert len(lines) == 3
    assert last.endswith("/messages/")
    assert [letter.state for letter in letters()] == ["bundled"] * 4 + ["sent"]
    at(18, days=1)
    send_all()
    assert len(provider.taken) == 1


def test_one_phone_is_one_recipient_whatever_its_parts_and_accounts(world: World, desk: Actor) -> None:
    resident = world.resident(PHONE)
    wish(resident, progress="wechat")
    case, event = uuid7(), uuid7()
    posts = [
        notices.Post(None, "closed", {"number": "1-1"}, case, PHONE),
        notices.Post(resident.id, "supported_closed", {"number": "1-1"}, case),
        notices.Post(resident.id, "part_closed", {"number": "1-1"}, case),
    ]
    for _time in range(2):
        with acting_as(SYSTEM):
            notices.send(posts, event, clock.now())
        wish(resident, progress="sms")
    assert templates() == ["closed"]
    assert told(resident) == ["supported_closed"]


def test_wishes_are_ones_own_and_of_known_kinds(world: World, desk: Actor) -> None:
    resident = world.resident()
    with acting_as(resident):
        assert queries.own_wish(resident).way("asked") == "sms"
        assert queries.own_wish(resident).way("progress") == "app"
    wish(resident, progress="wechat")
    wish(resident, asked="app")
    with acting_as(resident):
        chosen = queries.own_wish(resident)
    assert (chosen.way("progress"), chosen.way("asked")) == ("wechat", "app")
    with acting_as(desk):
        assert not Wishes.objects.exists()
    for wrong in ({"gossip": "sms"}, {"progress": "pigeon"}):
        with pytest.raises(InvalidInput):
            wish(resident, **wrong)
    with pytest.raises(InvalidInput):
        wish(resident, digest_hour=24)
    with pytest.raises(SignInNeeded):
        wish(ANONYMOUS, progress="sms")


def test_what_people_chose_before_there_were_kinds_is_kept(world: World) -> None:
    """The migration's statement, on tables of the same names as they were."""
    move = import_module("linli.gateway.migrations.0004_wishes_moved").MOVE
    people = {uuid7(): way for way in ("in_app", "sms", "wechat")}
    with acting_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE people_person (id uuid, notify_by text, erased_at timestamptz) ON COMMIT DROP"
        )
        cursor.execute("CREATE TEMP TABLE gateway_wishes (person_id uuid, ways jsonb, quiet_from time, quiet_to time)")
        cursor.executemany("INSERT INTO people_person VALUES (%s, %s)", list(people.items()))
        cursor.execute("INSERT INTO people_person VALUES (%s, 'sms', now())", [uuid7()])
        cursor.execute(move)
        cursor.execute("SELECT person_id, ways::text FROM gateway_wishes")
        moved = {people[person]: rules.Wish(json.loads(ways)) for person, ways in cursor.fetchall()}
        cursor.execute("DROP TABLE pg_temp.people_person, pg_temp.gateway_wishes")
    assert set(moved) == {"in_app", "sms", "wechat"}
    assert [moved["in_app"].way(kind) for kind in Kind] == ["app"] * 6
    assert [moved["sms"].way(kind) for kind in Kind] == ["sms"] * 4 + ["app"] * 2
    assert moved["wechat"].way("late") == "wechat"


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
