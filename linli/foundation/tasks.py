"""What waits for a person, from every room: one inbox that does not know the rooms.

A room registers its source in its AppConfig.ready. A source reads in the actor's scope, in a number of statements that does not
grow with the tasks, and gives the most urgent first.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from linli.foundation.access import Actor


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `due` is the next limit, None where no clock runs; `to_sign` is another's work that waits for a signature."""

    source: str
    title: str
    place: str
    href: str
    state: str
    unit_ids: tuple[UUID, ...] = ()
    lon: float | None = None
    lat: float | None = None
    due: datetime | None = None
    due_words: str = ""
    due_tone: str = ""
    tone: str = ""
    urgent: str = ""
    urgent_tone: str = ""
    to_sign: bool = False
    # Meant for this very person, by whom and why: it stands before what the whole body is to do.
    assigned: bool = False
    by: str = ""
    because: str = ""
    note: str = ""
    number: str = ""
    picture: str = ""
    # What it is about, and who has it in hand: another room may know more of it (`arrange`).
    subject: UUID | None = None
    holder: UUID | None = None
    # Which stop of the actor's round it is.
    stop: int | None = None


Source = Callable[[Actor], Sequence[Task]]
Arrange = Callable[[Actor, list[Task]], list[Task]]
# In the order in which an inbox shows them.
SECTIONS = ("round", "overdue", "today", "later", "to_sign")
_sources: dict[str, Source] = {}
_arranged: dict[str, Arrange] = {}


def register(name: str, source: Source) -> None:
    _sources[name] = source


def forget(name: str) -> None:
    """Take a source out again: for tests that play a room."""
    _sources.pop(name, None)


def arrange(name: str, arranging: Arrange) -> None:
    """What a room knows of other rooms' tasks: it gives each of them again, with more said of it."""
    _arranged[name] = arranging


def waiting(actor: Actor) -> list[Task]:
    """Everything that waits for the actor: their round in its order, then what is meant for them, then the nearest limit."""
    found = [task for source in _sources.values() for task in source(actor)]
    for arranging in _arranged.values():
        found = arranging(actor, found)
    return sorted(found, key=_turn)


def _turn(task: Task) -> tuple[int | float, bool, bool, float]:
    stop = float("inf") if task.stop is None else task.stop
    return (stop, not task.assigned, task.due is None, task.due.timestamp() if task.due else 0.0)


def section_of(task: Task, now: datetime) -> str:
    """Where an inbox shows the task: a round stands first, another's work to be signed by itself, whatever their limits."""
    if task.stop is not None:
        return "round"
    if task.to_sign:
        return "to_sign"
    if task.due is None:
        return "later"
    if task.due < now:
        return "overdue"
    return "today" if _day(task.due) == _day(now) else "later"


def by_section(tasks: Iterable[Task], now: datetime) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {section: [] for section in SECTIONS}
    for task in tasks:
        found[section_of(task, now)].append(task)
    return found


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
