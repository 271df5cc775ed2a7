"""When somebody is told: bursts, delays, quiet hours and digests, as each person wishes."""

import json
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from factories.happened import tell_again, tell_all
from factories.passing import at, later
from factories.world import World
from gateway.messaging import PHONE, Sent, do, letters, report, send_all, templates, told, wish

from linli.cases import actions as cases
from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, SignInNeeded
from linli.foundation.ids import uuid7
from linli.gateway import actions, notices, queries, rules
from linli.gateway.channels import ChannelDown
from linli.gateway.models import Kind, Wishes
from linli.people import actions as people
from linli.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day")]


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


@pytest.mark.parametrize("digest_hour", [None, 7])
def test_what_was_read_while_it_waited_goes_to_no_phone(
    world: World, desk: Actor, provider: type[Sent], digest_hour: int | None
) -> None:
    resident = world.resident()
    wish(resident, progress="sms", digest_hour=digest_hour)
    at(23)
    known, new = report(resident), report(resident, description="路灯不亮，天黑看不见路")
    do(desk, cases.file, known)
    with acting_as(resident):
        actions.read_messages(by=resident)
    do(desk, cases.file, new)
    at(7, days=1)
    send_all()
    assert {letter.case: letter.state for letter in letters() if letter.case}[known] == "read"
    assert [message.template for message in provider.taken] == ["filed" if digest_hour is None else "digest"]


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
