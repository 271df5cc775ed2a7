"""A case in plain words: where it stands, what happens next and until when, and each step of its timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from linli.cases import limits, rules
from linli.cases.models import Case, Priority, State
from linli.cases.queries import PublicCase
from linli.cases.rows import Listed, Point
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.access import ActorKind
from linli.foundation.errors import DomainError
from linli.foundation.models import Entry
from linli.people import labels
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.models import LOCATED_LEVELS

TONES = {
    State.COLLECTED: "info",
    State.FILED: "info",
    State.DISPATCHED: "info",
    State.ACCEPTED: "info",
    State.HANDLED: "good",
    State.VERIFIED: "good",
    State.CLOSED: "good",
    State.EVALUATED: "good",
}
# The way of a case as a reporter understands it; several states are one step.
STEPS: tuple[tuple[str | Promise, frozenset[State]], ...] = (
    (gettext_lazy("Received"), frozenset({State.COLLECTED})),
    (gettext_lazy("Filed"), frozenset({State.FILED})),
    (gettext_lazy("Sent on"), frozenset({State.DISPATCHED})),
    (gettext_lazy("Being handled"), frozenset({State.ACCEPTED})),
    (gettext_lazy("Being checked"), frozenset({State.HANDLED, State.VERIFIED})),
    (gettext_lazy("Closed"), frozenset({State.CLOSED})),
    (gettext_lazy("Rated"), frozenset({State.EVALUATED})),
)


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next, and until when where a limit runs."""

    text: str
    until: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One step of the timeline, as the timeline component shows it."""

    what: str
    who: str
    at: datetime
    why: str


def steps(case: Case | PublicCase) -> list[dict[str, Any]]:
    """The stepper's steps; none for a case that left the way (declined, merged)."""
    now = next((number for number, (_label, states) in enumerate(STEPS) if case.state in states), None)
    if now is None:
        return []
    last = len(STEPS) - 1
    return [
        {"label": label, "state": "done" if number < now or number == now == last else "now" if number == now else ""}
        for number, (label, _states) in enumerate(STEPS)
    ]


def what_next(case: Case) -> Next:
    if case.paused_at is not None:
        return Next(_("The clock is paused for the reason below; the work goes on when it has passed."))
    stage = limits.stage_due(case)
    if stage is not None:
        return Next(_waits_for(case), stage.due, stage.due < clock.now())
    late = limits.is_overdue(case, clock.now())
    lead = body_name(case.lead_body_id)
    match State(case.state):
        case State.COLLECTED | State.HANDLED | State.VERIFIED:
            return Next(_waits_for(case))
        case State.FILED:
            return Next(_("The case is being sent to the body whose duty it is."), case.due_at, late)
        case State.DISPATCHED:
            return Next(_("%(body)s is to take it on.") % {"body": lead}, case.response_due_at, late)
        case State.ACCEPTED:
            return Next(_("%(body)s is working on it.") % {"body": lead}, case.due_at, late)
        case State.CLOSED:
            return Next(_("Closed. The reporter can rate it, or reopen it if it was not solved."), reopen_until(case))
        case State.EVALUATED:
            return Next(_("Closed and rated. If it comes back, it can be reopened."), reopen_until(case))
        case State.DECLINED:
            return Next(_("It was not filed, for the reason below. Whoever disagrees can have it looked at again."))
        case State.MERGED:
            return Next(_("It goes on as part of another case about the same matter."))


def _waits_for(case: Case) -> str:
    """What the desk or a verifier is to do with it."""
    if case.state == State.COLLECTED:
        return _("The case desk reads the report and files it, or says why not.")
    if case.state == State.VERIFIED:
        return _("It was checked and is done. The desk closes the case.")
    told = _("%(body)s reports that it is done. Somebody else checks that now.")
    return told % {"body": body_name(case.lead_body_id)}


def reopen_until(case: Case) -> datetime | None:
    return case.closed_at + rules.REOPEN_WITHIN if case.closed_at else None


def due_words(case: Case | Listed | Point, now: datetime) -> tuple[str, str]:
    """How much time is left, in a word or two, with the badge's tone; empty where no clock runs and nothing is promised."""
    stage = limits.stage_due(case)
    return _stage_words(stage, now) if stage else left_until(case, case.due_at, now)


def _stage_words(stage: limits.StageDue, now: datetime) -> tuple[str, str]:
    """The state beside it says for what. Late is a promise; overdue, which is counted, is only the limit of a class."""
    left = stage.due - now
    if left < timedelta(0):
        return _("%(time)s late") % {"time": span(-left)}, "bad"
    return _("%(time)s left") % {"time": span(left)}, "warn" if left < (stage.due - stage.since) / 4 else ""


def left_until(case: Case | Listed | Point, due: datetime | None, now: datetime) -> tuple[str, str]:
    """The same for a limit of one's choice: to answer, or to have it done."""
    if case.due_at is None or case.handled_at is not None or case.closed_at is not None:
        return "", ""
    if case.paused_at is not None:
        return _("paused"), ""
    if due is None:
        return "", ""
    left = due - now
    if left < timedelta(0):
        return _("%(time)s overdue") % {"time": span(-left)}, "bad"
    soon = case.filed_at is not None and left < (due - case.filed_at) / 4
    return _("%(time)s left") % {"time": span(left)}, "warn" if soon else ""


def span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return _("%(count)s min") % {"count": max(minutes, 1)}
    if minutes < 48 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return _("%(count)s days") % {"count": minutes // 1440}


def distance(metres: float) -> str:
    """A distance as one says it: to ten metres, from a kilometre on in kilometres."""
    if metres < 1000:
        return _("%(count)s m") % {"count": max(10, round(metres, -1))}
    return _("%(count)s km") % {"count": round(metres / 1000, 1)}


def urgency(case: Case | Listed) -> tuple[str, str]:
    """A badge for a case that comes first."""
    if case.priority == Priority.EMERGENCY:
        return str(Priority.EMERGENCY.label), "bad"
    return (str(Priority.URGENT.label), "warn") if case.priority == Priority.URGENT else ("", "")


def state_name(state: str) -> str:
    return str(State(state).label)


def plain_state(state: str) -> str:
    """The state in a reporter's words: the step that the stepper names."""
    if state == State.DECLINED:
        return _("Not filed")
    return next((str(label) for label, states in STEPS if state in states), state_name(state))


def tone(state: str) -> str:
    """The badge's tone of a state; what left the usual way warns."""
    return TONES.get(State(state), "warn")


def body_name(body_id: UUID | None) -> str:
    if body_id is None:
        return _("The body responsible")
    try:
        return people.body(body_id).label
    except DomainError:
        return _("The body responsible")


def class_name(class_id: UUID | None) -> str:
    return duties.minor_class(class_id).label if class_id else _("Not classed yet")


def place_name(case: Case | Listed, *, levels: int = 3) -> str:
    """The finest units of the place, at most so many: 双桥子街道 · 水碾河社区 · 某小区."""
    ids = [unit for unit in (case.subdistrict_id, case.community_id, case.quarter_id) if unit]
    return names_of(ids[-levels:] or case.units[-1:])


def names_of(unit_ids: Iterable[UUID]) -> str:
    """Names of units in the reader's language, grids left out."""
    language, index = get_language() or "", territory.index()
    places = ((unit_id, index.position.get(unit_id)) for unit_id in unit_ids)
    units = [territory.unit(unit_id) if place is None else index.units[place] for unit_id, place in places]
    return " · ".join(unit.name_in(language) for unit in units if unit.level in LOCATED_LEVELS)


def told(entries: Iterable[Entry], *, to_staff: bool = False) -> list[Told]:
    """Steps of the timeline as sentences, in the order given. How far somebody stood from the place only staff are told."""
    return [Told(_sentence(entry, to_staff), _who(entry), entry.at, entry.note) for entry in entries]


def open_question(entries: Sequence[Entry]) -> str:
    """What the desk last asked the reporter and was not answered; empty where nothing waits. `entries` are oldest first."""
    talk = [entry for entry in entries if entry.action in {"ask", "answer"}]
    return talk[-1].note if talk and talk[-1].action == "ask" else ""


def _who(entry: Entry) -> str:
    """Posts are named as they were; who has none is named by kind alone."""
    if entry.actor_kind == ActorKind.SYSTEM:
        return _("Linli, by itself")
    return _("Not named") if entry.actor_kind == ActorKind.ANONYMOUS else labels.said(entry.actor_label)


def _sentence(entry: Entry, to_staff: bool) -> str:
    data = entry.data
    if entry.action == "arrive" and to_staff and "metres" in data:
        return _("At the place, %(distance)s from it") % {"distance": distance(data["metres"])}
    if entry.action == "assign" and to_staff and data.get("because"):
        return _("Assigned to a person: %(because)s") % {"because": data["because"]}
    text = _STORY.get(entry.action)
    names = {
        "body": _body_of(data, "body"),
        "clause": data.get("clause") or "",
        "stars": data.get("stars", ""),
        "level": data.get("level", ""),
    }
    if entry.action == "dispatch" and names["clause"]:
        return _("Sent to %(body)s under %(clause)s") % names
    if entry.action == "evaluate":
        solved = (
            _("Rated: solved, %(stars)s of 5 stars")
            if data.get("solved")
            else _("Rated: not solved, %(stars)s of 5 stars")
        )
        return solved % names
    return str(text) % names if text else entry.action


def _body_of(data: dict[str, Any], name: str) -> str:
    value = data.get(name) or next(iter(data.get("co_bodies", data.get("signed", []))), None)
    return body_name(UUID(value)) if value else ""


_STORY: dict[str, str | Promise] = {
    "collect": gettext_lazy("Reported"),
    "file": gettext_lazy("Filed: the clock runs"),
    "decline": gettext_lazy("Not filed"),
    "classify": gettext_lazy("Class changed"),
    "locate": gettext_lazy("Place corrected"),
    "dispatch": gettext_lazy("Sent to %(body)s"),
    "assign": gettext_lazy("Assigned to a person"),
    "accept": gettext_lazy("Taken on"),
    "reject": gettext_lazy("Sent back by %(body)s"),
    "reassign": gettext_lazy("Sent on to %(body)s"),
    "ask_co_handler": gettext_lazy("%(body)s asked to help"),
    "sign": gettext_lazy("%(body)s has done its part"),
    "pause": gettext_lazy("Clock paused"),
    "resume": gettext_lazy("Clock runs again"),
    "set_out": gettext_lazy("On the way"),
    "arrive": gettext_lazy("At the place"),
    "ask_help": gettext_lazy("Help is asked for"),
    "hand_over": gettext_lazy("Handed over to a colleague"),
    "report_back": gettext_lazy("Reported as done"),
    "verify": gettext_lazy("Checked: it is done"),
    "rework": gettext_lazy("Checked: not done yet"),
    "close": gettext_lazy("Closed"),
    "reopen": gettext_lazy("Reopened"),
    "merge": gettext_lazy("Goes on as part of another case"),
    "unmerge": gettext_lazy("Stands on its own again"),
    "absorb": gettext_lazy("Another report of the same matter was added"),
    "release": gettext_lazy("A report was taken out again"),
    "recall": gettext_lazy("The last change was taken back"),
    "supervise": gettext_lazy("A leader asks for it"),
    "comment": gettext_lazy("Note"),
    "answer_call": gettext_lazy("Answered on the phone"),
    "support": gettext_lazy("Somebody else has the same trouble"),
    "erase": gettext_lazy("Personal data erased"),
    "escalate": gettext_lazy("Raised to level %(level)s because of the time passed"),
    "ask": gettext_lazy("The desk asks the reporter"),
    "answer": gettext_lazy("The reporter answers"),
}
