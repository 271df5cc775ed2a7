"""What may become of premises: one table, which actions, pages and the API read."""

from enum import StrEnum

from linli.campaigns.models import Standing


class Move(StrEnum):
    APPLY = "apply"
    OPEN = "open"
    CONDITIONS = "conditions"
    REFUSE = "refuse"
    CLOSE = "close"


MOVES: dict[Standing, dict[Move, Standing]] = {
    Standing.CLOSED: {Move.APPLY: Standing.APPLIED},
    Standing.APPLIED: {
        Move.OPEN: Standing.OPENED,
        Move.CONDITIONS: Standing.CONDITIONAL,
        Move.REFUSE: Standing.CLOSED,
    },
    Standing.CONDITIONAL: {Move.OPEN: Standing.OPENED, Move.CLOSE: Standing.CLOSED},
    Standing.OPENED: {Move.CLOSE: Standing.CLOSED},
}
# What is found on the spot, and kept as a check.
INSPECTIONS = frozenset({Move.OPEN, Move.CONDITIONS, Move.REFUSE, Move.CLOSE})
