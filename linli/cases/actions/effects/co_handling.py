"""Bodies that help the lead are asked, and sign."""

from uuid import UUID

from linli.cases import errors, ledger, rules
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Case, CoHandler
from linli.foundation.ids import uuid7
from linli.people import queries as people


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


def ask_by_list(case: Case, body_id: UUID, context: Context) -> None:
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
        signed(case, row, context.move.note, context)


def signed(case: Case, row: CoHandler, note: str, context: Context) -> None:
    ledger.mark(case, row)
    row.signed_at, row.signed_note = context.at, note
    ledger.mark(case, row)
    context.batch.change_co_handler(row)
    context.data.setdefault("signed", []).append(str(row.body_id))
