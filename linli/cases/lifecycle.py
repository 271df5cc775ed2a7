"""The one table of allowed changes, with the role that may make each. Pages, API and docs read it.

After GB/T 30428: collect → file → dispatch → accept → report back → verify → close → evaluate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.cases.models import State
from linli.foundation.access import Role


class By(StrEnum):
    """Who may make a change, beside the posts: people in their part in this very case."""

    REPORTER = "reporter"
    ANYONE = "anyone"
    SYSTEM = "system"


class Where(StrEnum):
    """What a post must cover for its role to count: the case's place, its lead body, or one of its co-handlers."""

    UNIT = "unit"
    LEAD = "lead"
    CO_HANDLER = "co_handler"


@dataclass(frozen=True, slots=True)
class Change:
    """One allowed change. `to` None leaves the state as it is."""

    name: str
    label: str | Promise
    sources: frozenset[State]
    to: State | None
    roles: frozenset[Role]
    by: frozenset[By] = frozenset()
    where: Where = Where.UNIT
    needs_note: bool = False
    # Proof is asked for where the class of the case wants it.
    needs_proof: bool = False
    while_paused: bool = False


OPEN = frozenset({State.COLLECTED, State.FILED, State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.VERIFIED})
_DESK = frozenset({Role.DESK})
_DISPATCH = frozenset({Role.DISPATCHER, Role.DESK})
_HANDLER = frozenset({Role.HANDLER})
_OFFICE = frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER})

_TABLE: Sequence[Change] = (
    Change("file", _("File"), frozenset({State.COLLECTED}), State.FILED, _DESK, frozenset({By.SYSTEM})),
    Change("decline", _("Decline"), frozenset({State.COLLECTED}), State.DECLINED, _DESK, needs_note=True),
    Change("classify", _("Change the class"), frozenset({State.COLLECTED, State.FILED}), None, _DISPATCH),
    Change("locate", _("Correct the place"), frozenset({State.COLLECTED, State.FILED}), None, _DISPATCH | {Role.HOTLINE_CLERK}),
    Change("dispatch", _("Dispatch"), frozenset({State.FILED}), State.DISPATCHED, _DISPATCH, frozenset({By.SYSTEM})),
    # The dispatcher names the person of the lead body who is to take it on; who takes it on in the end is their affair.
    Change("assign", _("Assign to a person"), frozenset({State.DISPATCHED}), None, _DISPATCH),
    Change("accept", _("Accept"), frozenset({State.DISPATCHED}), State.ACCEPTED, _HANDLER, where=Where.LEAD),
    Change("reject", _("Reject"), frozenset({State.DISPATCHED}), State.FILED, _HANDLER, where=Where.LEAD, needs_note=True),
    Change(
        "reassign", _("Reassign"), frozenset({State.DISPATCHED, State.ACCEPTED}), State.DISPATCHED, _DISPATCH,
        needs_note=True, while_paused=True,
    ),
    Change("ask_co_handler", _("Add a co-handler"), frozenset({State.DISPATCHED, State.ACCEPTED}), None, _DISPATCH | _HANDLER),
    Change(
        "sign", _("Sign as co-handler"), frozenset({State.DISPATCHED, State.ACCEPTED}), None, _HANDLER, where=Where.CO_HANDLER,
        needs_note=True,
    ),
    Change("pause", _("Pause the clock"), frozenset({State.DISPATCHED, State.ACCEPTED}), None, _DISPATCH | _HANDLER, needs_note=True),
    Change(
        "resume", _("Resume the clock"), frozenset({State.DISPATCHED, State.ACCEPTED}), None, _DISPATCH | _HANDLER,
        frozenset({By.SYSTEM}), while_paused=True,
    ),
    # On the way, at the place, in need of others: the state stays, the timeline tells it.
    Change("set_out", _("On my way"), frozenset({State.ACCEPTED}), None, _HANDLER, where=Where.LEAD),
    Change("arrive", _("Arrived"), frozenset({State.ACCEPTED}), None, _HANDLER, where=Where.LEAD),
    Change(
        "ask_help", _("Ask for help"), frozenset({State.DISPATCHED, State.ACCEPTED}), None, _HANDLER, where=Where.LEAD,
        needs_note=True, while_paused=True,
    ),
    Change("hand_over", _("Hand over to a colleague"), frozenset({State.ACCEPTED}), None, _HANDLER, where=Where.LEAD, while_paused=True),
    Change(
        "report_back", _("Report back"), frozenset({State.ACCEPTED}), State.HANDLED, _HANDLER, where=Where.LEAD,
        needs_note=True, needs_proof=True,
    ),
    Change("verify", _("Verification passed"), frozenset({State.HANDLED}), State.VERIFIED, frozenset({Role.VERIFIER})),
    Change(
        "rework", _("Verification failed"), frozenset({State.HANDLED}), State.ACCEPTED, frozenset({Role.VERIFIER}), needs_note=True
    ),
    Change("close", _("Close"), frozenset({State.VERIFIED}), State.CLOSED, _DESK, frozenset({By.SYSTEM})),
    Change(
        "evaluate", _("Evaluate"), frozenset({State.CLOSED}), State.EVALUATED, frozenset({Role.HOTLINE_CLERK, Role.DESK}),
        frozenset({By.REPORTER}),
    ),
    Change(
        "reopen", _("Reopen"), frozenset({State.CLOSED, State.EVALUATED, State.DECLINED}), State.FILED,
        frozenset({Role.DESK, Role.LEADER, Role.HOTLINE_CLERK}), frozenset({By.REPORTER}), needs_note=True,
    ),
    # A clerk joins a call to the case that another caller's made.
    Change("merge", _("Merge"), OPEN, State.MERGED, _DESK | {Role.HOTLINE_CLERK}, while_paused=True),
    # Back to where it stood: the effect sets the state.
    Change("unmerge", _("Undo the merge"), frozenset({State.MERGED}), None, _DESK, needs_note=True, while_paused=True),
    # Back to where the last change started, by who made it and soon after; the effect sets the state (rules.RECALL_WITHIN).
    Change(
        "recall", _("Take back"), frozenset({State.FILED, State.DECLINED, State.DISPATCHED, State.CLOSED}), None, _DISPATCH,
    ),
    Change("supervise", _("Supervise"), OPEN, None, frozenset({Role.LEADER}), needs_note=True, while_paused=True),
    Change(
        "comment", _("Add a note"), frozenset(State), None, _OFFICE | _HANDLER | {Role.VERIFIER, Role.HOTLINE_CLERK, Role.GRID_WORKER},
        frozenset({By.REPORTER}), needs_note=True, while_paused=True,
    ),
    Change("support", _("Me too"), OPEN, None, frozenset(), frozenset({By.ANYONE}), while_paused=True),
    Change(
        "erase", _("Erase personal data"), frozenset(State), None, frozenset(), frozenset({By.SYSTEM}), while_paused=True
    ),
    Change("escalate", _("Escalate"), OPEN, None, frozenset(), frozenset({By.SYSTEM})),
    Change(
        "ask", _("Ask the reporter"), frozenset(State), None, _OFFICE | {Role.HOTLINE_CLERK}, needs_note=True, while_paused=True
    ),
    Change(
        "answer", _("Answer the desk"), frozenset(State), None, frozenset(), frozenset({By.REPORTER}), needs_note=True,
        while_paused=True,
    ),
    # A question that was answered while the caller was on the phone: nothing is handled, so nothing is verified.
    Change(
        "answer_call", _("Answered on the phone"), frozenset({State.COLLECTED}), State.CLOSED,
        frozenset({Role.HOTLINE_CLERK}), needs_note=True,
    ),
)  # fmt: skip

CHANGES: dict[str, Change] = {change.name: change for change in _TABLE}


def changes_from(state: State) -> list[Change]:
    """The changes that start in this state, in the order of the table."""
    return [change for change in _TABLE if state in change.sources]
