"""What a door is after its visits: the greatest of them. So the order and the number of deliveries change nothing. Pure.

`(reached, time, id)` is a total order, and its maximum is commutative, associative and idempotent: a join, as in a state-based
replicated type (Shapiro, Preguiça, Baquero and Zawirski, 2011). A household that was reached stays reached: a colleague who later
finds nobody home has learnt nothing new about it; a later visit that reaches it brings the newer truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

REACHED = frozenset({"done", "refused", "moved"})
TO_REPEAT = frozenset({"nobody_home", "other_language", "unsafe"})


def is_left_to_desk(outcome: str, visits: int, most_attempts: int) -> bool:
    """Whether a door was visited in vain so often that no team goes there again unasked."""
    return outcome in TO_REPEAT and visits >= most_attempts


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that counts."""

    id: UUID
    outcome: str
    at: datetime
    team: UUID
    next_at: datetime | None = None

    @property
    def rank(self) -> tuple[bool, datetime, UUID]:
        return (self.outcome in REACHED, self.at, self.id)


@dataclass(frozen=True, slots=True)
class Standing:
    """A door as it stands: the visit that counts most, how many there were, and which teams stood there."""

    best: Visit
    visits: int
    teams: frozenset[UUID]


def standing(visits: Iterable[Visit], before: Standing | None = None) -> Standing | None:
    """A door after some more visits, each given once."""
    for visit in visits:
        if before is None:
            before = Standing(visit, 1, frozenset({visit.team}))
            continue
        best = max(before.best, visit, key=lambda one: one.rank)
        before = replace(before, best=best, visits=before.visits + 1, teams=before.teams | {visit.team})
    return before


def moment_of(visited_at: datetime, sent_at: datetime, received_at: datetime) -> datetime:
    """When a visit was made: the phone's time, moved by what its clock was off when it sent; never later than its arrival.

    A phone whose clock is three hours ahead says so of the visit and of the sending, and the difference is right. It is taken in
    whole minutes: what the network takes is no error of the clock, and the same visit is to have the same time however it came.
    """
    off = timedelta(minutes=round((received_at - sent_at) / timedelta(minutes=1)))
    return min(visited_at + off, received_at)
