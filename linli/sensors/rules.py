"""What holds of readings and alerts whatever is stored. Pure."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

# A limit is crossed when so many readings in a row say so: a single one may be a slip.
IN_A_ROW = 2
MOST_READINGS = 1000
# Clocks of devices run ahead; what is older than this is no news, and what it was kept for is over.
AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=30)
KEPT = timedelta(days=90)
LONGEST_SILENCE = 60 * 24 * 30
REASON_LENGTH = 500
CODE_LENGTH = 40
NAME_LENGTH = 120
MARK = "lls_"
PREFIX_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Run:
    """How many readings in a row were beyond the same limit."""

    side: str = ""
    times: int = 0

    @property
    def crossed(self) -> bool:
        return bool(self.side) and self.times >= IN_A_ROW

    def then(self, side: str) -> "Run":
        return Run(side, self.times + 1 if side == self.side else 1) if side else Run()


def side_of(value: float, low: float | None, high: float | None) -> str:
    """'low' or 'high' beyond a limit, '' within them; a limit itself is within."""
    if low is not None and value < low:
        return "low"
    return "high" if high is not None and value > high else ""


def is_silent(last: datetime, silent_minutes: int, now: datetime) -> bool:
    """Whether a device whose last reading is of `last` has not reported for longer than its register allows."""
    return now - last > timedelta(minutes=silent_minutes)


def may_be_of(at: datetime, now: datetime) -> bool:
    """Whether a reading may be of this moment: neither too old nor from a clock that is ahead."""
    return now - OLDEST <= at <= now + AHEAD


def new_token() -> str:
    """192 random bits."""
    return MARK + secrets.token_urlsafe(24)


def looks_like_a_token(text: str) -> bool:
    """Whether it has the form of one; whether it is one, the table says."""
    return re.fullmatch(rf"{MARK}[A-Za-z0-9_-]{{32}}", text) is not None
