"""Who pages of the console are for."""

from django.http import HttpRequest

from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.errors import NotAllowed, SignInNeeded


def staff_of(request: HttpRequest) -> Actor:
    """The member of staff who asks. Raises SignInNeeded, NotAllowed."""
    actor = actor_of(request)
    if not actor.is_staff:
        raise SignInNeeded if actor.id is None else NotAllowed
    return actor


def watcher_of(request: HttpRequest) -> Actor:
    """Who asks, and may see the cases of some unit. Raises SignInNeeded, NotAllowed."""
    actor = actor_of(request)
    if not actor.units(Permission.SEE_CASES):
        raise SignInNeeded if actor.id is None else NotAllowed
    return actor
