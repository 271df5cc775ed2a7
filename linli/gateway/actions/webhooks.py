"""Webhooks: subscribing, writing down what is to be delivered, and delivering it."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.cases import events as case_events
from linli.foundation import audit, clock, outbox
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.ids import uuid7
from linli.gateway import calls, events, queries, rules
from linli.gateway.errors import AlreadyWaiting, UnknownChoice
from linli.gateway.models import Delivery, DeliveryState, Subscription
from linli.people import queries as people
from linli.territory import queries as territory

EVENTS = (case_events.COLLECTED, case_events.CHANGED)
# Deliveries set to work in one go; the next minute takes the rest.
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """`secret` signs the deliveries: shown once, kept encrypted."""

    subscription: Subscription
    secret: str


def subscribe(
    *, name: str, url: str, names: Sequence[str], unit_id: UUID, by: Actor, body_id: UUID | None = None
) -> NewSubscription:
    """Tell `url` of these events in a unit. Raises `UrlNotAllowed`, `UnknownChoice`, `NotAllowed`."""
    by.require(Permission.MANAGE_GATEWAY, territory.unit(unit_id).path)
    if not name.strip() or len(name) > 80:
        raise InvalidInput(field="name")
    if not names:
        raise InvalidInput(field="events")
    for one in names:
        if one not in EVENTS:
            raise UnknownChoice(field="events", value=one[:60])
    if len(url) > 500:
        raise InvalidInput(field="url")
    calls.check(url)
    secret = "whsec_" + secrets.token_urlsafe(24)
    subscription = Subscription(
        id=uuid7(),
        name=name.strip(),
        url=url,
        secret=secret,
        events=sorted(set(names)),
        unit_id=unit_id,
        body_id=people.body(body_id).id if body_id else None,
        created_by=by.id,
    )
    with transaction.atomic():
        subscription.save(force_insert=True)
        _record(subscription, "created", by)
    return NewSubscription(subscription, secret)


def set_active(*, subscription_id: UUID, active: bool, by: Actor) -> Subscription:
    """Switch a subscription on (its failures are forgotten) or off."""
    with transaction.atomic():
        subscription = _managed(subscription_id, by)
        if subscription.active != active:
            subscription.active, subscription.failures, subscription.note = active, 0, ""
            subscription.save(update_fields=["active", "failures", "note"])
            _record(subscription, "resumed" if active else "stopped", by)
    return subscription


def unsubscribe(*, subscription_id: UUID, by: Actor) -> None:
    """End a subscription and drop its deliveries."""
    with transaction.atomic():
        subscription = _managed(subscription_id, by)
        _record(subscription, "removed", by)
        subscription.delete()


def redeliver(*, delivery_id: UUID, by: Actor) -> Delivery:
    """Send a delivery that ended once more: the same event id, signed anew."""
    with transaction.atomic():
        found = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
        if found is None:
            raise NotFound
        _managed(found.subscription_id, by)
        if found.state == DeliveryState.WAITING:
            raise AlreadyWaiting
        found.state, found.attempts, found.error, found.ended_at = DeliveryState.WAITING, 0, "", None
        found.next_at = clock.now()
        found.save()
        _soon(found.id)
    return found


def _managed(subscription_id: UUID, by: Actor) -> Subscription:
    rows = queries.visible_subscriptions(by).select_for_update(of=("self",))
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None:
        raise NotFound
    return subscription


def announce(*, event_id: UUID, name: str, payload: dict[str, Any], units: list[UUID], bodies: list[UUID]) -> int:
    """Write down a delivery for each subscription that may see this. A second time adds nothing. For the system."""
    concerned = [one.id for one in queries.subscribed(name) if one.sees(units, bodies)]
    known = (
        Delivery.objects.filter(event=event_id, subscription__in=concerned) if concerned else Delivery.objects.none()
    )
    told = set(known.values_list("subscription_id", flat=True)) if concerned else set()
    new = [
        Delivery(id=uuid7(), subscription_id=one, event=event_id, name=name, payload=payload, next_at=clock.now())
        for one in concerned
        if one not in told
    ]
    if new:
        with transaction.atomic():
            Delivery.objects.bulk_create(new)
            for delivery in new:
                _soon(delivery.id)
    return len(new)


def _soon(delivery_id: UUID) -> None:
    from linli.gateway import jobs

    jobs.deliver.defer(delivery=str(delivery_id))


def deliver_due() -> int:
    """Set to work what is due and was not begun: repeats, and what a stopped worker left. Returns how many."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=clock.now(), subscription__active=True)
    ids = list(due.order_by("next_at").values_list("pk", flat=True)[:AT_ONCE])
    for delivery_id in ids:
        _soon(delivery_id)
    return len(ids)


def deliver(*, delivery_id: UUID) -> None:
    """Make one attempt, and plan the next where it failed. For the system; called again it finds nothing to do."""
    delivery = _begin(delivery_id)
    if delivery is None:
        return
    answer = calls.post(delivery.subscription.url, *message_of(delivery))
    with transaction.atomic():
        delivery.status_code, delivery.error = answer.status, answer.error
        if answer.taken:
            _end(delivery, DeliveryState.DELIVERED)
            Subscription.objects.filter(pk=delivery.subscription_id).exclude(failures=0).update(failures=0)
        else:
            _failed(delivery)


def _begin(delivery_id: UUID) -> Delivery | None:
    """Take an attempt for this worker: no transaction stays open during the call."""
    now = clock.now()
    with transaction.atomic():
        waiting = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("subscription")
        delivery = waiting.filter(pk=delivery_id, state=DeliveryState.WAITING, next_at__lte=now).first()
        if delivery is None or not delivery.subscription.active:
            return None
        delivery.attempts += 1
        delivery.next_at = now + rules.LEASE
        delivery.save(update_fields=["attempts", "next_at"])
    return delivery


def message_of(delivery: Delivery) -> tuple[bytes, dict[str, str]]:
    """Body and headers as the subscriber gets them."""
    moment = clock.now()
    content = {"id": str(delivery.event), "type": delivery.name, "data": delivery.payload}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Linli-Webhooks/1",
        "X-Linli-Event": delivery.name,
        "X-Linli-Event-Id": str(delivery.event),
        "X-Linli-Signature": rules.sign(delivery.subscription.secret, body, int(moment.timestamp())),
    }
    return body, headers


def _failed(delivery: Delivery) -> None:
    if delivery.attempts >= rules.ATTEMPTS:
        _end(delivery, DeliveryState.FAILED)
    else:
        delivery.next_at = clock.now() + rules.wait_after(delivery.attempts)
        delivery.save()
    subscription = Subscription.objects.select_for_update().get(pk=delivery.subscription_id)
    subscription.failures += 1
    subscription.save(update_fields=["failures"])
    if subscription.active and subscription.failures >= rules.FAILURES_TO_DISABLE:
        subscription.active, subscription.note = False, Subscription.Note.TOO_MANY_FAILURES
        subscription.save(update_fields=["active", "note"])
        _record(subscription, "disabled", SYSTEM)


def _end(delivery: Delivery, state: str) -> None:
    delivery.state, delivery.ended_at, delivery.next_at = state, clock.now(), None
    delivery.save()


def _record(subscription: Subscription, action: str, by: Actor) -> None:
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type="webhook", subject_id=subscription.id, action=action, by=by, state=state_of(subscription)
        )
    outbox.publish(events.SUBSCRIPTION_CHANGED, {"subscription": str(subscription.id)})
    transaction.on_commit(queries.forget_subscriptions)


def state_of(subscription: Subscription) -> dict[str, Any]:
    """What the timeline digests of a subscription: not its secret, nor what changes with each delivery."""
    names = ("name", "url", "events", "unit_id", "body_id", "active")
    return {name: getattr(subscription, name) for name in names}
