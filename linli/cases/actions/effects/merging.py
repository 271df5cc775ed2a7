"""Two reports of one matter."""

from uuid import UUID

from linli.cases import errors, limits, rules
from linli.cases.actions.effects.verifying import end
from linli.cases.actions.moves import Context, Effect
from linli.cases.lifecycle import CHANGES
from linli.cases.models import Case
from linli.foundation.errors import NotAllowed


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
