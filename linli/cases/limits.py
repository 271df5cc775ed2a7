"""The one clock of a case: when an answer and the end are due, pauses, and when it goes up a level."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from linli.cases.models import Case, State
from linli.cases.rows import Listed, Point
from linli.duties import queries as duties
from linli.duties.queries import ClassInfo, Stage
from linli.foundation import worktime
from linli.foundation.worktime import Limit, LimitKind

# Escalation levels, as shares of the limit: to the body's own unit, then one level up, then two.
ESCALATION_SHARES = (Fraction(1, 2), Fraction(1), Fraction(3, 2))


@dataclass(frozen=True, slots=True)
class CasePlace:
    """The units of a case, root first, as the duty lists ask for a place."""

    path: tuple[UUID, ...]


def place_of(case: Case) -> CasePlace:
    return CasePlace(tuple(case.units))


def start_clock(case: Case, start: datetime, due_at: datetime | None = None) -> None:
    """Set what is due from the class's limits as they are at `start`, or to the `due_at` that was set elsewhere."""
    limits, calendar = _class_of(case, start), duties.calendar()
    case.response_due_at = calendar.add(start, limits.response) if limits.response else None
    case.due_at = due_at or (calendar.add(start, limits.limit) if limits.limit else None)
    case.escalation = 0
    plan_escalation(case)


def _class_of(case: Case, at: datetime | None) -> ClassInfo:
    """The class with the limits that held when the clock started: a later change does not touch a running case."""
    assert case.case_class_id is not None
    return duties.minor_class(case.case_class_id, at)


def limit_kind(case: Case) -> LimitKind:
    limit = _class_of(case, case.filed_at).limit
    return limit.kind if limit else LimitKind.CALENDAR_HOUR


def plan_escalation(case: Case) -> None:
    """When the next share of the limit is used up, counted from filing; none after the last level or while paused."""
    case.escalates_at = None
    if case.filed_at is None or case.due_at is None or case.paused_at is not None:
        return
    if case.escalation >= len(ESCALATION_SHARES) or case.handled_at is not None:
        return
    share = ESCALATION_SHARES[case.escalation]
    case.escalates_at = case.due_at if share == 1 else _moment(case, share)


def _moment(case: Case, share: Fraction) -> datetime:
    """The moment at which `share` of the time between filing and due has passed, in the limit's own kind of time."""
    assert case.filed_at is not None
    assert case.due_at is not None
    kind = limit_kind(case)
    calendar = duties.calendar()
    whole = calendar.elapsed(case.filed_at, case.due_at, kind)
    unit = timedelta(days=1) if kind in {LimitKind.WORKING_DAY, LimitKind.CALENDAR_DAY} else timedelta(hours=1)
    amount = Fraction(whole // timedelta(microseconds=1), unit // timedelta(microseconds=1))
    return calendar.add(case.filed_at, Limit(amount * share, kind))


def resume_clock(case: Case, at: datetime) -> None:
    """Move what is due by the working time that was paused: the end, and the answer where it is still awaited."""
    assert case.paused_at is not None
    paused_at, case.paused_at = case.paused_at, None
    response = _class_of(case, case.filed_at).response
    if response is not None and case.accepted_at is None:
        case.response_due_at = _moved(case.response_due_at, paused_at, at, response.kind)
    case.due_at = _moved(case.due_at, paused_at, at, limit_kind(case))
    plan_escalation(case)


def _moved(due_at: datetime | None, paused_at: datetime, at: datetime, kind: LimitKind) -> datetime | None:
    """What was overdue before the pause stays as it was."""
    if due_at is None or due_at <= paused_at:
        return due_at
    return worktime.resume_due(due_at, paused_at, at, kind, duties.calendar())


def proof_required(case: Case) -> bool:
    return _class_of(case, case.filed_at).proof_required


@dataclass(frozen=True, slots=True)
class StageDue:
    """What the desk or a verifier is to have done by when, since when it waits, by what the city promises of that stage."""

    since: datetime
    due: datetime


def stage_due(case: Case | Listed | Point) -> StageDue | None:
    """Of a report that waits to be read, of what was reported back, and of what was checked; None elsewhere, and without a promise."""
    match State(case.state):
        case State.COLLECTED:
            stage, since = Stage.READ, case.reported_at
        case State.HANDLED if case.handled_at:
            stage, since = Stage.CHECK, case.handled_at
        case State.VERIFIED if case.handled_at:
            stage, since = Stage.CLOSE, case.handled_at
        case _:
            return None
    limit = duties.promised(stage, since)
    return StageDue(since, duties.calendar().add(since, limit)) if limit else None


def is_overdue(case: Case, at: datetime) -> bool:
    """Whether the case was, or is, reported back after it was due. A paused clock does not run."""
    if case.due_at is None:
        return False
    return (case.handled_at or case.closed_at or case.paused_at or at) > case.due_at


def standing_at(case: Case, at: datetime) -> str:
    """How a case stood against its limit at a moment: `late`, `soon` (the last quarter), `running`, or empty where no clock ran.

    By the limit that it has now: one that was moved since is not known here.
    """
    if case.due_at is None or any(end is not None and end <= at for end in (case.handled_at, case.closed_at)):
        return ""
    moment = min(case.paused_at or at, at)
    if moment > case.due_at:
        return "late"
    soon = case.filed_at is not None and case.due_at - moment < (case.due_at - case.filed_at) / 4
    return "soon" if soon else "running"
