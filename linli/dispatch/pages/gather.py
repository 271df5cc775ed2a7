"""Gathering people at an emergency: the nearest, one press, and what they answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from linli.cases import queries as cases
from linli.dispatch import actions, queries, words
from linli.dispatch.pages import shown
from linli.dispatch.pages.common import actor_and_unit, address, key_of, may_send
from linli.dispatch.queries import Gathering
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out
from linli.territory.index import UnitInfo

USUAL = 5
COUNTS = (3, 5, 10, 20)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Lead from the number of a case to its page here."""
    actor, unit = actor_and_unit(request)
    try:
        case = cases.case_by_reference(actor, request.GET.get("case", "").strip())
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseRedirect(address("/dispatch/", unit.id))
    return HttpResponseRedirect(address(f"/dispatch/gather/{case.reference}/", unit.id))


@require_http_methods(["GET", "HEAD", "POST"])
def gather(request: HttpRequest, reference: str) -> HttpResponse:
    """The nearest people and why the others are not asked; by POST they are called."""
    actor, unit = actor_and_unit(request)
    case = cases.case_by_reference(actor, reference)
    count = _count(request.GET.get("count") or request.POST.get("count", ""))
    if request.method == "POST":
        return _call(request, actor, unit, case, count)
    try:
        return _page(request, actor, unit, case, count)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseRedirect(address("/dispatch/", unit.id))


def _count(text: str) -> int:
    return int(text) if text in map(str, COUNTS) else USUAL


def _called(case: Any) -> set[UUID]:
    return {call.person_id for call in queries.calls_to([case.id])}


def _page(request: HttpRequest, actor: Actor, unit: UnitInfo, case: Any, count: int) -> HttpResponse:
    calls = queries.calls_to([case.id])
    near = queries.gathered(actor, unit.id, case.id, count, besides={call.person_id for call in calls})
    here = f"/dispatch/gather/{case.reference}/"
    context = {
        "unit": unit,
        "matter": shown.Matter.of(case),
        "counts": [
            {"label": str(number), "href": address(here, unit.id, count=number), "current": number == count}
            for number in COUNTS
        ],
        "count": count,
        "come": _nearest(near),
        "stay": shown.reasons_of(near.names, [words.why_as_json(why) for why in near.found.stay]),
        "calls": shown.called(calls, near.names),
        "coming": sum(call.answer == "coming" for call in calls),
        "here": address(here, unit.id, count=count),
        "back": address("/dispatch/", unit.id),
        "sends": may_send(actor, unit),
        "live_topics": [f"case:{case.id}", f"unit:{unit.id}"],
    }
    return render(request, "dispatch/gather.html", context)


def _nearest(near: Gathering) -> list[dict[str, Any]]:
    lines, names = [words.line_as_json(line) for line in near.found.come], near.names
    return [
        {"id": line["worker"], "name": names[line["worker"]], "because": words.because(line, chosen=False)}
        for line in lines
    ]


def _call(request: HttpRequest, actor: Actor, unit: UnitInfo, case: Any, count: int) -> HttpResponse:
    """Those who were ticked; with none named, the nearest so many who were not called yet."""
    named = shown.ids_of(request.POST.getlist("people"))

    def work() -> int:
        near = queries.gathered(actor, unit.id, case.id, count, besides=_called(case))
        people = named or [UUID(line.worker) for line in near.found.come]
        return len(actions.call_people(case=case.id, unit=unit.id, people=people, by=actor))

    try:
        called = carry_out(key_of(request), work)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseRedirect(address("/dispatch/", unit.id))
    text = ngettext("%(count)s person is called.", "%(count)s people are called.", called) % {"count": called}
    said = _("Their answers appear here by themselves.")
    messages.success(request, f"{text} {said}")
    return HttpResponseRedirect(address(f"/dispatch/gather/{case.reference}/", unit.id, count=count))
