"""The lists of those who do the work: the field inbox, the verifier's list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from linli.cases import queries
from linli.cases.models import State
from linli.cases.pages.lists import rows, topics_of
from linli.foundation.access import Actor, ActorKind, Role
from linli.foundation.errors import NotAllowed, SignInNeeded


def _actor(request: HttpRequest, *roles: Role) -> Actor:
    """The actor, who must be signed in, and hold one of the roles where some are named."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    if roles and not actor.roles() & set(roles):
        raise NotAllowed
    return actor


@require_safe
def field(request: HttpRequest) -> HttpResponse:
    actor = _actor(request, Role.HANDLER, Role.GRID_WORKER)
    cases = queries.inbox(actor)
    context = {
        "waiting": rows(case for case in cases if case.state == State.DISPATCHED),
        "working": rows(case for case in cases if case.state == State.ACCEPTED),
        "own": rows(queries.own(actor, size=10).cases),
        "handles": Role.HANDLER in actor.roles(),
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/field.html", context)


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    actor = _actor(request, Role.VERIFIER)
    context = {"rows": rows(queries.waiting(actor, State.HANDLED)), "live_topics": topics_of(actor)}
    return render(request, "cases/verify.html", context)
