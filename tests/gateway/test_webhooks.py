"""Webhooks: who is told what, signed, repeated, switched off, and never sent into an inner network."""

import json
import socket
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from factories.happened import tell_again, tell_all
from factories.subscriber import Subscriber
from factories.world import ELSEWHERE, HERE, World
from hypothesis import given
from hypothesis import strategies as st

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.models import OutboxEvent
from linli.gateway import actions, calls, queries, rules
from linli.gateway.errors import AlreadyWaiting, UnknownChoice, UrlNotAllowed
from linli.gateway.models import Delivery, DeliveryState, Subscription


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_WEBHOOK_ALLOW", "127.0.0.1")


@pytest.fixture
def webhook(world: World, admin: Actor, subscriber: Subscriber, allow: None) -> actions.NewSubscription:
    with acting_as(admin):
        made = actions.subscribe(
            name="指挥中心",
            url=subscriber.url,
            names=["case.collected", "case.changed"],
            unit_id=world.id("W"),
            by=admin,
        )
    queries.forget_subscriptions()
    return made


def report(lon: float = HERE[0], lat: float = HERE[1], **changes: Any) -> UUID:
    values = {"description": "王小明家门口的井盖破损", "class_code": "0103", "contact_name": "王小明"} | changes
    with acting_as(SYSTEM):
        made = cases.collect(report=Report(lon=lon, lat=lat, contact_phone="13800001234", **values), by=SYSTEM)
    return made.case.id


def tell() -> list[Delivery]:
    """What the worker does with the waiting events."""
    tell_all()
    tell_again()
    with acting_as(SYSTEM):
        return list(Delivery.objects.order_by("pk"))


def attempt(delivery: Delivery) -> Delivery:
    with acting_as(SYSTEM):
        actions.deliver(delivery_id=delivery.pk)
        return Delivery.objects.get(pk=delivery.pk)


@pytest.mark.django_db
def test_an_event_is_delivered_signed_once_and_without_anybodys_data(
    world: World, webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    report()
    report(*ELSEWHERE)
    (delivery,) = tell()
    assert tell() == [delivery]
    assert attempt(delivery).state == DeliveryState.DELIVERED
    attempt(delivery)
    ((headers, body),) = subscriber.taken
    assert rules.is_signed(headers["X-Linli-Signature"], webhook.secret, body, int(clock.now().timestamp()))
    content = json.loads(body)
    assert (content["type"], headers["X-Linli-Event-Id"]) == ("case.collected", content["id"])
    assert content["data"]["units"] == ["51", "5101", "W", "W1", "Q"]
    assert content["data"]["lon"] == round(HERE[0], 3)
    text = body.decode()
    assert not any(said in text for said in ("王小明", "井盖", "13800001234"))


@pytest.mark.django_db
def test_a_bodys_subscription_hears_only_of_its_cases(
    world: World, admin: Actor, subscriber: Subscriber, allow: None
) -> None:
    with acting_as(admin):
        actions.subscribe(
            name="水务", url=subscriber.url, names=["case.changed"], unit_id=world.id("W"), by=admin,
            body_id=world.bodies["water"].id,
        )  # fmt: skip
    queries.forget_subscriptions()
    case = report()
    desk = world.actor("desk", Role.DESK, "W")
    with acting_as(desk):
        cases.file(cases=[case], by=desk)
        tell_all()
        cases.dispatch(cases=[case], by=desk)
    tell_all()
    with acting_as(SYSTEM):
        delivery = Delivery.objects.get()
    assert (delivery.payload["change"], delivery.payload["body"]) == ("dispatch", "water")


@pytest.mark.django_db
def test_what_fails_is_repeated_with_growing_waits_and_then_given_up(
    webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    subscriber.statuses = [500]
    report()
    (delivery,) = tell()
    waits = []
    moment = clock.now()
    for _attempt in range(rules.ATTEMPTS):
        with clock.at(moment):
            delivery = attempt(delivery)
            # Before its time nothing is sent.
            attempt(delivery)
        if delivery.next_at is not None:
            waits.append(delivery.next_at - moment)
            moment = delivery.next_at
    assert waits == [timedelta(seconds=30 * 2**n) for n in range(rules.ATTEMPTS - 1)]
    assert (delivery.state, delivery.status_code) == (DeliveryState.FAILED, 500)
    assert len(subscriber.taken) == rules.ATTEMPTS
    assert len({headers["X-Linli-Event-Id"] for headers, _body in subscriber.taken}) == 1


@pytest.mark.django_db
def test_a_later_success_ends_the_repeats_and_forgets_the_failures(
    webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    subscriber.statuses = [503, 204]
    report()
    (delivery,) = tell()
    delivery = attempt(delivery)
    with acting_as(SYSTEM):
        assert Subscription.objects.get().failures == 1
    assert delivery.next_at is not None
    with clock.at(delivery.next_at):
        delivery = attempt(delivery)
    with acting_as(SYSTEM):
        assert (delivery.state, Subscription.objects.get().failures) == (DeliveryState.DELIVERED, 0)


@pytest.mark.django_db
def test_a_worker_that_died_leaves_its_delivery_to_another(
    webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    report()
    (delivery,) = tell()
    with acting_as(SYSTEM):
        Delivery.objects.filter(pk=delivery.pk).update(attempts=1, next_at=clock.now() + rules.LEASE)
        assert actions.deliver_due() == 0
        with clock.at(clock.now() + rules.LEASE):
            assert actions.deliver_due() == 1
            assert attempt(delivery).state == DeliveryState.DELIVERED


@pytest.mark.django_db
def test_a_redirect_is_not_followed(webhook: actions.NewSubscription, subscriber: Subscriber) -> None:
    subscriber.statuses = [302]
    report()
    (delivery,) = tell()
    assert (attempt(delivery).status_code, len(subscriber.taken)) == (302, 1)


@pytest.mark.django_db
def test_a_dead_subscriber_is_switched_off_with_a_note_and_can_be_switched_on(
    world: World, admin: Actor, webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    subscriber.statuses = [500]
    with acting_as(SYSTEM):
        Subscription.objects.update(failures=rules.FAILURES_TO_DISABLE - 1)
    report()
    (delivery,) = tell()
    attempt(delivery)
    queries.forget_subscriptions()
    with acting_as(SYSTEM):
        one = Subscription.objects.get()
        assert (one.active, one.note) == (False, Subscription.Note.TOO_MANY_FAILURES)
        assert [entry.action for entry in audit.timeline(one.pk)] == ["created", "disabled"]
    report()
    assert len(tell()) == 1
    with acting_as(admin):
        assert actions.set_active(subscription_id=one.pk, active=True, by=admin).failures == 0


@pytest.mark.django_db
def test_a_delivery_can_be_repeated_by_hand_under_the_same_event_id(
    world: World, admin: Actor, webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    report()
    (delivery,) = tell()
    stranger = world.actor("stranger", Role.ADMIN, "E")
    with acting_as(admin), pytest.raises(AlreadyWaiting):
        actions.redeliver(delivery_id=delivery.pk, by=admin)
    attempt(delivery)
    with acting_as(stranger), pytest.raises(NotFound):
        actions.redeliver(delivery_id=delivery.pk, by=stranger)
    with acting_as(admin):
        actions.redeliver(delivery_id=delivery.pk, by=admin)
    attempt(delivery)
    assert len({headers["X-Linli-Event-Id"] for headers, _body in subscriber.taken}) == 1
    assert len(subscriber.taken) == 2


@pytest.mark.django_db
def test_only_the_units_administrators_subscribe_and_see(
    world: World, admin: Actor, webhook: actions.NewSubscription, subscriber: Subscriber
) -> None:
    stranger, desk = world.actor("stranger", Role.ADMIN, "E"), world.actor("desk", Role.DESK, "W")
    for other in (stranger, desk):
        with acting_as(other):
            assert not queries.visible_subscriptions(other).exists()
            with pytest.raises(NotAllowed):
                actions.subscribe(name="x", url=subscriber.url, names=["case.changed"], unit_id=world.id("W"), by=other)
    with acting_as(stranger):
        assert not Subscription.objects.exists()
        assert not Delivery.objects.exists()
    with acting_as(admin), pytest.raises(UnknownChoice):
        actions.subscribe(
            name="x", url=subscriber.url, names=["people.code_requested"], unit_id=world.id("W"), by=admin
        )


@pytest.mark.django_db
def test_the_secret_is_not_in_the_database_in_clear(webhook: actions.NewSubscription) -> None:
    from django.db import connection

    with acting_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM gateway_subscription")
        assert webhook.secret.encode() not in bytes(cursor.fetchone()[0])


# Signatures, without a database -----------------------------------------------------------------------------------------


@given(st.binary(max_size=200), st.text(min_size=1, max_size=40), st.integers(0, 10**10))
def test_a_signature_holds_for_its_body_secret_and_moment_only(body: bytes, secret: str, at: int) -> None:
    signed = rules.sign(secret, body, at)
    assert rules.is_signed(signed, secret, body, at)
    assert rules.is_signed(signed, secret, body, at + 300)
    assert not rules.is_signed(signed, secret, body, at + 301)
    assert not rules.is_signed(signed, secret, body + b" ", at)
    assert not rules.is_signed(signed, secret + "x", body, at)
    assert not rules.is_signed(signed.replace(f"t={at}", f"t={at + 1}"), secret, body, at)


@pytest.mark.parametrize("header", ["", "t=1", "v1=00", "t=x,v1=" + "0" * 64, "t=1,v1=" + "0" * 63])
def test_what_is_no_signature_is_refused(header: str) -> None:
    assert not rules.is_signed(header, "secret", b"", 1)


# Inner networks ---------------------------------------------------------------------------------------------------------

INNER = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "::127.0.0.1", "fec0::1"),
]


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_known(address: str) -> None:
    assert not rules.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "114.114.114.114", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_known(address: str) -> None:
    assert rules.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https://", "https:///x", "gopher://x/"),
        *(
            "https://user:secret@example.com/",
            "https://user@example.com/",
            "https://exa\\mple.com/",
            "https://例子.cn/",
        ),
        *("https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/latest/meta-data"),
        *("https://0x7f000001/", "https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://example.com:99999/"),
        *("https://127.1/", "https://10.0.0.1:8443/x", "javascript:alert(1)", "https://[bad"),
    ],
)
def test_addresses_that_are_never_called(url: str) -> None:
    with pytest.raises(UrlNotAllowed):
        calls.check(url)
    assert calls.post(url, b"", {}).status is None


def test_a_name_with_one_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(UrlNotAllowed):
        calls.check("https://example.com/")


def test_the_call_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, subscriber: Subscriber, allow: None
) -> None:
    """A name that answers differently the second time (DNS rebinding) is not asked a second time."""
    port = int(subscriber.url.rsplit(":", 1)[1].strip("/"))
    monkeypatch.setenv("LINLI_WEBHOOK_ALLOW", "rebinding.example")
    asked: list[str] = []

    def answers(host: str, *_args: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        if host == "127.0.0.1":
            return [(2, 1, 6, "", ("127.0.0.1", port))]
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    assert calls.post(f"http://rebinding.example:{port}/hook", b"{}", {}).status == 200
    ((headers, _body),) = subscriber.taken
    assert headers["Host"] == f"rebinding.example:{port}"
    assert asked.count("rebinding.example") == 1


def test_allowing_a_host_and_port_allows_no_other_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_WEBHOOK_ALLOW", "127.0.0.1:8081")
    assert calls.check("http://127.0.0.1:8081/").port == 8081
    with pytest.raises(UrlNotAllowed):
        calls.check("http://127.0.0.1:8082/")


@pytest.mark.slow
def test_a_subscriber_that_never_answers_costs_a_bounded_time(monkeypatch: pytest.MonkeyPatch, allow: None) -> None:
    monkeypatch.setattr(calls, "SECONDS", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        answer = calls.post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {})
    assert (answer.status, answer.taken) == (None, False)


@pytest.mark.django_db
def test_events_of_nobody_elses_concern_make_no_delivery(world: World) -> None:
    report()
    assert tell() == []
    with acting_as(SYSTEM):
        assert not OutboxEvent.objects.filter(handled_at=None).exists()


@pytest.mark.parametrize("url", ["https://example.com/\x01", "https://example.com/\x7fx", "https://exa mple.com/"])
def test_an_address_that_no_call_can_carry_is_refused_when_it_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: [(2, 1, 6, "", ("1.1.1.1", 443))])
    with pytest.raises(UrlNotAllowed):
        calls.check(url)
    assert calls.post(url, b"", {}).status is None
