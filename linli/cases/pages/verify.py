"""The verifier's page: before and after beside each other, what the handler said, and two buttons."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from linli.cases import queries
from linli.cases.models import Case
from linli.cases.pages import changes, lists
from linli.cases.pages.field import carry_out
from linli.cases.pages.verify_drawing import Check, cards
from linli.cases.pages.who import actor_with
from linli.foundation.access import Actor, Role
from linli.foundation.errors import DomainError, NotFound

MOST = 20


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    return _page(request, actor_with(request, Role.VERIFIER))


@require_POST
def change(request: HttpRequest, reference: str, name: str) -> HttpResponse:
    actor = actor_with(request, Role.VERIFIER)
    if name not in {"verify", "rework"}:
        raise NotFound
    return carry_out(request, actor, reference, name, after=lambda *_done: "/verify/", page=_page)


def _page(
    request: HttpRequest, actor: Actor, case: Case | None = None, *, bound: changes.ChangeForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    """The list; a form that was refused stands in it again, open, with what was typed."""
    cases = queries.to_verify(actor, size=MOST + 1)
    more = len(cases) > MOST
    cases = cases[:MOST]
    if case is not None and bound is not None and case.id not in {one.id for one in cases}:
        # It has left the list meanwhile: what was typed is shown all the same.
        cases = [case, *cases]
    photos, told = queries.photos_of(cases), queries.said_when("report_back", cases)
    refused = case.id if case is not None and refusal is not None else None
    form = bound if bound is not None and bound.change.name == "rework" else None
    checks = [
        Check(
            one,
            photos.get(one.id, []),
            told.get(one.id),
            ours=bool(set(actor.bodies()) & set(one.bodies)) or one.handler_id == actor.id,
            form=form if one.id == refused else None,
            refusal=refusal if one.id == refused else None,
        )
        for one in cases
    ]
    context = {
        "checks": cards(checks, request),
        "more": more,
        "live_topics": lists.topics_of(actor),
    }
    return render(request, "cases/verify.html", context, status=refusal.status if refusal else 200)
