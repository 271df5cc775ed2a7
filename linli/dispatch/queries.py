"""Reads of this room: who is on duty, what is open, what was proposed. Each starts from who asks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from linli.cases import queries as cases
from linli.dispatch import errors, network, rules
from linli.dispatch.crews import OnDuty, bodies_in, middle_of, workers
from linli.dispatch.models import Call, Decision, PersonSkill, Proposal, Shift, Skill, Team, TeamMember
from linli.dispatch.solver import Gathered, Outlook, Priority, Task, Worker, candidates, gather, outlook
from linli.dispatch.travel import Mode, Place
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.statement import Statement, prepared
from linli.territory import queries as territory

PRIORITIES = {"normal": Priority.NORMAL, "urgent": Priority.URGENT, "emergency": Priority.EMERGENCY}


@dataclass(frozen=True, slots=True)
class Work:
    """An open case that nobody has in hand, as the solver sees it. `case` may be brief (`cases.unassigned`)."""

    task: Task
    case: Any
    body_id: UUID | None


@dataclass(frozen=True)
class Situation:
    """Everything that a proposal for a unit is made from."""

    unit_id: UUID
    work: tuple[Work, ...]
    people: tuple[OnDuty, ...]

    def person(self, person_id: str) -> OnDuty | None:
        return next((one for one in self.people if one.worker.id == person_id), None)

    def of(self, case_id: UUID) -> Work | None:
        wanted = str(case_id)
        return next((one for one in self.work if one.task.id == wanted), None)

    @property
    def workers(self) -> list[Worker]:
        return [one.worker for one in self.people]

    @cached_property
    def names(self) -> dict[str, str]:
        """Of people and teams by what a proposal names them by; whoever goes with a team now too."""
        members = {str(person): name for one in self.people for person, name in one.members}
        return members | {one.worker.id: one.name for one in self.people}


def situation(
    actor: Actor, unit_id: UUID, *, only: Collection[UUID] | None = None, priority: str = "",
    most: int = rules.MOST_TASKS, coming: bool = False, named_in: Proposal | None = None, brief: bool = False,
) -> Situation:  # fmt: skip
    """What is open in a unit (of it `only` these, or of one priority), and who could do it: handlers of the bodies that work in it.

    Whoever a proposal names is there too (`named_in`), though the cases it names them for are not read now. `coming` counts
    whoever has a shift within a day. With `brief` nothing of the cases can be shown. Raises NotFound, NotAllowed.
    """
    unit = territory.unit(unit_id)
    open_now = cases.unassigned(actor, unit_id, most=most, among=only, priority=priority, brief=brief)
    rules.require(actor, rules.PLANNERS, unit.path)
    # Whoever may dispatch here knows who can be sent, also where their body's own unit lies above.
    bodies = {one.body_id for one in open_now if one.body_id} | bodies_in(unit_id)
    if named_in is not None:
        bodies |= {UUID(body) for body in {line["body"] for line in named_in.lines if "body" in line}}
    return Situation(unit_id, _work_of(open_now), tuple(workers(bodies, coming=coming)))


def work_for_rounds(
    actor: Actor,
    unit_id: UUID,
    only: Collection[UUID] | None = None,
    *,
    most: int = rules.MOST_TASKS,
    brief: bool = False,
) -> Situation:
    """Of what waits in a unit `only` these, or all that is neither urgent nor an emergency; and who has a shift within a day.

    What is urgent does not wait for a round. Raises NotFound, NotAllowed.
    """
    priority = "normal" if only is None else ""
    return situation(actor, unit_id, only=only, priority=priority, most=most, coming=True, brief=brief)


def count_for_rounds(actor: Actor, unit_id: UUID) -> int:
    """How much of it there is, counted to as much as is planned at once."""
    return len(cases.ids_of_unassigned(actor, unit_id, most=rules.MOST_TASKS, priority="normal"))


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to one case of a proposal: from where its person or team is, or from the case before."""

    case_id: UUID
    who: str
    begins: Place
    ends: Place
    mode: Mode


def legs(here: Situation, lines: Sequence[Mapping[str, Any]]) -> list[Leg]:
    """Of these lines, as far as both ends are known. Where people are is asked now: a proposal keeps no places."""
    at = {str(work.case.id): work.task.place for work in here.work}
    known = {one.worker.id: one.worker for one in here.people}
    found = []
    for line in lines:
        worker, ends = known.get(line["worker"]), at.get(line["task"])
        begins = at.get(line["after"]) if line["after"] else worker.place if worker else None
        if begins is not None and ends is not None:
            mode = worker.mode if worker else Mode.BIKE
            found.append(Leg(UUID(line["task"]), line["worker"], begins, ends, mode))
    return found


def legs_of(actor: Actor, found: Proposal, *, who: UUID | None = None, cases: Collection[UUID] = ()) -> list[Leg]:
    """Of one person or team, or to these cases; else of the whole proposal."""
    wanted = {str(case) for case in cases}
    lines = [
        line
        for line in found.lines
        if (who is None or line["worker"] == str(who)) and (not wanted or line["task"] in wanted)
    ]
    places = {UUID(case) for line in lines for case in (line["task"], line["after"]) if case}
    here = (
        rounds_now(actor, found, places)
        if is_rounds(found)
        else situation(actor, found.unit_id, only=places, brief=True)
    )
    return legs(here, lines)


@dataclass(frozen=True, slots=True)
class Reading:
    """What waits in a unit against its newest proposal: a page of each kind, the most urgent first, and how many there are in all.

    Of what waits no more is looked at than a proposal looks at.
    """

    here: Situation
    lines: tuple[Work, ...]
    undone: tuple[Work, ...]
    new: tuple[Work, ...]
    counts: tuple[int, int, int]
    waiting: int
    late: int
    page: int

    @property
    def has_more(self) -> bool:
        return max(self.counts) > self.page * rules.PAGE


def reading(actor: Actor, unit_id: UUID, proposal: Proposal | None, page: int = 1) -> Reading:
    """As many statements and rows however many wait. Without a proposal the most urgent are a page that none follows. Raises NotFound,
    NotAllowed."""
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    waiting, late = cases.count_unassigned(actor, unit_id)
    if proposal is None:
        here = situation(actor, unit_id, most=rules.PAGE)
        return Reading(here, (), (), here.work, (0, 0, len(here.work)), waiting, late, 1)
    proposed = {UUID(line["task"]) for line in proposal.lines}
    known = proposed | {UUID(one["task"]) for one in proposal.undone}
    urgent = cases.ids_of_unassigned(actor, unit_id, most=rules.MOST_TASKS if known else rules.PAGE)
    kinds = (
        [one for one in urgent if one in proposed],
        [one for one in urgent if one in known and one not in proposed],
        [one for one in urgent if one not in known],
    )
    begin = (page - 1) * rules.PAGE
    pages = [set(kind[begin : begin + rules.PAGE]) for kind in kinds]
    here = situation(actor, unit_id, only=set().union(*pages), named_in=proposal)
    lines, undone, new = (tuple(work for work in here.work if work.case.id in one) for one in pages)
    lengths = (len(kinds[0]), len(kinds[1]), len(kinds[2]))
    return Reading(here, lines, undone, new, lengths, waiting, late, page)


def count_waiting(actor: Actor, unit_id: UUID) -> int:
    """Raises NotFound."""
    return cases.count_unassigned(actor, unit_id)[0]


def _work_of(found: Sequence[cases.Unassigned]) -> tuple[Work, ...]:
    skilled = {one: frozenset(_skills_for(one)) for one in {row.case.case_class_id for row in found}}
    return tuple(_work(row, skilled[row.case.case_class_id]) for row in found)


def _work(one: cases.Unassigned, skilled: frozenset[str]) -> Work:
    case = one.case
    task = Task(
        id=str(case.id),
        place=place_of(case),
        minutes=rules.TASK_MINUTES,
        due=case.due_at,
        skills=skilled,
        # A case that is nobody's duty can be sent to no team: that, too, is said.
        teams=frozenset({str(one.body_id)}),
        priority=PRIORITIES[case.priority],
    )
    return Work(task, case, one.body_id)


def place_of(case: Any) -> Place | None:
    """Its position, or the middle of the finest unit that it lies in."""
    if case.lon is not None and case.lat is not None:
        return (case.lon, case.lat)
    return next((place for unit in reversed(case.units) if (place := middle_of(unit))), None)


def _skills_for(class_id: UUID | None) -> list[str]:
    if class_id is None:
        return []
    try:
        code = duties.case_class(class_id).code
    except DomainError:
        return []
    return [skill.code for skill in skills() if code in skill.classes]


def extra_workers(situation: Situation, count: int) -> list[Worker]:
    """So many more people than there are: in the middle of the unit, able to do anything, for any body. For “what if”."""
    now = clock.now()
    teams = sorted({str(work.body_id) for work in situation.work if work.body_id}) or [""]
    skilled = frozenset(skill.code for skill in skills())
    like = Worker(
        "", middle_of(situation.unit_id), now, now + rules.LONGEST_SHIFT / 3, skilled, most=rules.MOST_IN_HAND
    )
    return [replace(like, id=f"extra-{number}", team=teams[number % len(teams)]) for number in range(count)]


def everybody_for(here: Situation, work: Work) -> Gathered:
    """Who could go to one case, and why each of the others cannot."""
    return candidates(here.workers, work.task, clock.now(), travel=network.travel())


def outlook_of(here: Situation, choices: Mapping[UUID, UUID]) -> Outlook:
    """What follows if these people are sent to these cases: as far as the cases still wait."""
    sent = {str(case): str(person) for case, person in choices.items() if here.of(case)}
    return outlook(here.workers, [one.task for one in here.work], clock.now(), sent, travel=network.travel())


@dataclass(frozen=True, slots=True)
class Gathering:
    """Who of a unit is nearest to a case, and who was left out and why."""

    case: Any
    place: Place
    found: Gathered
    people: tuple[OnDuty, ...]

    @property
    def names(self) -> dict[str, str]:
        return {one.worker.id: one.name for one in self.people}


def gathered(actor: Actor, unit_id: UUID, case_id: UUID, count: int, *, besides: Collection[UUID] = ()) -> Gathering:
    """The nearest people of the bodies that work in the unit, without those `besides` whom they come.

    Raises NotFound, NotAllowed, WrongCount, NowhereToGather.
    """
    if not 1 <= count <= rules.MOST_CALLED:
        raise errors.WrongCount(field="count")
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    case = cases.case(actor, case_id)
    place = place_of(case)
    if place is None or not case.is_open or unit_id not in case.units:
        raise errors.NowhereToGather(field="case")
    # An emergency calls people, whoever they go with otherwise.
    bodies = bodies_in(unit_id) | ({case.lead_body_id} if case.lead_body_id else set())
    near = workers(bodies, in_teams=False)
    asked = [one.worker for one in near if one.person_id not in besides]
    found = gather(asked, Task(str(case.id), place), count, clock.now(), travel=network.travel())
    return Gathering(case, place, found, tuple(near))


# --- skills and shifts -----------------------------------------------------------------------------------------------


def skills() -> tuple[Skill, ...]:
    """The city's list by code, from the process cache."""
    return _skills(str(connection.settings_dict["NAME"]))


@cache
def _skills(database: str) -> tuple[Skill, ...]:
    return tuple(Skill.objects.order_by("code"))


def forget() -> None:
    """Read the skills again: called in every process when one has changed."""
    _skills.cache_clear()


def skills_of(person_ids: Collection[UUID]) -> dict[UUID, list[Skill]]:
    """Of those that the actor sees. One statement."""
    found: dict[UUID, list[Skill]] = {}
    for row in PersonSkill.objects.filter(person__in=person_ids).select_related("skill").order_by("skill__code"):
        found.setdefault(row.person_id, []).append(row.skill)
    return found


def shifts(actor: Actor, unit_id: UUID, start: datetime, end: datetime) -> list[Shift]:
    """The shifts in a unit and below it that touch these hours. Raises NotFound, NotAllowed."""
    cases.require_unit(actor, unit_id)
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    found = Shift.objects.filter(unit__path__contains=[unit_id], starts_at__lt=end, ends_at__gt=start)
    return list(found.order_by("starts_at", "pk"))


def hours_by_unit(actor: Actor, unit_id: UUID, start: datetime, end: datetime) -> dict[UUID, Fraction]:
    """Hours that were planned as shifts between two moments, by the unit of the shift. One statement. Raises NotFound, NotAllowed."""
    cases.require_unit(actor, unit_id)
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    rows = prepared(_HOURS, [unit_id, start, end])
    return {unit: Fraction(worked // timedelta(seconds=1), 3600) for unit, worked in rows}


# The path is asked of each shift's unit: joined, while few shifts are known, the planner looks through every unit of the city.
_HOURS = """
SELECT unit_id, sum(least(ends_at, $3::timestamptz) - greatest(starts_at, $2::timestamptz))
FROM dispatch_shift
WHERE starts_at < $3::timestamptz AND ends_at > $2::timestamptz
    AND (SELECT path @> ARRAY[$1::uuid] FROM territory_unit WHERE territory_unit.id = unit_id) GROUP BY unit_id
"""


def shift(actor: Actor, shift_id: UUID) -> Shift:
    """Raises NotFound."""
    found = Shift.objects.filter(pk=shift_id).first()
    if found is None or not rules.may(actor, rules.PLANNERS, territory.unit(found.unit_id).path):
        raise NotFound
    return found


# --- proposals and calls ---------------------------------------------------------------------------------------------


def proposal(actor: Actor, proposal_id: UUID) -> Proposal:
    """Raises NotFound outside the actor's units too."""
    found = Proposal.objects.filter(pk=proposal_id).first()
    if found is None or not rules.may(actor, rules.PLANNERS, territory.unit(found.unit_id).path):
        raise NotFound
    return found


def is_rounds(found: Proposal) -> bool:
    return found.kind == Proposal.Kind.ROUNDS


def latest(actor: Actor, unit_id: UUID) -> Proposal | None:
    """The unit's newest proposal of who goes now."""
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    return _LATEST.first(unit_id, Proposal.Kind.NOW)


_LATEST = Statement(
    "SELECT {} FROM dispatch_proposal WHERE unit_id = $1::uuid AND kind = $2::text ORDER BY id DESC LIMIT 1", Proposal
)


def latest_rounds(actor: Actor, unit_id: UUID) -> tuple[UUID, datetime] | None:
    """The unit's newest plan of rounds, and when it was asked for."""
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    found = Proposal.objects.filter(unit=unit_id, kind=Proposal.Kind.ROUNDS).order_by("-pk")
    return found.values_list("pk", "asked_at").first()


def teams(actor: Actor, unit_id: UUID) -> list[Team]:
    """The teams of a unit and below it that go yet, by name, with their leaders. One statement. Raises NotFound, NotAllowed."""
    cases.require_unit(actor, unit_id)
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    return list(Team.objects.filter(unit__path__contains=[unit_id], ended_at=None).order_by("name", "pk"))


def team(actor: Actor, team_id: UUID) -> Team:
    """Raises NotFound."""
    found = Team.objects.filter(pk=team_id, ended_at=None).first()
    if found is None or not rules.may(actor, rules.PLANNERS, territory.unit(found.unit_id).path):
        raise NotFound
    return found


def members_of(team_ids: Collection[UUID]) -> dict[UUID, list[TeamMember]]:
    """Who goes with each of them now or later. One statement."""
    found: dict[UUID, list[TeamMember]] = {}
    rows = TeamMember.objects.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()), team__in=team_ids)
    for row in rows.order_by("starts_at", "pk"):
        found.setdefault(row.team_id, []).append(row)
    return found


def rounds(actor: Actor, proposal_id: UUID) -> Proposal:
    """A plan of rounds. Raises NotFound."""
    found = proposal(actor, proposal_id)
    if not is_rounds(found):
        raise NotFound
    return found


def rounds_now(actor: Actor, found: Proposal, only: Collection[UUID]) -> Situation:
    """Some of its cases as far as the actor may see them, whether they wait yet or were sent, and whoever goes in the shift."""
    work = _work_of([cases.Unassigned(case, case.lead_body_id) for case in cases.cases_of(actor, list(only))])
    bodies = bodies_in(found.unit_id) | {UUID(body) for body in {line["body"] for line in found.lines}}
    return Situation(found.unit_id, work, tuple(workers(bodies, coming=True)))


def choices_of(actor: Actor, found: Proposal, who: Collection[str]) -> dict[UUID, UUID]:
    """What waits yet of some rounds, with whoever goes there, in the order of the stops."""
    waits = still_waiting(actor, found)
    lines = [line for line in found.lines if line["worker"] in who]
    return {UUID(line["task"]): UUID(line["worker"]) for line in lines if UUID(line["task"]) in waits}


def still_waiting(actor: Actor, found: Proposal) -> set[UUID]:
    """Which cases of its lines are in nobody's hand yet. One statement."""
    lines = [UUID(line["task"]) for line in found.lines]
    return set(cases.ids_of_unassigned(actor, found.unit_id, most=len(lines), among=lines)) if lines else set()


def decided(found: Proposal) -> dict[UUID, Decision]:
    """The newest decision of each case of a proposal."""
    return {row.case_id: row for row in found.decisions.order_by("at", "pk")}


def sent_with(actor: Actor, case_ids: Collection[UUID]) -> dict[UUID, Decision]:
    """The newest decision of each of these cases by which the actor, or a team that they go with, was sent there. One statement."""
    now = clock.now()
    goes = TeamMember.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), person=actor.id).values("team")
    rows = Decision.objects.filter(
        Q(person=actor.id) | Q(team__in=goes), case__in=case_ids, at__gte=now - rules.ROUND_LASTS
    )
    found = {row.case_id: row for row in rows.select_related("team").order_by("at", "pk")}
    return {case: row for case, row in found.items() if row.kind != Decision.Kind.TAKEN_BACK}


def open_calls(actor: Actor) -> list[Call]:
    """What the actor is called to and has not answered, newest first. One statement."""
    if actor.id is None:
        return []
    return _OPEN_CALLS.all(actor.id, clock.now() - rules.CALL_LASTS)


_OPEN_CALLS = Statement(
    "SELECT {} FROM dispatch_call WHERE person_id = $1::uuid AND answer = '' AND at >= $2::timestamptz ORDER BY at DESC",
    Call,
)


def call(actor: Actor, call_id: UUID) -> Call:
    """One's own call. Raises NotFound."""
    found = Call.objects.filter(pk=call_id, person=actor.id).first() if actor.id else None
    if found is None:
        raise NotFound
    return found


def recent_calls(actor: Actor, unit_id: UUID) -> list[Call]:
    """Who was called to emergencies of the unit within the time of a call, the newest emergency first. One statement."""
    rules.require(actor, rules.PLANNERS, territory.unit(unit_id).path)
    return _RECENT_CALLS.all(unit_id, clock.now() - rules.CALL_LASTS)


_RECENT_CALLS = Statement(
    "SELECT {} FROM dispatch_call WHERE units @> ARRAY[$1::uuid] AND at >= $2::timestamptz ORDER BY at DESC, id", Call
)


def calls_to(case_ids: Sequence[UUID]) -> list[Call]:
    """Who was called to these cases, as the actor may see."""
    return _CALLS_TO.all(list(case_ids))


_CALLS_TO = Statement("SELECT {} FROM dispatch_call WHERE case_id = ANY ($1::uuid[]) ORDER BY at, id", Call)
