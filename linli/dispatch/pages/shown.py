"""Proposals, people and reasons as the pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.cases.pages import words as case_words
from linli.dispatch import queries, words
from linli.dispatch.crews import OnDuty
from linli.dispatch.models import Call, Decision, Proposal, Team
from linli.dispatch.pages.common import id_in
from linli.dispatch.queries import Reading, Situation, Work
from linli.dispatch.solver import Obstacle
from linli.foundation import clock
from linli.people import queries as people
from linli.territory.index import UnitInfo

# Whom a human may send all the same, with a reason: the advice may be wrong. Whoever works for another body the case itself refuses.
AGAINST_ADVICE = frozenset(Obstacle) - {Obstacle.OTHER_TEAM, Obstacle.NO_PLACE}


@dataclass(frozen=True, slots=True)
class Matter:
    """A case as the pages name it."""

    id: UUID
    reference: str
    title: str
    place: str
    due: tuple[str, str]
    urgency: tuple[str, str]

    @classmethod
    def of(cls, case: Any) -> "Matter":
        due = case_words.left_until(case, case.due_at, clock.now())
        place = case_words.place_name(case, levels=2)
        return cls(case.id, case.reference, case.text.title, place, due, case_words.urgency(case))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why people are not sent: one sentence for everybody of whom it is true."""

    why: str
    names: str
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a proposal. `number` is that of its mark on the map."""

    matter: Matter
    number: int
    person: str = ""
    because: str = ""
    others: Sequence[tuple[str, str]] = ()
    reasons: Sequence[Reason] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A case that somebody was sent to from this proposal."""

    matter: Matter
    person: str
    decision: Decision
    can_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of the newest proposal against what is so now: what can be sent, what nobody can do, what it does not know."""

    proposal: Proposal
    lines: list[Line]
    undone: list[Line]
    new: list[Line]


def sheet(reading: Reading, proposal: Proposal) -> Sheet:
    """Cases that wait no longer (somebody has them, or they have ended) are left out: nobody can be sent to them by it."""
    here = reading.here
    numbers = {work.case.id: number for number, work in enumerate(here.work, start=1)}
    lines = {line["task"]: line for line in proposal.lines}
    undone = {one["task"]: one for one in proposal.undone}

    def line_of(work: Work) -> Line:
        line = lines[str(work.case.id)]
        others = [(name_of(here, why["worker"]), words.why_not(why)) for why in line["alternatives"]]
        who = name_of(here, line["worker"])
        return Line(Matter.of(work.case), numbers[work.case.id], who, words.because(line), others)

    def undone_of(work: Work) -> Line:
        one = undone[str(work.case.id)]
        found = reasons(here, one["why"])
        return Line(Matter.of(work.case), numbers[work.case.id], reasons=found, more=one.get("more", 0))

    return Sheet(
        proposal,
        [line_of(work) for work in reading.lines],
        [undone_of(work) for work in reading.undone],
        [Line(Matter.of(work.case), numbers[work.case.id]) for work in reading.new],
    )


def page_in(text: str) -> int:
    """The page of the address, from 1."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 4 else 1


def unit_name(unit: UnitInfo) -> str:
    return unit.name_in(get_language() or "")


def ids_of(texts: Iterable[str]) -> list[UUID]:
    """The ids among what a form has sent, each once."""
    return list(dict.fromkeys(found for text in texts if (found := id_in(text))))


def name_of(here: Situation, who: str) -> str:
    """Of a person or a team."""
    return here.names.get(who) or _("somebody who works here no longer")


def reasons(here: Situation, why: Iterable[Mapping[str, Any]]) -> list[Reason]:
    return reasons_of(here.names, why)


def reasons_of(names: Mapping[str, str], why: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """One sentence for all of whom it is true; what is true of few is read first."""
    unknown = _("somebody who works here no longer")
    said = sorted((words.why_not(one), names.get(one["worker"], unknown)) for one in why)
    grouped = [(sentence, [name for _sentence, name in those]) for sentence, those in groupby(said, lambda one: one[0])]
    return [
        Reason(sentence, _(", ").join(found), len(found))
        for sentence, found in sorted(grouped, key=lambda one: (len(one[1]), one[0]))
    ]


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody in the list of people, with their mark on the map."""

    person: OnDuty
    body: str
    until: datetime | None
    holds: str
    is_full: bool
    place: str
    crew: str = ""

    @property
    def hours(self) -> str:
        return words.hours(self.person.worker.starts, self.person.worker.ends)


def workers(here: Situation) -> list[Worker]:
    """Everybody on duty, those with free hands first."""
    on_duty = [one for one in here.people if one.is_on_duty]
    return [
        Worker(
            one,
            people.body(one.body_id).label,
            one.worker.ends,
            words.open_tasks(one.worker.in_hand),
            one.worker.in_hand >= one.worker.most,
            _("somewhere in the unit") if one.place_is_guess else "",
            crew(one),
        )
        for one in sorted(on_duty, key=lambda one: (one.worker.in_hand, one.name))
    ]


def crew(one: OnDuty) -> str:
    """How a team goes and who goes with it; nothing of one person."""
    if one.team_id is None:
        return ""
    names = _(", ").join(name for _person, name in one.members)
    return _("%(mode)s: %(names)s") % {"mode": Team.Mode(one.worker.mode.value).label, "names": names}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be chosen for a case, with what speaks for or against it."""

    id: str
    name: str
    said: str
    can: bool
    chosen: bool = False


def candidates(here: Situation, work: Work, proposed: str) -> tuple[list[Candidate], list[Candidate], list[Reason]]:
    """Who can go, the first there first; who could be sent against the advice; and who cannot be sent at all, with the reason."""
    found = queries.everybody_for(here, work)
    can = [
        Candidate(
            one.worker,
            name_of(here, one.worker),
            words.because(words.line_as_json(one), chosen=False),
            True,
            one.worker == proposed,
        )
        for one in found.come
    ]
    kept = [why for why in found.stay if why.obstacle in AGAINST_ADVICE and work.body_id is not None]
    own = {one.worker.id for one in here.people if one.body_id == work.body_id}
    against = [why for why in kept if why.worker in own]
    never = [words.why_as_json(why) for why in found.stay if why not in against]
    said = [
        Candidate(why.worker, name_of(here, why.worker), words.why_not(words.why_as_json(why)), False)
        for why in against
    ]
    return can, said, reasons(here, never)


ANSWERS = {Call.Answer.NONE: "warn", Call.Answer.COMING: "good", Call.Answer.CANNOT: "bad"}


def called(calls: Iterable[Call], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Calls as cells of a list."""
    return [
        {
            "title": names.get(str(call.person_id)) or _("somebody who works here no longer"),
            "note": call.why,
            "badge": Call.Answer(call.answer).label,
            "tone": ANSWERS[Call.Answer(call.answer)],
        }
        for call in calls
    ]
