"""The work itself: on the way, there, interrupted, handed over, reported back."""

from collections.abc import Sequence
from uuid import UUID

from linli.cases import errors, limits, rules
from linli.cases.actions.collecting import attach, attachments_of
from linli.cases.actions.effects.dispatching import person_of, require_colleague
from linli.cases.actions.effects.pressing import supervise
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Attachment, Case
from linli.territory import queries as territory

# An arrival is kept to about ten metres: enough to say that somebody was there, too little to say where in the yard.
ARRIVAL_DIGITS = 4


def pause(case: Case, context: Context) -> None:
    case.paused_at = context.at
    case.escalates_at = None


def resume(case: Case, context: Context) -> None:
    if case.paused_at is None:
        raise errors.ClockRunning
    limits.resume_clock(case, context.at)
    context.data["due_at"] = case.due_at.isoformat() if case.due_at else None


def set_out(case: Case, context: Context) -> None:
    case.handler_id = person_of(context.by) or case.handler_id


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
        require_colleague(case, to)
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
        add_files(case, before_ids, Attachment.Step.BEFORE, context)
        add_files(case, file_ids, Attachment.Step.AFTER, context)
        case.handler_id = person_of(context.by) or case.handler_id
        case.handled_at = context.at
        case.escalates_at = None

    return effect


def add_files(case: Case, file_ids: Sequence[UUID], step: str, context: Context) -> None:
    # Nothing is written before the end of the call: a file that an earlier case of the call took still looks free.
    if context.batch.files.intersection(file_ids):
        raise errors.FileNotYours(field="files")
    context.batch.files.update(file_ids)
    attach(context.batch.write, attachments_of(case, file_ids, step), context.by)
    if file_ids:
        context.data.setdefault("files", []).extend(sorted(str(file_id) for file_id in file_ids))
