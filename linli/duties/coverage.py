"""What a duty list must fulfil to be imported: one lead for each class and place, and nobody missing. No database.

Overlaps and gaps are found for the list as it would hold beside the other lists in force.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from uuid import UUID

from linli.duties.rules import DutyRow


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that both name who leads (or name the same body twice) for one class in one unit."""

    row: DutyRow
    other: DutyRow


@dataclass(frozen=True, slots=True)
class Gap:
    """A class for which nobody is responsible in these units."""

    class_id: UUID
    unit_ids: tuple[UUID, ...]


def overlaps(new: Sequence[DutyRow], others: Iterable[DutyRow]) -> list[Overlap]:
    """Each row of `new` that contradicts an earlier row of `new`, or a row of another list that meets it in time."""
    found = []
    leads: dict[tuple[UUID, UUID], DutyRow] = {}
    bodies: dict[tuple[UUID, UUID, UUID], DutyRow] = {}
    for row in new:
        place = (row.class_id, row.unit_id)
        earlier = bodies.setdefault((*place, row.body_id), row)
        if earlier is row and row.lead:
            earlier = leads.setdefault(place, row)
        if earlier is not row:
            found.append(Overlap(row, earlier))
    for other in others:
        mine = leads.get((other.class_id, other.unit_id)) if other.lead else None
        if mine is not None and _meet(mine, other):
            found.append(Overlap(mine, other))
    return found


def _meet(row: DutyRow, other: DutyRow) -> bool:
    """Whether there is a day on which both hold."""
    begins_in_time = other.valid_to is None or row.valid_from < other.valid_to
    return (
        begins_in_time
        and other.valid_to != other.valid_from
        and (row.valid_to is None or other.valid_from < row.valid_to)
    )


def gaps(
    leads: Iterable[DutyRow],
    lineages: Mapping[UUID, Sequence[UUID]],
    families: Iterable[tuple[Sequence[UUID], Sequence[UUID]]],
) -> list[Gap]:
    """Minor classes that nobody leads in some of the units.

    `lineages` maps each minor class to itself and its parents; `families` are units with the path above them, which
    those of one parent share. Both orders are kept.
    """
    named: dict[UUID, set[UUID]] = defaultdict(set)
    for row in leads:
        named[row.unit_id].add(row.class_id)
    led = {
        unit_id: frozenset(class_id for class_id, lineage in lineages.items() if not classes.isdisjoint(lineage))
        for unit_id, classes in named.items()
    }
    units: list[UUID] = []
    # Three thousand communities, a few answers: those in which the same classes are led lack the same ones.
    alike: dict[frozenset[UUID], list[int]] = defaultdict(list)
    for above, ids in families:
        led_above = frozenset().union(*(led[unit] for unit in above if unit in led))
        for unit in ids:
            own = led.get(unit)
            alike[led_above | own if own else led_above].append(len(units))
            units.append(unit)

    @cache
    def units_of(groups: tuple[frozenset[UUID], ...]) -> tuple[UUID, ...]:
        return tuple(units[position] for position in sorted(chain.from_iterable(alike[group] for group in groups)))

    lacking = {class_id: tuple(group for group in alike if class_id not in group) for class_id in lineages}
    return [Gap(class_id, units_of(groups)) for class_id, groups in lacking.items() if groups]
