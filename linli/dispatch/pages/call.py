"""A call as whoever is called sees it: what, where, why them; and whether they come."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.cases.pages.field import WORKERS, ways
from linli.cases.pages.field_forms import answered, wants_json
from linli.cases.pages.who import actor_with
from linli.dispatch import actions, queries, rules
from linli.dispatch.models import Call
from linli.dispatch.pages.common import key_of
from linli.dispatch.pages.shown import ANSWERS
from linli.foundation import clock
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out

ANSWERED = {"coming": True, "cannot": False}


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The call; by POST the answer to it."""
    actor = actor_with(request, *WORKERS)
    found, refusal = queries.call(actor, call_id), None
    if request.method == "POST" and (answer := request.POST.get("answer", "")) in ANSWERED:

        def work() -> str:
            return str(actions.answer_call(call=call_id, coming=ANSWERED[answer], by=actor).answer)

        try:
            carry_out(key_of(request), work)
            return answered(request, _("Your answer is with whoever leads the emergency."), request.path)
        except DomainError as error:
            if wants_json(request):
                raise
            refusal = error
            found = queries.call(actor, call_id)
    return _page(request, found, refusal)


def _page(request: HttpRequest, found: Call, refusal: DomainError | None) -> HttpResponse:
    context = {
        "call": found,
        "answer": Call.Answer(found.answer).label,
        "tone": ANSWERS[Call.Answer(found.answer)],
        "waits": not found.answer and clock.now() - found.at <= rules.CALL_LASTS,
        "ways": ways(found.lon, found.lat, found.place),
        "refusal": refusal,
        "live_topics": [f"person:{found.person_id}"],
    }
    return render(request, "dispatch/call.html", context, status=refusal.status if refusal else 200)
