"""Whether it was done: verified, ended, rated, reopened."""

from collections.abc import Sequence
from uuid import UUID

from linli.cases import errors, ledger, limits, rules
from linli.cases.actions.effects.handling import add_files
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Attachment, Case, Channel, Evaluation, Nature


def verify(file_ids: Sequence[UUID]) -> Effect:
    def effect(case: Case, context: Context) -> None:
        _refuse_self_verification(case, context)
        add_files(case, file_ids, Attachment.Step.VERIFY, context)

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
