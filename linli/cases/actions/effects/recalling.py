"""A change is taken back, a moment after it was made."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from linli.cases import errors, rules
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Case, State
from linli.foundation.models import Entry


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
