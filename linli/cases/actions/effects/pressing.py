"""What makes a case more urgent: the desk, other people, time."""

from linli.cases import errors, ledger, limits
from linli.cases.actions.moves import Context
from linli.cases.models import Case, Priority, State, Support


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
