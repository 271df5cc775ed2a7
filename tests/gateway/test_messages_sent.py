"""What goes to phones is recorded, encrypted and sent by the adapter."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from factories import channel_contract
from factories.happened import tell_again, tell_all
from factories.world import World
from gateway.messaging import PHONE, Sent, letters, report

from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, acting_as
from linli.foundation.privacy import decrypt
from linli.gateway import actions, channels, rules, wording
from linli.gateway.channels import ChannelDown, ChannelRefused, Recorder
from linli.gateway.models import Message, OutgoingMessage, OutgoingState
from linli.people import actions as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("day")]


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
