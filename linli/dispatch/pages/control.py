"""Dispatch control: what waits and who is on duty, on one map; the newest proposal, line by line; what if things were otherwise."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from linli.cases import queries as cases
from linli.cases import rules as case_rules
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import unit_options
from linli.cases.queries import Filters
from linli.dispatch import actions, network, queries, rules, solver
from linli.dispatch.models import Decision, Proposal
from linli.dispatch.pages import drawing, shown
from linli.dispatch.pages.common import actor_and_unit, address, key_of, may_send
from linli.dispatch.queries import Reading, Situation
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out
from linli.territory import maps
from linli.territory.index import UnitInfo

MOST_EMERGENCIES = 10
MOST_SENT = 20
MOST_EXTRA = 20


@require_safe
def control(request: HttpRequest) -> HttpResponse:
    actor, unit = actor_and_unit(request)
    proposal = queries.latest(actor, unit.id)
    page = shown.page_in(request.GET.get("page", ""))
    reading = queries.reading(actor, unit.id, proposal, page)
    here, workers = reading.here, shown.workers(reading.here)
    drawn = maps.map_of(unit.id)
    shown_now = {str(work.case.id) for work in reading.lines}
    lines = [line for line in proposal.lines if line["task"] in shown_now] if proposal else []
    context = {
        **_head(actor, unit),
        "here": address("/dispatch/", unit.id, **({"page": page} if page > 1 else {})),
        "stats": _stats(reading, workers),
        "map": drawn,
        "areas": drawing.areas(drawn) if drawn else "",
        "names": drawing.names(drawn) if drawn else "",
        "marks": drawing.marks(drawn, unit, here, workers) if drawn else "",
        "ways": drawing.ways(drawn, here, lines) if drawn else "",
        "ways_href": drawing.ways_href(proposal, lines) if proposal else "",
        "workers": workers,
        "waiting": reading.waiting,
        "reading": reading,
        "here_count": len(here.work),
        "most": rules.MOST_TASKS,
        "sheet": shown.sheet(reading, proposal) if proposal else None,
        "next_href": address("/dispatch/", unit.id, page=page + 1) if proposal and reading.has_more else "",
        "first_href": address("/dispatch/", unit.id) if page > 1 else "",
        "is_old": proposal is not None and clock.now() - proposal.asked_at > rules.FRESH,
        "sent": _sent(actor, here, proposal) if proposal else [],
        "emergencies": _emergencies(actor, unit),
        "sends": may_send(actor, unit),
        "by_streets": network.is_loaded(),
        "live_topics": topics_of(actor),
    }
    return render(request, "dispatch/control.html", context)


def _head(actor: Actor, unit: UnitInfo) -> dict[str, Any]:
    return {
        "unit": unit,
        "unit_name": shown.unit_name(unit),
        "unit_options": unit_options(actor, str(unit.id)),
        "here": address("/dispatch/", unit.id),
        "people_href": address("/dispatch/people/", unit.id),
        "rounds_href": address("/dispatch/rounds/", unit.id),
        "what_if_href": address("/dispatch/what-if/", unit.id),
    }


def _stats(reading: Reading, workers: list[shown.Worker]) -> list[dict[str, Any]]:
    free = sum(not one.is_full for one in workers)
    guessed = sum(one.person.place_is_guess for one in workers)
    return [
        {"label": _("Waiting for somebody"), "value": reading.waiting},
        {"label": _("Overdue"), "value": reading.late, "tone": "bad" if reading.late else ""},
        {
            "label": _("On duty"),
            "value": len(workers),
            "note": _("of %(count)s who handle here") % {"count": len(reading.here.people)},
            "tone": "" if workers else "bad",
        },
        {
            "label": _("With free hands"),
            "value": free,
            "note": _("%(count)s without a known place") % {"count": guessed} if guessed else "",
        },
    ]


def _sent(actor: Actor, here: Situation, proposal: Proposal) -> list[shown.Sent]:
    """Whom this proposal has sent, the newest first."""
    sent = {case: row for case, row in queries.decided(proposal).items() if row.kind != Decision.Kind.TAKEN_BACK}
    newest = sorted(sent, key=lambda case: sent[case].at, reverse=True)[:MOST_SENT]
    found = {case.id: case for case in cases.cases_of(actor, newest)}
    return [
        shown.Sent(
            shown.Matter.of(found[case]),
            shown.name_of(here, str(sent[case].team_id or sent[case].person_id)),
            sent[case],
            clock.now() - sent[case].at < case_rules.RECALL_WITHIN
            and found[case].state == "dispatched"
            and found[case].handler_id == sent[case].person_id,
        )
        for case in newest
        if case in found
    ]


def _emergencies(actor: Actor, unit: UnitInfo) -> list[dict[str, Any]]:
    """Open emergencies, and who was called to each."""
    page = cases.desk_page(actor, Filters(unit_id=unit.id, priority="emergency", open_only=True), size=MOST_EMERGENCIES)
    calls = queries.recent_calls(actor, unit.id)
    known = {case.id: case for case in page.cases}
    others = [call.case_id for call in calls if call.case_id not in known]
    known |= {case.id: case for case in cases.cases_of(actor, others)} if others else {}
    return [
        {
            "matter": shown.Matter.of(case),
            "href": address(f"/dispatch/gather/{case.reference}/", unit.id),
            "called": len(mine := [call for call in calls if call.case_id == case.id]),
            "coming": sum(call.answer == "coming" for call in mine),
        }
        for case in known.values()
    ]


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """A proposal for the unit. Nobody is sent by it."""
    actor, unit = actor_and_unit(request)
    carry_out(key_of(request), lambda: str(actions.propose(unit=unit.id, by=actor).id))
    return HttpResponseRedirect(address("/dispatch/", unit.id))


# --- what if ---------------------------------------------------------------------------------------------------------


@require_safe
def what_if(request: HttpRequest) -> HttpResponse:
    """The proposal as things are, beside the one with some people gone, or more of them. Nothing is kept, nobody is sent.

    Where script runs, what is being worked out is said at once, and what was found is fetched by that (`later`).
    """
    actor, unit = actor_and_unit(request)
    without = set(request.GET.getlist("without"))
    more = _number(request.GET.get("more", ""))
    waiting = queries.count_waiting(actor, unit.id)
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    later = bool(htmx) and htmx.target != "working"
    compares = bool(waiting and (without or more))
    # All that waits is read only where it is worked out: else who is there is all that is shown.
    here = queries.situation(actor, unit.id, only=None if compares and not later else (), brief=True)
    context: dict[str, Any] = {"unit": unit, "address": request.get_full_path(), "later": later and compares}
    if context["later"]:
        context["said"] = _worked_out(len(here.people), min(waiting, rules.MOST_TASKS))
    elif compares:
        context |= _difference(actor, here, without, more)
    elif not waiting:
        context["said"] = _("No case waits for somebody: nothing can be compared.")
    elif "more" in request.GET:
        context["said"] = _("Tick who is not there, or say how many more people there are; then compare.")
    if htmx and not htmx.history_restore_request:
        return render(request, "dispatch/what_if_part.html", context)
    context |= {
        **_head(actor, unit),
        "workers": [(worker, worker.person.worker.id in without) for worker in shown.workers(here)],
        "more": more,
        "most": MOST_EXTRA,
    }
    return render(request, "dispatch/what_if.html", context)


def _worked_out(people: int, waiting: int) -> str:
    return _("Two proposals are being worked out (people: %(people)s, cases: %(cases)s). This takes some seconds.") % {
        "people": people,
        "cases": waiting,
    }


def _number(text: str) -> int:
    return min(int(text), MOST_EXTRA) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _difference(actor: Actor, here: Situation, without: set[str], more: int) -> dict[str, Any]:
    extra = queries.extra_workers(here, more)
    tasks = [one.task for one in here.work]
    found = solver.what_if(
        here.workers, tasks, clock.now(), without=without, more_workers=extra, travel=network.travel()
    )
    names = {
        worker.id: _("Extra person %(number)s") % {"number": number} for number, worker in enumerate(extra, start=1)
    }
    names |= {one.worker.id: one.name for one in here.people}
    nobody = _("nobody")
    titles = {str(case.id): case.text.title for case in cases.cases_of(actor, [UUID(task) for task in found.moved])}
    moved = [
        [
            titles[task],
            names.get(before or "", nobody),
            {"text": names.get(after or "", nobody), "tone": "bad" if after is None else ""},
        ]
        for task, (before, after) in found.moved.items()
        if task in titles
    ]
    said = ngettext(
        "%(count)s case would go to somebody else, or to nobody.",
        "%(count)s cases would go to somebody else, or to nobody.",
        len(moved),
    )
    return {
        "said": said % {"count": len(moved)} if moved else _("The same people would go to the same cases."),
        "stats": [
            {
                "label": _("Cases with somebody"),
                "value": f"{len(found.before.lines)} → {len(found.after.lines)}",
                "tone": "bad" if found.undone > 0 else "good" if found.undone < 0 else "",
            },
            {"label": _("Nobody for"), "value": f"{len(found.before.undone)} → {len(found.after.undone)}"},
            {
                "label": _("Time on the way"),
                "value": f"{found.before.travel_minutes} → {found.after.travel_minutes}",
                "unit": _("min"),
            },
        ],
        "columns": [_("Case"), _("As it is"), _("Then")],
        "moved": moved,
    }


# --- taking back -----------------------------------------------------------------------------------------------------


@require_POST
def take_back(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Nobody has these cases in hand any more, as long as nobody has begun."""
    actor, unit = actor_and_unit(request)
    sent = shown.ids_of(request.POST.getlist("cases"))

    def work() -> list[Any]:
        outcome = actions.take_back(proposal=proposal_id, sent=sent, by=actor)
        return [len(outcome.done), sorted({str(error) for error in outcome.refused.values()})]

    try:
        done, refusals = carry_out(key_of(request), work)
    except DomainError as error:
        done, refusals = 0, [str(error)]
    if done:
        text = ngettext("%(count)s case was taken back.", "%(count)s cases were taken back.", done)
        messages.success(request, text % {"count": done})
    for refusal in refusals:
        messages.warning(request, refusal)
    is_round = queries.is_rounds(queries.proposal(actor, proposal_id))
    return HttpResponseRedirect(address(f"/dispatch/rounds/{proposal_id}/" if is_round else "/dispatch/", unit.id))
