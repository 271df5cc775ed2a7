"""What the endpoints of this room share: who acts, which case, and the key of a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Path

from linli.cases import queries
from linli.cases.models import Case
from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, acting_as, actor_of
from linli.foundation.clients import client_address
from linli.foundation.errors import NotAllowed, SignInNeeded
from linli.foundation.idempotency import Once, once

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Carries the request out once only.")
]
Secret = Annotated[
    str, Header(alias="X-Case-Secret", max_length=100, description="Opens the case for its reporter, without sign-in.")
]
CaseRef = Annotated[str, Path(max_length=40, description="The number with its check digit (100001-8), or the id.")]


def case_reader(request: HttpRequest) -> Actor:
    """Who asks, if they may see cases of others. Raises SignInNeeded, NotAllowed."""
    by = actor_of(request)
    if by.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    if not by.may(Permission.SEE_CASES):
        raise NotAllowed
    return by


def once_for(request: HttpRequest, by: Actor, key: str | None, content: Any) -> Once | None:
    """The key with all that was asked. Those whom nobody knows are told apart by their address."""
    sender = f"anonymous:{client_address(request)}" if by.kind is ActorKind.ANONYMOUS else ""
    return once(by, key, {"path": request.path, "body": content}, sender=sender)


def id_of(reference: str) -> UUID | None:
    """The id, where the reference is one and not a number."""
    try:
        return UUID(reference)
    except ValueError:
        return None


@contextmanager
def found(by: Actor, reference: str, secret: str) -> Iterator[Case]:
    """The case, in whose scope the block reads: that of the actor, or, with the secret, the whole case.

    Raises NotFound, WrongNumber.
    """
    if secret:
        with acting_as(SYSTEM):
            yield queries.case_by_secret(reference, secret)
        return
    case_id = id_of(reference)
    yield queries.case(by, case_id) if case_id else queries.case_by_reference(by, reference)
