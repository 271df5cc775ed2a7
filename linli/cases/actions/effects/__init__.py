"""What each change does to the case, beside its state. Called under lock, after the table has allowed the change."""

from linli.cases.actions.effects.co_handling import ask_co_handler, sign
from linli.cases.actions.effects.dispatching import accept, assign, dispatch, reassign, reject
from linli.cases.actions.effects.erasing import erase
from linli.cases.actions.effects.filing import classify, file, locate
from linli.cases.actions.effects.handling import arrive, ask_help, hand_over, pause, report_back, resume, set_out
from linli.cases.actions.effects.merging import merge, unmerge
from linli.cases.actions.effects.pressing import escalate, supervise, support
from linli.cases.actions.effects.recalling import recall
from linli.cases.actions.effects.verifying import answer_call, end, evaluate, reopen, rework, verify

__all__ = [
    "accept",
    "answer_call",
    "arrive",
    "ask_co_handler",
    "ask_help",
    "assign",
    "classify",
    "dispatch",
    "end",
    "erase",
    "escalate",
    "evaluate",
    "file",
    "hand_over",
    "locate",
    "merge",
    "pause",
    "reassign",
    "recall",
    "reject",
    "reopen",
    "report_back",
    "resume",
    "rework",
    "set_out",
    "sign",
    "supervise",
    "support",
    "unmerge",
    "verify",
]
