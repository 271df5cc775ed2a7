"""A resident's own cases."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from linli.cases import queries
from linli.cases.models import Case
from linli.cases.pages import words
from linli.cases.pages.lists import Row, rows, topics_of
from linli.foundation.access import Actor, ActorKind, Role
from linli.foundation.errors import NotAllowed, SignInNeeded


def actor_with(request: HttpRequest, *roles: Role) -> Actor:
    """The actor, who must be signed in, and hold one of the roles where some are named."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    if roles and not actor.roles() & set(roles):
        raise NotAllowed
    return actor


@require_safe
def my(request: HttpRequest) -> HttpResponse:
    actor = actor_with(request)
    page = queries.own(actor, before=_key(request.GET.get("before")))
    context = {
        "items": [_item(row) for row in rows(page.cases)],
        "next_href": f"?before={page.before}" if page.before else "",
        "first_href": "/my/" if request.GET.get("before") else "",
        "live_topics": topics_of(actor),
    }
    return render(request, "cases/my.html", context)


def _item(row: Row) -> dict[str, Any]:
    return {
        "href": f"/case/{row.reference}/",
        "title": row.title,
        "note": _next_words(row.case),
        "meta": f"{row.reference} · {row.place}",
        "badge": row.state,
        "tone": row.tone,
    }


def _next_words(case: Case) -> str:
    return words.what_next(case).text


def _key(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
