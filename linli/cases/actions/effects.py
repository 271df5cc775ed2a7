"""What each change does to the case, beside its state. Called under lock, after the table has allowed the change."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from linli.cases import errors, ledger, limits, rules
from linli.cases.actions.collecting import attach, attachments_of, put_at, put_in
from linli.cases.actions.moves import Context, Effect
from linli.cases.lifecycle import CHANGES
from linli.cases.models import (
    Attachment,
    Case,
    CaseContact,
    CaseText,
    Channel,
    CoHandler,
    Evaluation,
    Nature,
    Priority,
    State,
    Support,
)
from linli.duties import queries as duties
from linli.duties.errors import NoResponsibleBody
from linli.duties.queries import Responsibility
from linli.foundation.access import Actor, ActorKind
from linli.foundation.errors import NotAllowed
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry
from linli.people import queries as people
from linli.territory import queries as territory

# An arrival is kept to about ten metres: enough to say that somebody was there, too little to say where in the yard.
ARRIVAL_DIGITS = 4


def file(class_code: str, due_at: datetime | None) -> Effect:
    def effect(case: Case, context: Context) -> None:
        if class_code:
            case.case_class_id = duties.class_in_use(class_code).id
        if case.case_class_id is None:
            raise errors.ClassNeeded(field="class_code")
        if not duties.minor_class(case.case_class_id).active:
            raise errors.ClassOutOfUse(field="class_code", name=duties.minor_class(case.case_class_id).label)
        case.filed_at = context.at
        if case.priority == Priority.NORMAL and duties.priority_of(
            case.case_class_id, limits.place_of(case), context.at
        ):
            case.priority = Priority.URGENT
        limits.start_clock(case, context.at, due_at)
        context.data["due_at"] = case.due_at.isoformat() if case.due_at else None

    return effect


def classify(class_code: str) -> Effect:
    def effect(case: Case, context: Context) -> None:
        before, case.case_class_id = case.case_class_id, duties.class_in_use(class_code).id
        context.data.update({"from": str(before or ""), "to": str(case.case_class_id)})
        if case.filed_at is not None:
            limits.start_clock(case, case.filed_at)

    return effect


def locate(lon: float | None, lat: float | None, datum: str, unit_id: UUID | None) -> Effect:
    def effect(case: Case, context: Context) -> None:
        context.data["from"] = [str(unit) for unit in case.units]
        if lon is not None and lat is not None:
            put_at(case, territory.locate(lon, lat, datum=datum))
        elif unit_id is not None:
            if unit_id not in case.units:
                # The position said otherwise: it was wrong, and would go on misleading the map and the search for duplicates.
                case.lon = case.lat = case.cell = None
            put_in(case, territory.place_of_unit(unit_id))
        else:
            raise errors.NoPlace(field="position")

    return effect


def dispatch(body_id: UUID | None) -> Effect:
    def effect(case: Case, context: Context) -> None:
        case.dispatched_at = context.at
        found = _by_list(case, body_id, context)
        if found is None:
            assert body_id is not None
            case.duty_id = None
            _lead(case, body_id, context)
            return
        case.duty_id = found.duty_id
        _lead(case, found.body_id, context)
        context.data["clause"] = found.clause
        for co_body in found.co_body_ids:
            _ask_by_list(case, co_body, context)

    return effect


def _by_list(case: Case, body_id: UUID | None, context: Context) -> Responsibility | None:
    """The duty by which the case goes to this body (None: to whose duty it is). Whoever sends it elsewhere says why."""
    try:
        found = _responsible(case, context)
    except NoResponsibleBody:
        if body_id is None:
            raise
        return None
    if body_id is None or body_id == found.body_id:
        return found
    if not rules.says_something(context.move.note):
        raise errors.NoteNeeded(field="note")
    return None


def _responsible(case: Case, context: Context) -> Responsibility:
    # Filed means classed (the table lets nothing else be dispatched), but a declined case can be reopened unclassed.
    if case.case_class_id is None:
        raise errors.ClassNeeded(field="class_code")
    return duties.responsible(case.case_class_id, limits.place_of(case), context.at)


def _lead(case: Case, body_id: UUID, context: Context) -> None:
    case.lead_body_id = people.body(body_id).id
    case.handler_id = None
    if case.lead_body_id not in case.bodies:
        case.bodies = [*case.bodies, case.lead_body_id]
    context.data["body"] = str(case.lead_body_id)
    # A co-handler that now leads no longer signs as one.
    for row in context.batch.co_handlers(case):
        if row.body_id == case.lead_body_id and row.signed_at is None:
            _signed(case, row, "", context)


def reassign(body_id: UUID) -> Effect:
    def effect(case: Case, context: Context) -> None:
        context.data["from_body"] = str(case.lead_body_id)
        case.duty_id = None
        case.dispatched_at = context.at
        _lead(case, body_id, context)

    return effect


def _person(by: Actor) -> UUID | None:
    """The person who acts; another system that acts for a body by its key is none."""
    return by.id if by.kind is ActorKind.PERSON else None


def assign(to: UUID, because: str) -> Effect:
    def effect(case: Case, context: Context) -> None:
        _require_colleague(case, to)
        context.data.update({"from": str(case.handler_id or ""), "to": str(to)})
        if because:
            context.data["because"] = rules.clean_text(because, 500)
        case.handler_id = to

    return effect


def _require_colleague(case: Case, to: UUID) -> None:
    assert case.lead_body_id is not None
    if to == case.handler_id or to not in {one.id for one in people.colleagues(case.lead_body_id)}:
        raise errors.NoSuchColleague(field="to")


def accept(case: Case, context: Context) -> None:
    case.handler_id = _person(context.by)
    if case.accepted_at is None:
        case.accepted_at = context.at
        case.responded = case.response_due_at is None or context.at <= case.response_due_at


def reject(case: Case, context: Context) -> None:
    context.data["body"] = str(case.lead_body_id)
    case.handler_id = None
    # It has answered, and waits for nobody there: the body's response rate does not count it.
    case.dispatched_at = None


def ask_co_handler(body_id: UUID, asked_for: str) -> Effect:
    def effect(case: Case, context: Context) -> None:
        _ask(case, people.body(body_id).id, rules.clean_text(asked_for, 500), context)

    return effect


def _ask(case: Case, body_id: UUID, asked_for: str, context: Context) -> None:
    """Ask a body to help. One that has signed can be asked anew: there is more to do, or the case was reopened."""
    row = _helper(case, body_id, context)
    if body_id == case.lead_body_id or (row is not None and row.signed_at is None):
        raise errors.AlreadyCoHandler(field="body_id")
    if row is None:
        row = CoHandler(id=uuid7(), case_id=case.id, body_id=body_id, asked_at=context.at, asked_for=asked_for)
        context.batch.ask_co_handler(row)
    else:
        ledger.mark(case, row)
        row.asked_at, row.asked_for, row.signed_at, row.signed_note = context.at, asked_for, None, ""
        context.batch.change_co_handler(row)
    ledger.mark(case, row)
    if body_id not in case.bodies:
        case.bodies = [*case.bodies, body_id]
    context.data.setdefault("co_bodies", []).append(str(body_id))


def _helper(case: Case, body_id: UUID, context: Context) -> CoHandler | None:
    return next((row for row in context.batch.co_handlers(case) if row.body_id == body_id), None)


def _ask_by_list(case: Case, body_id: UUID, context: Context) -> None:
    """A body that was asked before the case was rejected or reopened stays asked, and signs anew for the work done anew."""
    row = _helper(case, body_id, context)
    if row is None or row.signed_at is not None:
        _ask(case, body_id, "", context)


def sign(case: Case, context: Context) -> None:
    """Every body of the actor that was asked and has not signed."""
    own = set(context.by.bodies())
    rows = [row for row in context.batch.co_handlers(case) if row.signed_at is None and row.body_id in own]
    if not rows:
        raise errors.NotCoHandler
    for row in rows:
        _signed(case, row, context.move.note, context)


def _signed(case: Case, row: CoHandler, note: str, context: Context) -> None:
    ledger.mark(case, row)
    row.signed_at, row.signed_note = context.at, note
    ledger.mark(case, row)
    context.batch.change_co_handler(row)
    context.data.setdefault("signed", []).append(str(row.body_id))


def pause(case: Case, context: Context) -> None:
    case.paused_at = context.at
    case.escalates_at = None


def resume(case: Case, context: Context) -> None:
    if case.paused_at is None:
        raise errors.ClockRunning
    limits.resume_clock(case, context.at)
    context.data["due_at"] = case.due_at.isoformat() if case.due_at else None


def set_out(case: Case, context: Context) -> None:
    case.handler_id = _person(context.by) or case.handler_id


def arrive(lon: float | None, lat: float | None, datum: str) -> Effect:
    """The position, where the phone gave one, and how far it is from the case; whoever refuses it has arrived all the same."""

    def effect(case: Case, context: Context) -> None:
        if (lon is None) != (lat is None):
            raise errors.HalfAPosition(field="position")
        set_out(case, context)
        if lon is None or lat is None:
            return
        here = territory.position(lon, lat, datum)
        context.data["position"] = [round(degrees, ARRIVAL_DIGITS) for degrees in here]
        if case.lon is not None and case.lat is not None:
            context.data["metres"] = round(rules.metres_between(*here, case.lon, case.lat))

    return effect


def ask_help(case: Case, context: Context) -> None:
    # Before the desk's eyes at once, as what a leader asks for.
    supervise(case, context)


def hand_over(to: UUID) -> Effect:
    def effect(case: Case, context: Context) -> None:
        _require_colleague(case, to)
        case.handler_id = to
        context.data["to"] = str(to)

    return effect


def report_back(file_ids: Sequence[UUID], before_ids: Sequence[UUID] = ()) -> Effect:
    def effect(case: Case, context: Context) -> None:
        waiting = sum(row.signed_at is None for row in context.batch.co_handlers(case))
        if waiting:
            raise errors.CoHandlersOpen(count=waiting)
        if not file_ids and limits.proof_required(case) and not context.by.is_system:
            raise errors.ProofNeeded(field="files")
        _files(case, before_ids, Attachment.Step.BEFORE, context)
        _files(case, file_ids, Attachment.Step.AFTER, context)
        case.handler_id = _person(context.by) or case.handler_id
        case.handled_at = context.at
        case.escalates_at = None

    return effect


def verify(file_ids: Sequence[UUID]) -> Effect:
    def effect(case: Case, context: Context) -> None:
        _refuse_self_verification(case, context)
        _files(case, file_ids, Attachment.Step.VERIFY, context)

    return effect


def _refuse_self_verification(case: Case, context: Context) -> None:
    own_bodies = set(context.by.bodies())
    if (context.by.id is not None and context.by.id == case.handler_id) or own_bodies & set(case.bodies):
        raise errors.SelfVerification


def rework(case: Case, context: Context) -> None:
    _refuse_self_verification(case, context)
    case.handled_at = None
    limits.plan_escalation(case)


def end(case: Case, context: Context) -> None:
    case.closed_at = context.at
    case.escalates_at = None


def answer_call(case: Case, context: Context) -> None:
    if case.nature != Nature.QUESTION or case.channel != Channel.HOTLINE:
        raise errors.NotAQuestion(field="nature")
    case.responded = True
    end(case, context)


def evaluate(solved: bool, stars: int, responded: bool | None, comment: str) -> Effect:
    def effect(case: Case, context: Context) -> None:
        if not 1 <= stars <= 5:
            raise errors.WrongStars(field="stars")
        case.solved, case.stars = solved, stars
        # The reporter's own word on whether anybody answered counts more than the clock's.
        if responded is not None:
            case.responded = responded
        row = Evaluation(
            case_id=case.id,
            cycle=case.cycle,
            body_id=case.lead_body_id,
            solved=solved,
            stars=stars,
            comment=rules.clean_text(comment, 1000),
            at=context.at,
        )
        ledger.mark(case, row)
        context.batch.inserts.append(row)
        context.data.update({"solved": solved, "stars": stars})

    return effect


def reopen(case: Case, context: Context) -> None:
    if case.closed_at is not None and context.at - case.closed_at > rules.REOPEN_WITHIN:
        raise errors.ReopenTooLate(days=rules.REOPEN_WITHIN.days)
    # A declined case was never classed: the reporter's objection brings it before the desk again, which must class it.
    case.cycle += 1
    case.closed_at = case.handled_at = case.accepted_at = case.dispatched_at = None
    case.responded = case.solved = case.stars = None
    case.filed_at = context.at
    if case.case_class_id is not None:
        limits.start_clock(case, context.at)


def merge(into: UUID) -> Effect:
    def effect(case: Case, context: Context) -> None:
        target = context.batch.cases.get(into)
        if target is None or target.id == case.id or not target.is_open:
            raise errors.CannotMerge(field="into")
        # Seeing a case is not enough to let another's reporter follow it, and to count as support for it.
        if not rules.may_change(CHANGES["merge"], target, context.by):
            raise NotAllowed(field="into")
        case.merged_from, case.merged_into_id = case.state, target.id
        end(case, context)
        target.supports += 1 + case.supports
        context.data["into"] = str(target.id)
        context.batch.record(target, "absorb", Context(context.move, context.at, context.batch, {"case": str(case.id)}))

    return effect


def unmerge(case: Case, context: Context) -> None:
    target = _target(case, context)
    if target is None:
        raise errors.CannotMerge
    context.data["from"] = str(target.id)
    # Where the target was merged too, its own target had counted this case with it.
    while target is not None:
        target.supports = max(0, target.supports - 1 - case.supports)
        released = Context(context.move, context.at, context.batch, {"case": str(case.id)})
        context.batch.record(target, "release", released)
        target = _target(target, context)
    case.state, case.merged_from = case.merged_from, ""
    case.merged_into_id = case.closed_at = None
    limits.plan_escalation(case)


def _target(case: Case, context: Context) -> Case | None:
    return context.batch.cases.get(case.merged_into_id) if case.merged_into_id else None


def recall(last: Mapping[UUID, Entry]) -> Effect:
    """Take back the change of a case's last entry, as far as the table's own opposite would: what was decided beside it stays."""

    def effect(case: Case, context: Context) -> None:
        entry = last.get(case.id)
        if entry is None or not _may_recall(case, entry, context):
            raise errors.CannotRecall(minutes=rules.RECALL_WITHIN // timedelta(minutes=1))
        context.data["change"] = entry.action
        case.state = RECALLED[entry.action]
        if entry.action == "file":
            case.filed_at = case.response_due_at = case.due_at = case.escalates_at = None
            case.escalation = 0
        elif entry.action == "dispatch":
            case.dispatched_at = None
        elif entry.action == "assign":
            case.handler_id = UUID(entry.data["from"]) if entry.data["from"] else None
        else:
            case.closed_at = None

    return effect


# What can be taken back, and where the case then stands again.
RECALLED = {
    "file": State.COLLECTED,
    "decline": State.COLLECTED,
    "dispatch": State.FILED,
    "assign": State.DISPATCHED,
    "close": State.VERIFIED,
}


def _may_recall(case: Case, entry: Entry, context: Context) -> bool:
    """Whether the entry is the case's newest, tells of what can be taken back, and is the actor's own of a moment ago."""
    own = entry.actor_id is not None and (entry.actor_kind, entry.actor_id) == (context.by.kind, context.by.id)
    recent = context.at - entry.at <= rules.RECALL_WITHIN
    return own and recent and entry.seq == case.entries and entry.action in RECALLED


def supervise(case: Case, context: Context) -> None:
    if case.priority == Priority.NORMAL:
        case.priority = Priority.URGENT


def support(case: Case, context: Context) -> None:
    assert context.by.id is not None
    # Under lock: of two clicks at once the second sees the first.
    if Support.objects.filter(case=case.id, person=context.by.id).exists():
        raise errors.SupportedAlready
    case.supports += 1
    row = Support(case_id=case.id, person_id=context.by.id, at=context.at)
    ledger.mark(case, row)
    context.batch.inserts.append(row)


def escalate(case: Case, context: Context) -> None:
    """Up one level, unless another worker was faster."""
    if case.escalates_at is None or case.escalates_at > context.at:
        raise errors.WrongState(change="escalate", state=State(case.state).label)
    case.escalation += 1
    limits.plan_escalation(case)
    context.data["level"] = case.escalation


def _files(case: Case, file_ids: Sequence[UUID], step: str, context: Context) -> None:
    # Nothing is written before the end of the call: a file that an earlier case of the call took still looks free.
    if context.batch.files.intersection(file_ids):
        raise errors.FileNotYours(field="files")
    context.batch.files.update(file_ids)
    attach(context.batch.write, attachments_of(case, file_ids, step), context.by)
    if file_ids:
        context.data.setdefault("files", []).extend(sorted(str(file_id) for file_id in file_ids))


def erase(person_id: UUID) -> Effect:
    """Take a person out of the case. What an open case says stays until it has ended: its handler must know the matter."""

    def effect(case: Case, context: Context) -> None:
        for row in Support.objects.filter(case=case, person=person_id):
            ledger.mark(case, row)
            row.delete()
        if case.reporter_id != person_id:
            return
        case.reporter_id = None
        for contact in CaseContact.objects.filter(case=case):
            ledger.mark(case, contact)
            contact.delete()
        if not case.is_open:
            _erase_text(case)

    return effect


def _erase_text(case: Case) -> None:
    text = CaseText.objects.get(case=case)
    ledger.mark(case, text)
    text.title, text.description, text.address, text.search = rules.ERASED, "", "", None
    text.save()
    ledger.mark(case, text)
