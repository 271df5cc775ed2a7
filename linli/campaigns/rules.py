"""What holds of joint control whatever is stored: who may do what, how long it may last, when it is in force. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from linli.campaigns import errors
from linli.foundation.access import Role
from linli.foundation.errors import DomainError
from linli.people import rules as people

# Decided anew at least this often: what goes on needs a reason each time.
LONGEST = timedelta(days=30)
# Open questions are settled and reports written in this time; then the data go, unless an exception was recorded.
DESTROYED_AFTER = timedelta(days=30)
# After the destruction no sum of fewer doors stays: of a building with one door, its sum is that household's.
FEWEST_KEPT = 10
LEAST_WORDS, MOST_WORDS = 4, 300


class Act(StrEnum):
    """What somebody may do with joint control of a unit."""

    SEE = "see"
    READ_ANSWERS = "read_answers"
    DECLARE = "declare"
    RUN = "run"
    FOLLOW = "follow"
    ORDER_DESTRUCTION = "order_destruction"


MAY: dict[Act, frozenset[Role]] = {
    Act.SEE: frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER, Role.ADMIN, Role.AUDITOR}),
    # What households said, and what was written down and photographed there: of who leads and helps them, no more.
    Act.READ_ANSWERS: frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER}),
    Act.DECLARE: frozenset({Role.LEADER}),
    Act.RUN: frozenset({Role.LEADER, Role.DISPATCHER}),
    Act.FOLLOW: frozenset({Role.GRID_WORKER, Role.DESK, Role.DISPATCHER, Role.LEADER}),
    Act.ORDER_DESTRUCTION: frozenset({Role.LEADER}),
}


class Stage(StrEnum):
    """Where a declaration stands, by the clock alone."""

    AHEAD = "ahead"
    IN_FORCE = "in_force"
    OVER = "over"
    DESTROYED = "destroyed"


def may(act: Act, grants: Iterable[Any], path: tuple[UUID, ...] | None = None) -> bool:
    """Whether one of the posts allows it, in a unit of this path or (None) anywhere."""
    return any(
        grant.role in MAY[act] and (path is None or grant.unit_id is None or grant.unit_id in path) for grant in grants
    )


def end_of(ends_at: datetime, ended_at: datetime | None) -> datetime:
    return min(ends_at, ended_at) if ended_at else ends_at


def stage(
    now: datetime, starts_at: datetime, ends_at: datetime, ended_at: datetime | None, destroyed_at: datetime | None
) -> Stage:
    """At `ends_at` it is over: the period is half-open."""
    if destroyed_at is not None:
        return Stage.DESTROYED
    if now >= end_of(ends_at, ended_at):
        return Stage.OVER
    return Stage.AHEAD if now < starts_at else Stage.IN_FORCE


def require_period(starts_at: datetime, ends_at: datetime) -> None:
    """Raises `EndNeeded`."""
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise errors.EndNeeded(field="ends_at", days=LONGEST.days)


def words_of(text: str, *, refused: type[DomainError] = errors.ReasonNeeded, field: str | None = None) -> str:
    """What is kept of a reason or a basis. Raises `refused`."""
    words = " ".join(text.split())
    if not LEAST_WORDS <= len(words) <= MOST_WORDS:
        raise refused(field=field)
    return words


def minutes_a_day(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """What somebody works on a day on which they work, by their shifts in the city's time; none of these overlap."""
    lengths: dict[Any, float] = {}
    for begin, end in spans:
        lengths[begin.date()] = lengths.get(begin.date(), 0.0) + (end - begin).total_seconds() / 60
    return min(round(sum(lengths.values()) / len(lengths)), 1440) if lengths else 0


def minutes_of_team(minutes: Iterable[int], usual: int) -> int:
    """What a team works in a day: the mean of its members', each of whom without a shift works the usual hours."""
    each = [one or usual for one in minutes]
    return max(round(sum(each) / len(each)), 1) if each else usual


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many: whoever reads it sees both, and what they come to in 100,000, exactly."""

    count: int
    of: int

    @property
    def per_100_000(self) -> Fraction:
        return Fraction(self.count * 100_000, self.of)

    def __str__(self) -> str:
        """Such as `0.79 (166 / 21,000,000)`; what lies in the middle is rounded to the even hundredth."""
        return f"{float(round(self.per_100_000, 2)):,.2f} ({self.count:,} / {self.of:,})"


def rate(count: int, of: int) -> Rate | None:
    """`count` of `of` people or households. Of nobody there is no rate: None."""
    return Rate(count, of) if of > 0 else None


def phone_key(phone: str) -> bytes | None:
    """By which a phone that one person carries is found; None of a landline, which a whole office answers, and of none."""
    try:
        return people.phone_hash(people.normalise_phone(phone)) if phone else None
    except people.InvalidPhone:
        return None
