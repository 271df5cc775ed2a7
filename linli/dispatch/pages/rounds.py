"""Rounds of a shift: what is to be done and who goes, then the plan as a list and on the map, and the sending of whole rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.cases import rules as case_rules
from linli.cases.pages.lists import topics_of
from linli.cases.pages.narrowing import unit_options
from linli.dispatch import actions, network, queries, rules, words
from linli.dispatch.models import Decision, Proposal
from linli.dispatch.pages import drawing, shown
from linli.dispatch.pages.common import actor_and_unit, address, key_of, may_send, planner
from linli.dispatch.pages.sending import by_reason, tell
from linli.dispatch.queries import Situation
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.foundation.idempotency import carry_out, was_used
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

# So many rounds are read stop by stop at once; of every round the head is seen.
READ_AT_ONCE = 3


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """What is to be done, and who goes; by POST the planning begins."""
    actor, unit = actor_and_unit(request)
    if request.method == "POST":
        cases = shown.ids_of(request.POST.getlist("cases")) or None
        who = shown.ids_of(request.POST.getlist("who"))
        try:
            begun = carry_out(
                key_of(request), lambda: str(actions.begin_rounds(unit=unit.id, cases=cases, who=who, by=actor).id)
            )
            return HttpResponseRedirect(f"/work/{begun}/")
        except DomainError as refusal:
            return _plan_page(request, actor, unit, refusal)
    return _plan_page(request, actor, unit)


def _plan_page(request: HttpRequest, actor: Actor, unit: UnitInfo, refusal: DomainError | None = None) -> HttpResponse:
    here = queries.work_for_rounds(actor, unit.id, most=rules.PAGE)
    newest = queries.latest_rounds(actor, unit.id)
    context = {
        **head(actor, unit),
        "waiting": queries.count_for_rounds(actor, unit.id),
        "matters": [shown.Matter.of(work.case) for work in here.work],
        "people": shown.workers(here),
        "newest_href": f"/dispatch/rounds/{newest[0]}/" if newest else "",
        "newest_at": newest[1] if newest else None,
        "most": rules.MOST_TASKS,
        "sends": may_send(actor, unit),
        "refusal": refusal,
    }
    return render(request, "dispatch/rounds.html", context, status=refusal.status if refusal else 200)


def head(actor: Actor, unit: UnitInfo) -> dict[str, Any]:
    return {
        "unit": unit,
        "unit_name": shown.unit_name(unit),
        "unit_options": unit_options(actor, str(unit.id)),
        "people_href": address("/dispatch/people/", unit.id),
        "back": address("/dispatch/", unit.id),
    }


# --- the plan --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Round:
    """One person's or team's round: its lines in their order, those that wait yet, and what was sent of it."""

    who: str
    name: str
    lines: list[Mapping[str, Any]] = field(default_factory=list)
    waiting: list[UUID] = field(default_factory=list)
    sent: list[UUID] = field(default_factory=list)
    can_be_taken_back: bool = False

    def state_of(self, case: UUID) -> str:
        """Nothing of what waits yet."""
        if case in self.waiting:
            return ""
        return _("sent") if case in self.sent else _("waits no longer")

    @property
    def told(self) -> str:
        """“6 stops, 8.4 km, 9:05 to 12:40”."""
        first, last = (datetime.fromisoformat(self.lines[number]["arrives"]) for number in (0, -1))
        ends = last + timedelta(minutes=rules.TASK_MINUTES)
        return _("%(stops)s, %(distance)s, %(begins)s to %(ends)s") % {
            "stops": words.stops(len(self.lines)),
            "distance": words.distance(sum(line["metres"] for line in self.lines)),
            "begins": words.clock_time(first),
            "ends": words.clock_time(ends),
        }


@require_safe
def planned(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Every round with its stops, on the list and on the map, and what was left out and why."""
    actor = planner(request)
    proposal = queries.rounds(actor, proposal_id)
    unit = territory.unit(proposal.unit_id)
    page = shown.page_in(request.GET.get("page", ""))
    whose = _whose(proposal)
    read = list(whose)[(page - 1) * READ_AT_ONCE : page * READ_AT_ONCE]
    lines = [line for who in read for line in whose[who]]
    left_out = proposal.undone[: rules.PAGE]
    here = queries.rounds_now(actor, proposal, {UUID(one["task"]) for one in [*lines, *left_out]})
    rounds = _rounds(actor, here, proposal, whose)
    drawn = maps.map_of(unit.id)
    path = f"/dispatch/rounds/{proposal.id}/"
    at = address(path, unit.id, **({"page": page} if page > 1 else {}))
    context = {
        **head(actor, unit),
        "proposal": proposal,
        "here": at,
        "rounds": rounds,
        "stats": _stats(proposal, rounds),
        "read": _stops(here, [one for one in rounds if one.who in read]),
        "left_out": _left_out(here, left_out),
        "left_out_more": len(proposal.undone) - len(left_out),
        "map": drawn,
        "areas": drawing.areas(drawn) if drawn else "",
        "names": drawing.names(drawn) if drawn else "",
        "marks": drawing.stops(drawn, unit, here, lines) if drawn else "",
        "ways": drawing.ways(drawn, here, lines) if drawn else "",
        "ways_href": drawing.ways_href(proposal, lines),
        "by_streets": network.is_loaded(),
        "next_href": address(path, unit.id, page=page + 1) if len(whose) > page * READ_AT_ONCE else "",
        "first_href": address(path, unit.id) if page > 1 else "",
        "sends": may_send(actor, unit),
        "anything": any(one.waiting for one in rounds),
        "is_old": clock.now() - proposal.asked_at > rules.FRESH,
        "again_href": address("/dispatch/rounds/", unit.id),
        "live_topics": topics_of(actor),
    }
    return render(request, "dispatch/round_plan.html", context)


def _whose(proposal: Proposal) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for line in proposal.lines:
        found.setdefault(line["worker"], []).append(line)
    return found


def _rounds(
    actor: Actor, here: Situation, proposal: Proposal, whose: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Round]:
    waits = queries.still_waiting(actor, proposal)
    sent = {case: row for case, row in queries.decided(proposal).items() if row.kind != Decision.Kind.TAKEN_BACK}
    now = clock.now()
    found = []
    for who, lines in whose.items():
        cases = [UUID(line["task"]) for line in lines]
        mine = [case for case in cases if case in sent and case not in waits]
        back = any(now - sent[case].at < case_rules.RECALL_WITHIN for case in mine)
        waiting = [case for case in cases if case in waits]
        found.append(Round(who, shown.name_of(here, who), list(lines), waiting, mine, back))
    return found


def _stats(proposal: Proposal, rounds: Sequence[Round]) -> list[dict[str, Any]]:
    left_out = len(proposal.undone)
    return [
        {"label": _("Rounds"), "value": len(rounds)},
        {"label": _("Stops"), "value": len(proposal.lines)},
        {"label": _("Time on the way"), "value": proposal.travel_minutes, "unit": _("min")},
        {"label": _("Left out"), "value": left_out, "tone": "warn" if left_out else "good"},
    ]


def _stops(here: Situation, rounds: Sequence[Round]) -> list[tuple[Round, list[dict[str, Any]]]]:
    """Each round with its stops, also those that were sent or that wait no longer."""
    known = {str(work.case.id): shown.Matter.of(work.case) for work in here.work}
    return [
        (
            one,
            [
                {
                    "number": number,
                    "matter": known.get(line["task"]),
                    "state": one.state_of(UUID(line["task"])),
                    "at": words.clock_time(line["arrives"]),
                    "way": words.distance(line["metres"]),
                }
                for number, line in enumerate(one.lines, start=1)
            ],
        )
        for one in rounds
    ]


def _left_out(here: Situation, undone: Sequence[Mapping[str, Any]]) -> list[tuple[shown.Matter, list[shown.Reason]]]:
    known = {str(work.case.id): shown.Matter.of(work.case) for work in here.work}
    return [(known[one["task"]], shown.reasons(here, one["why"])) for one in undone if one["task"] in known]


@require_POST
def send(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Whole rounds are sent: each stop that waits yet, in its order."""
    actor = planner(request)
    proposal = queries.rounds(actor, proposal_id)
    who = request.POST.getlist("who")
    here = address(f"/dispatch/rounds/{proposal.id}/", proposal.unit_id)
    choices = queries.choices_of(actor, proposal, who)

    def work() -> list[Any]:
        sent = actions.accept(proposal=proposal_id, choices=choices, by=actor)
        return [len(sent.done), by_reason(sent.refused)]

    def begin() -> str:
        return str(actions.begin_sending(proposal=proposal_id, who=who, by=actor).id)

    repeated = was_used(actor, request.POST.get("once"))
    try:
        if len(choices) > rules.SENT_AT_ONCE:
            return HttpResponseRedirect(f"/work/{carry_out(key_of(request), begin)}/")
        done, refused = carry_out(key_of(request), work)
        tell(request, done, refused, repeated=repeated)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    return HttpResponseRedirect(here)
