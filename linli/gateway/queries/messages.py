"""Reads of messages: a person's own, and the administrators' view of what was sent."""

from uuid import UUID

from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, acting_as
from linli.foundation.errors import SignInNeeded
from linli.gateway.models import Message, OutgoingMessage
from linli.territory import queries as territory

PAGE = 50


def messages(actor: Actor, *, before: UUID | None = None, size: int = PAGE) -> list[Message]:
    """The actor's own messages, newest first. Raises `SignInNeeded`."""
    found = Message.objects.filter(person=_person(actor))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:size])


def unread(actor: Actor) -> int:
    """How many of the actor's messages are unread; none for whoever is not signed in."""
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        return 0
    return Message.objects.filter(person=actor.id, read_at=None).count()


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
