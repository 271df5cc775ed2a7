"""Reads of messages: a person's own, what was sent about a case, and the administrators' view of all."""

from typing import Any
from uuid import UUID

from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, acting_as
from linli.foundation.errors import NotAllowed, NotFound, SignInNeeded
from linli.foundation.statement import Statement
from linli.gateway.models import Message, OutgoingMessage
from linli.territory import queries as territory

PAGE = 50
# More unread messages than this are told as “99+”.
MOST_COUNTED = 100


def messages(actor: Actor, *, before: UUID | None = None, size: int = PAGE) -> list[Message]:
    """The actor's own messages, newest first. Raises `SignInNeeded`."""
    found = Message.objects.filter(person=_person(actor), replaced=False)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:size])


def message(actor: Actor, message_id: UUID) -> Message:
    """One of the actor's own messages. Raises `SignInNeeded`, `NotFound`."""
    found = Message.objects.filter(person=_person(actor), pk=message_id).first()
    if found is None:
        raise NotFound
    return found


def told_of(actor: Actor, event_id: UUID) -> Message | None:
    """What the actor was told of an event, if they were."""
    if actor.kind is not ActorKind.PERSON:
        return None
    return Message.objects.filter(person=actor.id, event=event_id).first()


def unread(actor: Actor) -> int:
    """How many of the actor's messages are unread, counted to a hundred; none for whoever is not signed in."""
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        return 0
    return Message.objects.filter(person=actor.id, read_at=None, replaced=False)[:MOST_COUNTED].count()


def unread_messages(actor: Actor, size: int) -> list[Message]:
    """The actor's newest unread messages."""
    return list(Message.objects.filter(person=_person(actor), read_at=None, replaced=False).order_by("-pk")[:size])


def _person(actor: Actor) -> UUID:
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise SignInNeeded
    return actor.id


def outgoing(actor: Actor, *, state: str = "", before: UUID | None = None) -> list[OutgoingMessage]:
    """What was recorded for phones and WeChat, newest first: for administrators of the whole city.

    Whom it went to is shown masked, and what it said not at all (`api.py`).
    """
    actor.require(Permission.MANAGE_GATEWAY, territory.root().path)
    with acting_as(SYSTEM):
        found = OutgoingMessage.objects.order_by("-pk")
        if state:
            found = found.filter(state=state)
        if before is not None:
            found = found.filter(pk__lt=before)
        return list(found[:PAGE])


def may_see_sent(actor: Actor, case: Any) -> bool:
    """Who talks with the reporter sees what was sent about the case: whoever may see its contact by a post in its units."""
    return actor.kind is not ActorKind.SYSTEM and actor.may(Permission.SEE_CONTACTS, tuple(case.units))


def require_sent(actor: Actor, case: Any) -> None:
    if not may_see_sent(actor, case):
        raise NotAllowed


def sent_about(actor: Actor, case: Any) -> tuple[list[Message], list[OutgoingMessage]]:
    """What people were told about a case that the actor sees: in the app, and by phone; each newest first. Raises `NotAllowed`."""
    require_sent(actor, case)
    with acting_as(SYSTEM):
        return _TOLD.all(case.id, MOST_COUNTED), _SENT.all(case.id, PAGE)


_ABOUT_CASE = 'WHERE "case" = $1::uuid {also} ORDER BY id DESC LIMIT $2::int'
_TOLD = Statement(f"SELECT {{}} FROM gateway_message {_ABOUT_CASE.format(also='AND NOT replaced')}", Message)
_SENT = Statement(f"SELECT {{}} FROM gateway_outgoingmessage {_ABOUT_CASE.format(also='')}", OutgoingMessage)
