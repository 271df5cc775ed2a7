"""What is asked and what is answered: who may be sent, what is to be done, and a plan with its reasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from linli.dispatch.travel import Measured, Mode, Place


class Priority(IntEnum):
    """What leaving a task undone weighs."""

    NORMAL = 1
    URGENT = 4
    EMERGENCY = 10


class Obstacle(StrEnum):
    """Why somebody is not sent. The last two could go: others do better, or they got other tasks of this proposal."""

    ABSENT = "absent"
    NO_POSITION = "no_position"
    NO_PLACE = "no_place"
    OTHER_TEAM = "other_team"
    NO_SKILL = "no_skill"
    FULL = "full"
    SHIFT_ENDS = "shift_ends"
    TOO_FAR = "too_far"
    BUSY = "busy"
    FARTHER = "farther"


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who may be sent, or a team. `starts` None: not on duty at all. `place` None: nobody knows where they are."""

    id: str
    place: Place | None
    starts: datetime | None
    ends: datetime | None
    skills: frozenset[str] = frozenset()
    team: str = ""
    in_hand: int = 0
    most: int = 5
    mode: Mode = Mode.BIKE


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done at a place. With no `teams` anybody may do it; `due` is the moment by which somebody must be there."""

    id: str
    place: Place | None
    minutes: int = 30
    due: datetime | None = None
    skills: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Why:
    """Why this person is not sent: the obstacle, and the figures that belong to it."""

    worker: str
    obstacle: Obstacle
    skills: tuple[str, ...] = ()
    holds: int = 0
    metres: int | None = None
    arrives: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One task for one person, with the reason in its parts."""

    task: str
    worker: str
    metres: int
    arrives: datetime
    # How long before the task is due; negative where it was overdue before anybody was asked.
    spare: timedelta | None
    # What they hold when they take this on: of before, and of this proposal.
    holds: int
    # How many others who could go are nearer now.
    nearer: int
    skills: tuple[str, ...] = ()
    # The task of this proposal from which they come; none: from where they are.
    after: str | None = None
    alternatives: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """A task that nobody gets, and for each person the reason."""

    task: str
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed. `gain` says how much cheaper it is than nearest-first: 1.0 is the same, never less. `measured` None: with nobody
    to go, no way was."""

    lines: tuple[Line, ...]
    undone: tuple[Undone, ...]
    travel_minutes: int
    cost: float
    gain: float
    measured: Measured | None
