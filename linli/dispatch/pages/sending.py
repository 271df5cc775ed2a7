"""Sending people: what follows first, then, once it was seen, the sending itself; and the choice of somebody else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from linli.dispatch import actions, errors, queries, rules, words
from linli.dispatch.models import Proposal
from linli.dispatch.pages import shown
from linli.dispatch.pages.common import address, id_in, key_of, planner
from linli.dispatch.queries import Situation
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out, was_used
from linli.territory import queries as territory


@require_safe
def choose(request: HttpRequest, proposal_id: UUID, case_id: UUID) -> HttpResponse:
    """Everybody for one case: who can go, who could be sent against the advice, and why nobody else can."""
    actor = planner(request)
    return _choose(request, queries.proposal(actor, proposal_id), case_id)


def _choose(
    request: HttpRequest, proposal: Proposal, case_id: UUID, refusal: DomainError | None = None
) -> HttpResponse:
    here = queries.situation(planner(request), proposal.unit_id, only=[case_id])
    work = here.of(case_id)
    if work is None:
        messages.warning(request, _("This case waits for nobody any more: it was sent, or has ended."))
        return HttpResponseRedirect(address("/dispatch/", proposal.unit_id))
    proposed = next((line["worker"] for line in proposal.lines if line["task"] == str(case_id)), "")
    can, against, never = shown.candidates(here, work, request.POST.get("person") or proposed)
    context = {
        "proposal": proposal,
        "matter": shown.Matter.of(work.case),
        "proposed": shown.name_of(here, proposed) if proposed else "",
        "can": can,
        "against": against,
        "never": never,
        "why": request.POST.get("why", ""),
        "refusal": refusal,
        "back": address("/dispatch/", proposal.unit_id),
    }
    return render(request, "dispatch/choose.html", context, status=refusal.status if refusal else 200)


@require_POST
def send(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """What follows if these people are sent; with `sure`, send them."""
    actor = planner(request)
    proposal = queries.proposal(actor, proposal_id)
    rules.require(actor, rules.DISPATCHERS, territory.unit(proposal.unit_id).path)
    back = address("/dispatch/", proposal.unit_id)
    choices, why = _choices(request, proposal), request.POST.get("why", "")
    if not choices:
        messages.warning(request, str(errors.NothingChosen()))
        return HttpResponseRedirect(back)
    changed = {case for case, person in choices.items() if _proposed(proposal).get(case) != person}
    if changed and not why.strip():
        return _choose(request, proposal, next(iter(changed)), errors.WhyNeeded(field="why"))
    if not request.POST.get("sure"):
        return _preview(request, proposal, choices, why, back)

    def work() -> list[Any]:
        sent = actions.accept(proposal=proposal_id, choices=choices, by=actor, why=why)
        return [len(sent.done), by_reason(sent.refused)]

    repeated = was_used(actor, request.POST.get("once"))
    try:
        done, refused = carry_out(key_of(request), work)
    except DomainError as refusal:
        return _preview(request, proposal, choices, why, back, refusal)
    tell(request, done, refused, repeated=repeated)
    return HttpResponseRedirect(back)


def _proposed(proposal: Proposal) -> dict[UUID, UUID]:
    return {UUID(line["task"]): UUID(line["worker"]) for line in proposal.lines}


def _choices(request: HttpRequest, proposal: Proposal) -> dict[UUID, UUID]:
    """The ticked cases with the persons proposed; one case alone may name another `person`. In the order of the proposal."""
    ticked = shown.ids_of(request.POST.getlist("cases"))
    named = id_in(request.POST.get("person", ""))
    if named is not None and len(ticked) == 1:
        return {ticked[0]: named}
    return {case: person for case, person in _proposed(proposal).items() if case in ticked}


def by_reason(refused: Mapping[UUID, DomainError]) -> list[list[Any]]:
    found: dict[str, int] = {}
    for error in refused.values():
        found[str(error)] = found.get(str(error), 0) + 1
    return [[reason, count] for reason, count in found.items()]


def tell(request: HttpRequest, done: int, refused: list[list[Any]], *, repeated: bool) -> None:
    if repeated:
        messages.success(request, _("That was done already."))
        return
    if done:
        text = ngettext(
            "%(count)s case has somebody now. They find it in their inbox with the reason.",
            "%(count)s cases have somebody now. They find them in their inboxes with the reason.",
            done,
        )
        messages.success(request, text % {"count": done})
    for reason, count in refused:
        text = ngettext(
            "%(count)s case was left as it is: %(reason)s",
            "%(count)s cases were left as they are: %(reason)s",
            count,
        )
        messages.warning(request, text % {"count": count, "reason": reason})


def _preview(
    request: HttpRequest, proposal: Proposal, choices: dict[UUID, UUID], why: str, back: str,
    refusal: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    actor = planner(request)
    here = queries.situation(actor, proposal.unit_id, only=choices)
    left = queries.count_waiting(actor, proposal.unit_id) - len(here.work)
    waiting = {case: person for case, person in choices.items() if here.of(case)}
    outlook = queries.outlook_of(here, waiting)
    context = {
        "proposal": proposal,
        "choices": waiting,
        "person": request.POST.get("person", "") if len(choices) == 1 else "",
        "why": why,
        "gone": len(choices) - len(waiting),
        "stats": [
            {"label": _("Cases"), "value": len(waiting), "note": _left(left)},
            {"label": _("Time on the way"), "value": outlook.travel_minutes, "unit": _("min")},
            {
                "label": _("After their limit"),
                "value": len(outlook.late),
                "tone": "bad" if outlook.late else "good",
                "note": _titles(here, outlook.late),
            },
            {
                "label": _("After the shift ends"),
                "value": len(outlook.after_shift),
                "tone": "bad" if outlook.after_shift else "good",
                "note": _titles(here, outlook.after_shift),
            },
        ],
        "unknown": _titles(here, outlook.unknown),
        "rows": _by_person(here, waiting),
        "refusal": refusal,
        "back": back,
    }
    return render(request, "dispatch/send.html", context, status=refusal.status if refusal else 200)


def _left(left: int) -> str:
    return ngettext("%(count)s goes on waiting", "%(count)s go on waiting", left) % {"count": left} if left else ""


def _titles(here: Situation, tasks: tuple[str, ...]) -> str:
    found = [here.of(UUID(task)) for task in tasks]
    return _(", ").join(work.case.text.title for work in found if work)


def _by_person(here: Situation, waiting: dict[UUID, UUID]) -> list[dict[str, Any]]:
    """Each person with what they hold and what they get, in the order in which they do it."""
    gets: dict[UUID, list[str]] = {}
    for case, person in waiting.items():
        work = here.of(case)
        assert work is not None
        gets.setdefault(person, []).append(work.case.text.title)
    return [
        {"name": shown.name_of(here, str(person)), "holds": _holds(here, person), "gets": titles}
        for person, titles in gets.items()
    ]


def _holds(here: Situation, person: UUID) -> str:
    known = here.person(str(person))
    return words.open_tasks(known.worker.in_hand) if known else ""
