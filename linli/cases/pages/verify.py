"""The verifier's page: before and after beside each other, what the handler said, and two buttons."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from linli.cases import queries
from linli.cases.models import Attachment, Case, State
from linli.cases.pages import changes, lists, tasks
from linli.cases.pages.field import QUICK, carry_out
from linli.cases.pages.who import actor_with
from linli.foundation.access import Actor, Role
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.markup import written

MOST = 20
FOUND = (Attachment.Step.REPORT, Attachment.Step.BEFORE)
REASON = '<label class="choice"><input type="checkbox" name="quick" value="{reason}"><span>{reason}</span></label>'


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
    cases = queries.waiting(actor, State.HANDLED, size=MOST + 1)
    more = len(cases) > MOST
    cases = cases[:MOST]
    if case is not None and bound is not None and case.id not in {one.id for one in cases}:
        # It has left the list meanwhile: what was typed is shown all the same.
        cases = [case, *cases]
    photos, told = queries.photos_of(cases), queries.said_when("report_back", cases)
    items = []
    for row in lists.rows(cases):
        refused = refusal if case is not None and row.case.id == case.id else None
        kept = bound if refused and bound is not None and bound.change.name == "rework" else None
        said = told.get(row.case.id)
        items.append(
            {
                "row": row,
                "place": tasks.place_of(row.case),
                "done": said.note if said else "",
                "done_at": said.at if said else None,
                **_sides(row.case, photos.get(row.case.id, [])),
                # What was typed to send it back, where that was refused.
                "form": kept,
                "refusal": refused,
                "ours": bool(set(actor.bodies()) & set(row.case.bodies)) or row.case.handler_id == actor.id,
            }
        )
    context = {
        "items": items,
        "more": more,
        # The same in each of twenty forms: drawn once.
        "quick": written(REASON, {}, ({"reason": reason} for reason in QUICK["rework"])),
        "live_topics": lists.topics_of(actor),
    }
    return render(request, "cases/verify.html", context, status=refusal.status if refusal else 200)


def _sides(case: Case, photos: list[Attachment]) -> dict[str, list[dict[str, Any]]]:
    """How it was found, and how it was left, of the work that is to be judged: earlier rounds are on the case's page."""
    here = f"/case/{case.reference}/"
    now = [photo for photo in photos if photo.cycle == case.cycle or photo.step == Attachment.Step.REPORT]
    return {
        "before": [_picture(here, photo) for photo in now if photo.step in FOUND],
        "after": [_picture(here, photo) for photo in now if photo.step == Attachment.Step.AFTER],
    }


def _picture(here: str, photo: Attachment) -> dict[str, Any]:
    return {"url": f"{here}files/{photo.id}/"}
