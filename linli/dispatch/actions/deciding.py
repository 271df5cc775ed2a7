"""Somebody says yes to lines of a proposal, or sends somebody else, with a reason. Only that sends people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from linli.cases import actions as cases
from linli.cases import queries as case_queries
from linli.cases.rules import clean_text
from linli.dispatch import crews, errors, queries, rules, state, words
from linli.dispatch.models import Decision, Proposal, Team
from linli.dispatch.rounds import Told
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError
from linli.foundation.ids import uuid7
from linli.territory import queries as territory

WHY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of each case: who has it (a person or a team), or why it was refused."""

    done: dict[UUID, UUID]
    refused: dict[UUID, DomainError]


def accept(*, proposal: UUID, choices: Mapping[UUID, UUID], by: Actor, why: str = "", told: Told | None = None) -> Sent:
    """Send people: for each case the person or team chosen, the proposed one or another (then `why` says the reason).

    A team is sent by its leader, who has the case in hand and answers for it. A case that is refused (somebody was faster) does not
    stop the others. Raises NotFound, NotAllowed, NothingChosen, NotInProposal, WhyNeeded.
    """
    found = queries.proposal(by, proposal)
    rules.require(by, rules.DISPATCHERS, territory.unit(found.unit_id).path)
    if not choices:
        raise errors.NothingChosen(field="choices")
    why = clean_text(why, WHY_LENGTH)
    lines = {UUID(line["task"]): line for line in found.lines}
    known = lines.keys() | {UUID(one["task"]) for one in found.undone}
    if not choices.keys() <= known:
        raise errors.NotInProposal(field="choices")
    if not why and any(_is_change(lines.get(case), person) for case, person in choices.items()):
        raise errors.WhyNeeded(field="why")
    teams = crews.teams_of(set(choices.values()))
    done: dict[UUID, UUID] = {}
    refused: dict[UUID, DomainError] = {}
    with transaction.atomic():
        _lock(found)
        for place, (case, who) in enumerate(choices.items()):
            if told is not None:
                told(place, len(choices))
            try:
                with transaction.atomic():
                    _send(case, who, teams.get(who), lines.get(case), by, why)
                done[case] = who
            except DomainError as error:
                refused[case] = error
        rows = [_decision(found, case, who, lines.get(case), by, why) for case, who in done.items()]
        for row in rows:
            if team := teams.get(done[row.case_id]):
                row.team_id, row.person_id = team.id, team.leader_id
        if found.kind == Proposal.Kind.ROUNDS:
            _number(rows, lines)
        _decide(found, rows, by, "accept", why)
    return Sent(done, refused)


def take_back(*, proposal: UUID, sent: Sequence[UUID], by: Actor) -> Sent:
    """Within ten minutes, as long as nothing has followed: nobody has the case in hand any more. Its body keeps it."""
    found = queries.proposal(by, proposal)
    decided = queries.decided(found)
    with transaction.atomic():
        _lock(found)
        outcome = cases.recall(cases=[one for one in sent if one in decided], by=by, each=True)
        back = {case.id: decided[case.id] for case in outcome.done}
        rows = [_row(found, case, row.person_id, Decision.Kind.TAKEN_BACK, by, "") for case, row in back.items()]
        for row in rows:
            row.team_id = back[row.case_id].team_id
        _decide(found, rows, by, "take_back", "")
    return Sent({case: row.person_id for case, row in back.items() if row.person_id}, outcome.refused)


def _lock(found: Proposal) -> None:
    """Decisions of one proposal wait for each other. The row itself cannot be locked: nobody may change it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"linli.dispatch.{found.pk}"])


def _number(rows: Sequence[Decision], lines: Mapping[UUID, Mapping[str, Any]]) -> None:
    """The stops of each round in their order, with the moment at which they are expected there."""
    order = {case: place for place, case in enumerate(lines)}
    stops: Counter[UUID | None] = Counter()
    for row in sorted(rows, key=lambda row: order.get(row.case_id, len(order))):
        stops[row.team_id or row.person_id] += 1
        row.stop = stops[row.team_id or row.person_id]
        if line := lines.get(row.case_id):
            row.arrives_at = datetime.fromisoformat(line["arrives"])


def _is_change(line: Mapping[str, Any] | None, who: UUID) -> bool:
    return line is None or line["worker"] != str(who)


def _send(case_id: UUID, who: UUID, team: Team | None, line: Mapping[str, Any] | None, by: Actor, why: str) -> None:
    """By the cases' own verbs: to the body whose duty it is, where it is not there yet, then to the person."""
    case = case_queries.case(by, case_id)
    if case.state == "dispatched" and case.handler_id is not None:
        raise errors.SentMeanwhile
    if case.lead_body_id is None or case.state == "filed":
        cases.dispatch(cases=[case_id], by=by)
    because = _because(line, who, why)
    if team is not None:
        with translation.override(settings.LANGUAGE_CODE):
            because = words.for_team(team.name, because)
    cases.assign(cases=[case_id], to=team.leader_id if team else who, because=because, by=by)


def _because(line: Mapping[str, Any] | None, who: UUID, why: str) -> str:
    """What the person reads, in the city's language, as timelines are."""
    if line is None or _is_change(line, who):
        return why
    with translation.override(settings.LANGUAGE_CODE):
        return words.because(line)


def _decision(
    found: Proposal, case: UUID, person: UUID, line: Mapping[str, Any] | None, by: Actor, why: str
) -> Decision:
    changed = _is_change(line, person)
    kind = Decision.Kind.CHANGED if changed else Decision.Kind.ACCEPTED
    return _row(found, case, person, kind, by, why if changed else "")


def _row(found: Proposal, case: UUID, person: UUID | None, kind: str, by: Actor, why: str) -> Decision:
    return Decision(
        id=uuid7(), proposal=found, case_id=case, kind=kind, person_id=person, by_id=by.id, at=clock.now(), why=why
    )


def _decide(found: Proposal, rows: Sequence[Decision], by: Actor, action: str, why: str) -> None:
    if not rows:
        return
    Decision.objects.bulk_create(rows)
    data = {"sent": [[str(row.case_id), str(row.person_id or ""), row.kind] for row in rows]}
    state.record(found, action, by=by, note=why, data=data)
