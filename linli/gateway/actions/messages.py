"""Messages: telling a person in the app, recording what goes to a phone, sending it, reading one's own."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.foundation import clock, outbox
from linli.foundation.access import Actor, ActorKind
from linli.foundation.errors import SignInNeeded
from linli.foundation.ids import uuid7
from linli.foundation.privacy import keyed_hash
from linli.gateway import channels, events, rules, wording
from linli.gateway.models import Message, OutgoingMessage, OutgoingState

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that one person is to be told, in the app."""

    person: UUID
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    case: UUID | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that goes to one phone or WeChat account."""

    channel: str
    recipient: str
    template: str
    language: str
    params: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    person: UUID | None = None


def tell(notes: Iterable[Note], *, event: UUID) -> int:
    """Keep the notes for their persons, each person once for an event. Returns how many were new. For the system."""
    first = {note.person: note for note in reversed(list(notes))}
    known = (
        set(Message.objects.filter(event=event, person__in=first).values_list("person_id", flat=True)) if first else ()
    )
    rows = [
        Message(
            id=uuid7(), person_id=person, event=event, template=note.template, params=dict(note.params), case=note.case
        )
        for person, note in first.items()
        if person not in known
    ]
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)
        topics = [f"person:{row.person_id}" for row in rows]
        outbox.publish(events.TOLD, {"event": str(event)}, topics)
    return len(rows)


def write(letters: Iterable[Letter], *, event: UUID) -> int:
    """Record the letters and send them after the transaction, each recipient once for an event and channel. For the system."""
    first = {(one.channel, hash_of(one.recipient)): one for one in reversed(list(letters))}
    known = set(_recorded(event, first))
    rows = [
        OutgoingMessage(
            id=uuid7(),
            channel=channel,
            person=letter.person,
            recipient=letter.recipient,
            recipient_hash=digest,
            event=event,
            template=letter.template,
            language=letter.language,
            params=json.dumps(dict(letter.params), ensure_ascii=False),
            next_at=clock.now(),
            expires_at=letter.expires_at,
        )
        for (channel, digest), letter in first.items()
        if (channel, digest) not in known
    ]
    if rows:
        with transaction.atomic():
            OutgoingMessage.objects.bulk_create(rows, ignore_conflicts=True)
            for row in rows:
                _soon(row.id)
    return len(rows)


def hash_of(recipient: str) -> bytes:
    return keyed_hash(recipient, "gateway.recipient")


def _recorded(event: UUID, letters: Mapping[tuple[str, bytes], Letter]) -> Sequence[tuple[str, bytes]]:
    if not letters:
        return []
    rows = OutgoingMessage.objects.filter(event=event).values_list("channel", "recipient_hash")
    return [(channel, bytes(digest)) for channel, digest in rows]


def _soon(message_id: UUID) -> None:
    from linli.gateway import jobs

    jobs.send.defer(message=str(message_id))


def send_due() -> int:
    """Set to work what is due and was not begun. Returns how many."""
    due = OutgoingMessage.objects.filter(state=OutgoingState.WAITING, next_at__lte=clock.now())
    ids = list(due.order_by("next_at").values_list("pk", flat=True)[:AT_ONCE])
    for message_id in ids:
        _soon(message_id)
    return len(ids)


def send_message(*, message_id: UUID) -> None:
    """Make one attempt, and plan the next where the provider is down. For the system; called again it finds nothing to do."""
    row = _begin(message_id)
    if row is None:
        return
    try:
        receipt = channels.channel(row.channel).send(_outgoing(row))
    except channels.ChannelRefused as refused:
        _settle(row, OutgoingState.FAILED, error=str(refused))
    except channels.ChannelDown as down:
        _again(row, str(down))
    except Exception as error:
        # An adapter is the city's own code: whatever it raises costs no message and shows no recipient.
        _again(row, type(error).__name__)
    else:
        state = OutgoingState.SENT if receipt.sent else OutgoingState.RECORDED
        _settle(row, state, provider_id=receipt.provider_id)


def _begin(message_id: UUID) -> OutgoingMessage | None:
    now = clock.now()
    with transaction.atomic():
        waiting = OutgoingMessage.objects.select_for_update(skip_locked=True)
        row = waiting.filter(pk=message_id, state=OutgoingState.WAITING, next_at__lte=now).first()
        if row is None:
            return None
        if row.expires_at is not None and row.expires_at <= now:
            _settle(row, OutgoingState.EXPIRED)
            return None
        row.attempts += 1
        row.next_at = now + rules.LEASE
        row.save(update_fields=["attempts", "next_at"])
    return row


def _outgoing(row: OutgoingMessage) -> channels.Outgoing:
    params = wording.shown(json.loads(row.params), row.language)
    text = wording.short(row.template, params, row.language)
    return channels.Outgoing(row.id, row.recipient, row.template, row.language, params, text)


def _again(row: OutgoingMessage, error: str) -> None:
    if row.attempts >= rules.ATTEMPTS:
        _settle(row, OutgoingState.FAILED, error=error)
        return
    row.error = error[:300]
    row.next_at = clock.now() + rules.wait_after(row.attempts)
    row.save(update_fields=["error", "next_at"])


def _settle(row: OutgoingMessage, state: str, *, provider_id: str = "", error: str = "") -> None:
    row.state, row.provider_id, row.error = state, provider_id[:100], error[:300]
    row.sent_at, row.next_at = clock.now() if state == OutgoingState.SENT else None, None
    row.save(update_fields=["state", "provider_id", "error", "sent_at", "next_at"])


def read_messages(*, by: Actor, ids: Sequence[UUID] = ()) -> int:
    """Mark one's own messages as read: these, or all. Returns how many were unread."""
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise SignInNeeded
    unread = Message.objects.filter(person=by.id, read_at=None)
    if ids:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=clock.now())
