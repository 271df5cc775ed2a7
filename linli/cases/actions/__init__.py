"""Everything that writes cases. `collect` makes them; each other verb is a row of `lifecycle.CHANGES`.

Every verb takes `cases` (ids) and works on one as on a thousand: one lock, one statement. `moves.carry_out` is the one path.
"""

from linli.cases.actions.changes import (
    accept,
    ask_co_handler,
    classify,
    close,
    comment,
    decline,
    dispatch,
    escalate,
    evaluate,
    file,
    locate,
    merge,
    pause,
    reassign,
    reject,
    reopen,
    report_back,
    resume,
    rework,
    sign,
    supervise,
    support,
    unmerge,
    verify,
)
from linli.cases.actions.collecting import Collected, collect, collect_many
from linli.cases.actions.learning import learn_classes
from linli.cases.actions.moves import Move, Outcome, carry_out

__all__ = [
    "Collected",
    "Move",
    "Outcome",
    "accept",
    "ask_co_handler",
    "carry_out",
    "classify",
    "close",
    "collect",
    "collect_many",
    "comment",
    "decline",
    "dispatch",
    "escalate",
    "evaluate",
    "file",
    "learn_classes",
    "locate",
    "merge",
    "pause",
    "reassign",
    "reject",
    "reopen",
    "report_back",
    "resume",
    "rework",
    "sign",
    "supervise",
    "support",
    "unmerge",
    "verify",
]
