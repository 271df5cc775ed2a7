"""Who may open a page."""

from django.http import HttpRequest

from linli.foundation.access import Actor, ActorKind, Role, actor_of
from linli.foundation.errors import NotAllowed, SignInNeeded


def actor_with(request: HttpRequest, *roles: Role) -> Actor:
    """The actor, who must be signed in, and hold one of the roles where some are named."""
    actor = actor_of(request)
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    if roles and not actor.roles() & set(roles):
        raise NotAllowed
    return actor
