"""To whom the case goes, and who takes it."""

from uuid import UUID

from linli.cases import errors, limits, rules
from linli.cases.actions.effects.co_handling import ask_by_list, signed
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Case
from linli.duties import queries as duties
from linli.duties.errors import NoResponsibleBody
from linli.duties.queries import Responsibility
from linli.foundation.access import Actor, ActorKind
from linli.people import queries as people


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
            ask_by_list(case, co_body, context)

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
            signed(case, row, "", context)


def reassign(body_id: UUID) -> Effect:
    def effect(case: Case, context: Context) -> None:
        context.data["from_body"] = str(case.lead_body_id)
        case.duty_id = None
        case.dispatched_at = context.at
        _lead(case, body_id, context)

    return effect


def person_of(by: Actor) -> UUID | None:
    """The person who acts; another system that acts for a body by its key is none."""
    return by.id if by.kind is ActorKind.PERSON else None


def assign(to: UUID, because: str) -> Effect:
    def effect(case: Case, context: Context) -> None:
        require_colleague(case, to)
        context.data.update({"from": str(case.handler_id or ""), "to": str(to)})
        if because:
            context.data["because"] = rules.clean_text(because, 500)
        case.handler_id = to

    return effect


def require_colleague(case: Case, to: UUID) -> None:
    assert case.lead_body_id is not None
    if to == case.handler_id or to not in {one.id for one in people.colleagues(case.lead_body_id)}:
        raise errors.NoSuchColleague(field="to")


def accept(case: Case, context: Context) -> None:
    case.handler_id = person_of(context.by)
    if case.accepted_at is None:
        case.accepted_at = context.at
        case.responded = case.response_due_at is None or context.at <= case.response_due_at


def reject(case: Case, context: Context) -> None:
    context.data["body"] = str(case.lead_body_id)
    case.handler_id = None
    # It has answered, and waits for nobody there: the body's response rate does not count it.
    case.dispatched_at = None
