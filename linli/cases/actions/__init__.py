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
    erase,
    escalate,
    evaluate,
    file,
    locate,
    merge,
    pause,
    reassign,
    recall,
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
from linli.cases.actions.trying import tried
from linli.cases.actions.views import move_view, remove_view, save_view

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
    "erase",
    "escalate",
    "evaluate",
    "file",
    "learn_classes",
    "locate",
    "merge",
    "move_view",
    "pause",
    "reassign",
    "recall",
    "reject",
    "remove_view",
    "reopen",
    "report_back",
    "resume",
    "rework",
    "save_view",
    "sign",
    "supervise",
    "support",
    "tried",
    "unmerge",
    "verify",
]
