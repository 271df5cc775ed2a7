"""What of a proposal its timeline digests, and the writing of its entries."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from linli.dispatch.models import Decision, Proposal
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, acting_as

SUBJECT = "proposal"


def state_of(proposal: Proposal, decisions: Sequence[Decision]) -> dict[str, Any]:
    """The proposal as it was shown, and each decision of it in order."""
    return {
        "unit": proposal.unit_id,
        "asked_at": proposal.asked_at,
        "lines": proposal.lines,
        "undone": proposal.undone,
        "decisions": [_decision(one) for one in decisions],
        **({"kind": proposal.kind} if proposal.kind != Proposal.Kind.NOW else {}),
        # What was digested before it was kept, stays as it was.
        **({"measured": proposal.measured} if proposal.measured else {}),
    }


def _decision(one: Decision) -> list[Any]:
    """Teams and stops stand in it where there are any: what was digested before there were, stays as it was."""
    found = [str(one.case_id), one.kind, str(one.person_id or ""), one.why]
    return found if one.team_id is None and one.stop is None else [*found, str(one.team_id or ""), one.stop]


def states_of(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    proposals = Proposal.objects.filter(pk__in=ids).prefetch_related("decisions")
    return {one.id: state_of(one, sorted(one.decisions.all(), key=lambda row: row.id)) for one in proposals}


def record(
    proposal: Proposal, action: str, *, by: Actor, note: str = "", data: Mapping[str, Any] | None = None
) -> None:
    """One entry on the proposal's timeline. Needs a transaction that holds the proposal's row."""
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=SUBJECT,
            subject_id=proposal.id,
            action=action,
            by=by,
            state=states_of([proposal.id])[proposal.id],
            note=note,
            data=data,
        )
