"""Messages: telling a person in the app, recording what goes to a phone, sending it, reading one's own."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from linli.campaigns.actions import telling
from linli.cases import queries as cases
from linli.config import env
from linli.foundation import clock, outbox
from linli.foundation.access import SYSTEM, Actor, ActorKind, acting_as
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.ids import uuid7
from linli.foundation.privacy import keyed_hash
from linli.gateway import channels, events, queries, rules, wording
from linli.gateway.errors import NotFailed
from linli.gateway.models import Holds, Message, OutgoingChannel, OutgoingMessage, OutgoingState
from linli.people import queries as people

AT_ONCE = 1000
# The messages of warnings, which are told at doors too: a door whose account was texted counts.
AT_DOORS = frozenset({"area_news", "area_window"})
# Lines of a digest; the rest is only counted.
DIGEST_LINES = 3


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that one person is to be told, in the app."""

    person: UUID
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    case: UUID | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that goes to one phone or WeChat account, at once where it is urgent, else when `wish` allows."""

    channel: str
    recipient: str
    template: str
    language: str
    params: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    person: UUID | None = None
    case: UUID | None = None
    urgent: bool = False
    wish: rules.Wish = rules.DEFAULT_WISH


def tell(notes: Iterable[Note], *, event: UUID, at: datetime | None = None) -> int:
    """Keep the notes for their persons, each person once for an event. Returns how many were new. For the system.

    `at` is when it happened (None: now). A newer state takes the place of what the same minute said about the same case.
    """
    first = {note.person: note for note in reversed(list(notes))}
    known = (
        set(Message.objects.filter(event=event, person__in=first).values_list("person_id", flat=True)) if first else ()
    )
    rows = [
        Message(
            id=uuid7(),
            person_id=person,
            event=event,
            template=note.template,
            params=dict(note.params),
            case=note.case,
            at=clock.now(),
            happened_at=at or clock.now(),
        )
        for person, note in first.items()
        if person not in known
    ]
    if rows:
        with transaction.atomic():
            _keep_newest(rows)
            Message.objects.bulk_create(rows, ignore_conflicts=True)
            outbox.publish(events.TOLD, {"event": str(event)}, [f"person:{row.person_id}" for row in rows])
    return len(rows)


def _keep_newest(rows: Sequence[Message]) -> None:
    """Of the unread messages about what one minute did to one case only the newest is shown. The rows are of one event."""
    at = rows[0].happened_at
    lately = Message.objects.filter(
        person__in=[row.person_id for row in rows], case__in={row.case for row in rows}, read_at=None, replaced=False,
        happened_at__gt=at - rules.BURST, happened_at__lt=at + rules.BURST,
    )  # fmt: skip
    new = {(row.person_id, row.case, _thread(row)): row for row in rows if _thread(row)}
    old = []
    for earlier in lately:
        row = new.get((earlier.person_id, earlier.case, _thread(earlier)))
        if row is None:
            continue
        if earlier.happened_at <= row.happened_at:
            old.append(earlier.pk)
        else:
            # An event that was handled late, after a failure.
            row.replaced = True
    Message.objects.filter(pk__in=old).update(replaced=True)


def _thread(row: Message | OutgoingMessage) -> str:
    return wording.TEMPLATES[row.template].thread


def write(letters: Iterable[Letter], *, event: UUID, at: datetime | None = None) -> int:
    """Record the letters and send them after the transaction, each recipient once for an event. For the system.

    Who has an account and is also known by phone alone is one recipient. What may wait does: for the end of the minute (the newest
    state goes, `_take_place`), of the quiet hours, or for the digest.
    """
    first = {hash_of(one.recipient): one for one in reversed(list(letters))}
    known = _recorded(event, first)
    rows = [
        _row(letter, digest, event, at or clock.now())
        for digest, letter in first.items()
        if digest not in known and letter.person not in known
    ]
    if rows:
        with transaction.atomic():
            for row in rows:
                _take_place(row)
            OutgoingMessage.objects.bulk_create(rows, ignore_conflicts=True)
            for row in rows:
                if row.next_at is not None and row.next_at <= clock.now():
                    _soon(row.id)
    return len(rows)


def _row(letter: Letter, digest: bytes, event: UUID, at: datetime) -> OutgoingMessage:
    next_at, held = _when(letter.template, letter.urgent, letter.wish)
    return OutgoingMessage(
        id=uuid7(),
        channel=letter.channel,
        person=letter.person,
        recipient=letter.recipient,
        recipient_hash=digest,
        event=event,
        case=letter.case,
        template=letter.template,
        language=letter.language,
        params=json.dumps(dict(letter.params), ensure_ascii=False),
        urgent=letter.urgent,
        happened_at=at,
        next_at=next_at,
        held=held,
        expires_at=letter.expires_at,
    )


def _when(template: str, urgent: bool, wish: rules.Wish) -> tuple[datetime, str]:
    """When a message goes at the earliest, and what it waits for."""
    now, zone = clock.now(), timezone.get_default_timezone()
    if urgent:
        return now, ""
    if wish.digest_hour is not None:
        return rules.next_digest(now, wish.digest_hour, zone), Holds.DIGEST
    quiet_end = rules.quiet_until(now, wish, zone)
    if quiet_end is not None:
        return quiet_end, Holds.QUIET
    return (now + rules.BURST, Holds.BURST) if wording.TEMPLATES[template].thread else (now, "")


def _take_place(row: OutgoingMessage) -> None:
    """A message takes the place, and the turn, of an older one about the same case that has not been tried yet."""
    thread = _thread(row)
    if row.case is None or not thread:
        return
    # The lock makes a sender that is about to take one up wait, or this one see that it did.
    others = OutgoingMessage.objects.select_for_update().filter(
        case=row.case, recipient_hash=row.recipient_hash, template__in=wording.in_thread(thread)
    )
    for other in others.exclude(event=row.event):
        if other.happened_at > row.happened_at:
            # An event that was handled late, after a failure.
            row.state, row.next_at, row.held = OutgoingState.REPLACED, None, ""
        elif other.state == OutgoingState.WAITING and other.attempts == 0:
            if not row.urgent and row.next_at is not None and other.next_at is not None:
                row.next_at = min(row.next_at, other.next_at)
            _settle(other, OutgoingState.REPLACED)


def hash_of(recipient: str) -> bytes:
    return keyed_hash(recipient, "gateway.recipient")


def _recorded(event: UUID, letters: Mapping[bytes, Letter]) -> set[bytes | UUID | None]:
    """Those of the recipients, and of their persons, that have a message of this event."""
    if not letters:
        return set()
    persons = [letter.person for letter in letters.values() if letter.person is not None]
    found = OutgoingMessage.objects.filter(Q(recipient_hash__in=letters) | Q(person__in=persons), event=event)
    rows = found.values_list("recipient_hash", "person")
    return {bytes(digest) for digest, _person in rows} | {person for _digest, person in rows if person is not None}


def _soon(message_id: UUID) -> None:
    from linli.gateway import jobs

    jobs.send.defer(message=str(message_id))


def send_due() -> int:
    """Set to work what is due and was not begun. Returns how many."""
    due = OutgoingMessage.objects.filter(state=OutgoingState.WAITING, next_at__lte=clock.now())
    due = due.exclude(held=Holds.DIGEST)
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
    except channels.ChannelUnreachable as refused:
        if not _by_text(row):
            _settle(row, OutgoingState.FAILED, error=str(refused))
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
        if state == OutgoingState.SENT and row.channel == OutgoingChannel.SMS:
            _tell_doors(row)


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
        if _settle_read([row]):
            return None
        if row.held == Holds.DIGEST or _must_wait(row):
            return None
        row.attempts += 1
        row.next_at, row.held = now + rules.LEASE, ""
        row.save(update_fields=["attempts", "next_at", "held"])
    return row


def _settle_read(rows: Sequence[OutgoingMessage]) -> set[UUID]:
    """Let go of what its person has read in the app while it waited, or has done what it asks for; gives the ids of these rows, which
    are one person's. What was tried before may have been taken: it goes on."""
    waited = [row for row in rows if row.person is not None and not row.urgent and not row.attempts]
    if not waited:
        return set()
    told = Message.objects.filter(person=waited[0].person, event__in=[row.event for row in waited])
    known = set(told.filter(read_at__isnull=False).values_list("event", flat=True))
    settled = [row for row in waited if row.event in known]
    for row in settled:
        _settle(row, OutgoingState.READ)
    return {row.id for row in settled}


def _must_wait(row: OutgoingMessage) -> bool:
    """Whether quiet hours have begun since it was recorded: then it waits for their end.

    What was tried before does not: it may have been taken, and by the morning no provider knows its once-only key any more.
    """
    if row.urgent or row.attempts:
        return False
    wish = queries.wishes([row.person])[row.person] if row.person else rules.DEFAULT_WISH
    quiet_end = rules.quiet_until(clock.now(), wish, timezone.get_default_timezone())
    if quiet_end is None:
        return False
    row.next_at, row.held = quiet_end, Holds.QUIET
    row.save(update_fields=["next_at", "held"])
    return True


def _outgoing(row: OutgoingMessage) -> channels.Outgoing:
    kept = json.loads(row.params)
    params = wording.shown(kept, row.language)
    return channels.Outgoing(
        id=row.id,
        recipient=_address(row),
        template=row.template,
        language=row.language,
        params=params | wording.whole_moments(kept),
        text=wording.short(row.template, params, row.language),
        kind=wording.TEMPLATES[row.template].kind,
        again=row.attempts > 1,
        since=row.created_at,
    )


def _address(row: OutgoingMessage) -> str:
    """Where the message goes now: the WeChat account may have been connected, changed or taken off since it was recorded."""
    if row.channel != OutgoingChannel.WECHAT or not channels.connected(row.channel):
        return row.recipient
    return next((one.openid for one in people.addressees({row.person} if row.person else ())), "")


def _tell_doors(row: OutgoingMessage) -> None:
    """The text of a warning has gone: nobody need go to the door that its person's account is bound to."""
    if row.person is not None and row.template in AT_DOORS:
        with transaction.atomic():
            telling.reached(notice=row.event, ways={row.person: "sms"})


def _by_text(row: OutgoingMessage) -> bool:
    """Turn what WeChat cannot bring to a text, where its person is told so by default. What is told in the app alone stands there.

    A digest may hold either, and goes. WeChat has said that it did not take it: as a text it has not been tried.
    """
    usual = row.template == "digest" or rules.usual_way(wording.TEMPLATES[row.template].kind) == OutgoingChannel.SMS
    if row.channel != OutgoingChannel.WECHAT or not usual or row.person is None:
        return False
    phone = next((one.phone for one in people.addressees({row.person})), "")
    if not phone:
        return False
    row.channel, row.recipient, row.attempts, row.next_at = OutgoingChannel.SMS, phone, 0, clock.now()
    row.save(update_fields=["channel", "recipient", "attempts", "next_at"])
    _soon(row.id)
    return True


def forget_wechat(*, openid: str, by: Actor) -> None:
    """Take an openid out of what was to go, or went, to it; the fingerprint, by which nobody is told twice, stays. By its person."""
    with acting_as(SYSTEM):
        OutgoingMessage.objects.filter(person=by.id, recipient_hash=hash_of(openid)).update(recipient="")


def _again(row: OutgoingMessage, error: str) -> None:
    if row.attempts >= rules.ATTEMPTS:
        _settle(row, OutgoingState.FAILED, error=error)
        return
    row.error = error[:300]
    row.next_at = clock.now() + rules.wait_after(row.attempts)
    row.save(update_fields=["error", "next_at"])


def _settle(row: OutgoingMessage, state: str, *, provider_id: str = "", error: str = "") -> None:
    row.state, row.provider_id, row.error = state, provider_id[:100], error[:300]
    row.sent_at, row.next_at, row.held = clock.now() if state == OutgoingState.SENT else None, None, ""
    row.save(update_fields=["state", "provider_id", "error", "sent_at", "next_at", "held"])


def gather_digests() -> int:
    """Put what waits for a digest that is due into one message for each person. Returns how many digests. For the system.

    The digest and what is in it are settled in one transaction; from there it is sent like any other message, under its own id.
    """
    due = OutgoingMessage.objects.filter(state=OutgoingState.WAITING, held=Holds.DIGEST, next_at__lte=clock.now())
    persons = list(due.order_by().values_list("person", "channel").distinct()[:AT_ONCE])
    return sum(_gather(person, channel) for person, channel in persons)


def _gather(person: UUID | None, channel: str) -> bool:
    with transaction.atomic():
        due = OutgoingMessage.objects.select_for_update(skip_locked=True).filter(
            person=person, channel=channel, state=OutgoingState.WAITING, held=Holds.DIGEST, next_at__lte=clock.now()
        )
        waiting = list(due)
        read = _settle_read(waiting)
        rows = sorted((row for row in waiting if row.id not in read), key=lambda row: wording.urgency(row.template))
        if not rows:
            return False
        newest = max(rows, key=lambda row: row.pk)
        lines = [wording.short(row.template, json.loads(row.params), newest.language) for row in rows[:DIGEST_LINES]]
        params = {"count": len(rows), "lines": "\n".join(lines), "link": f"{env.get('LINLI_URL')}/messages/"}
        digest = OutgoingMessage.objects.create(
            channel=channel,
            person=person,
            recipient=newest.recipient,
            recipient_hash=newest.recipient_hash,
            event=uuid7(),
            template="digest",
            language=newest.language,
            params=json.dumps(params, ensure_ascii=False),
            urgent=True,
            next_at=clock.now(),
        )
        OutgoingMessage.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=OutgoingState.BUNDLED, digest=digest, next_at=None, held=""
        )
        _soon(digest.id)
    return True


def send_again(*, message_id: UUID, by: Actor) -> OutgoingMessage:
    """Send a message that failed once more, under its id: a provider that has it after all sends nothing twice.

    Raises NotFound, NotAllowed for whoever may not see what was sent about its case, NotFailed.
    """
    with acting_as(SYSTEM), transaction.atomic():
        row = OutgoingMessage.objects.select_for_update().filter(pk=message_id).first()
        if row is None or row.case is None:
            raise NotFound
        with acting_as(by):
            queries.require_sent(by, cases.case(by, row.case))
        if row.state not in {OutgoingState.FAILED, OutgoingState.EXPIRED}:
            raise NotFailed
        # One attempt stands for those before: the provider may have it after all.
        row.state, row.attempts, row.error, row.next_at = OutgoingState.WAITING, 1, "", clock.now()
        row.save(update_fields=["state", "attempts", "error", "next_at"])
        _soon(row.id)
    return row


def read_messages(*, by: Actor, ids: Sequence[UUID] = (), until: UUID | None = None) -> int:
    """Mark one's own messages as read: these, or all, or all up to one. Returns how many were unread."""
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise SignInNeeded
    unread = Message.objects.filter(person=by.id, read_at=None)
    if ids:
        unread = unread.filter(pk__in=ids)
    if until is not None:
        unread = unread.filter(pk__lte=until)
    count = unread.update(read_at=clock.now())
    if count:
        outbox.publish(events.READ, {}, [f"person:{by.id}"])
    return count


def read_by_doing(unread: QuerySet[Message]) -> None:
    """Mark as read what needs no opening any more, since what it asked for was done. For the system."""
    with transaction.atomic():
        rows = list(unread.filter(read_at=None).select_for_update().only("person_id").order_by("pk"))
        if rows:
            Message.objects.filter(pk__in=[row.pk for row in rows]).update(read_at=clock.now())
            outbox.publish(events.READ, {}, sorted({f"person:{row.person_id}" for row in rows}))
