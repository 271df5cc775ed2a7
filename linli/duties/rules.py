"""Who is responsible, which rows of a list contradict each other, and where nobody is responsible. No database.

The answer for a class and a place: the finest unit of the place's path that has a lead row counts; in that unit a row
for the minor class stands above one for its major class. The three lists are small, the questions many, so the rows are
kept as dictionaries: unit, then class, then the rows in order of time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from linli.foundation.worktime import Amount


class Located(Protocol):
    """Anything with a path: ids of units, root first. Territory's `Place` and `UnitInfo` are such."""

    @property
    def path(self) -> Sequence[UUID]: ...


class DutyRow(NamedTuple):
    """A row of a duty list as the index keeps it; `valid_to` is the first day on which it no longer holds."""

    id: UUID
    list_id: UUID
    class_id: UUID
    unit_id: UUID
    body_id: UUID
    lead: bool
    clause: str
    number: str
    row_number: int
    valid_from: date
    valid_to: date | None

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class PriorityRow(NamedTuple):
    id: UUID
    class_id: UUID
    unit_id: UUID
    clause: str
    item: str
    item_en: str
    season_from: str
    season_to: str
    valid_from: date
    valid_to: date | None

    def holds(self, day: date) -> bool:
        in_force = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return in_force and in_season(day, self.season_from, self.season_to)


@dataclass(frozen=True, slots=True)
class Considered:
    """A lead row that could have answered, and whether it did. `classes_up`: 0 the class itself, 1 its parent."""

    row: DutyRow
    classes_up: int
    chosen: bool


Row = TypeVar("Row", DutyRow, PriorityRow)
Index = dict[UUID, dict[UUID, list[Row]]]


def index_of(rows: Iterable[Row]) -> Index[Row]:
    """Rows by unit and class, each in order of time."""
    index: Index[Row] = {}
    for row in rows:
        index.setdefault(row.unit_id, {}).setdefault(row.class_id, []).append(row)
    for classes in index.values():
        for group in classes.values():
            group.sort(key=lambda row: row.valid_from)
    return index


def candidates(
    index: Index[Row], path: Sequence[UUID], lineage: Sequence[UUID], day: date
) -> Iterator[tuple[Row, int]]:
    """The rows that hold on the day, best first: finest unit, then the class itself before its parents.

    `lineage` is the class and its parents, finest first. The number says how far up the lineage the row's class is.
    """
    for unit_id in reversed(path):
        classes = index.get(unit_id)
        if classes is None:
            continue
        for classes_up, class_id in enumerate(lineage):
            for row in classes.get(class_id, ()):
                if row.holds(day):
                    yield row, classes_up


def explain(leads: Index[DutyRow], path: Sequence[UUID], lineage: Sequence[UUID], day: date) -> list[Considered]:
    """Every lead row that fits, best first; the first is the answer."""
    found = candidates(leads, path, lineage, day)
    return [Considered(row, classes_up, chosen=place == 0) for place, (row, classes_up) in enumerate(found)]


def co_bodies(
    helpers: Index[DutyRow], path: Sequence[UUID], lineage: Sequence[UUID], day: date, lead: UUID
) -> tuple[UUID, ...]:
    """The bodies that help: those of every level of the path, finest first, each once, without the lead."""
    bodies = dict.fromkeys(row.body_id for row, _ in candidates(helpers, path, lineage, day))
    bodies.pop(lead, None)
    return tuple(bodies)


def amount_text(amount: Amount) -> str:
    """A limit's amount as people write it: 4, not 4.00."""
    text = str(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_season(day: date, season_from: str, season_to: str) -> bool:
    """Whether the day lies in a season given as `MM-DD`, both ends included; empty is all year."""
    if not season_from:
        return True
    today = f"{day:%m-%d}"
    if season_from <= season_to:
        return season_from <= today <= season_to
    return today >= season_from or today <= season_to
