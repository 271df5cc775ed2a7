"""What no person has in hand yet, and what persons have: dispatch asks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from linli.cases import limits
from linli.cases.models import UNASSIGNED, Case, State
from linli.cases.queries.narrowing import Filters, narrowed, require_unit
from linli.duties import queries as duties
from linli.duties.errors import NoResponsibleBody
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.statement import prepared


class Brief(NamedTuple):
    """What is asked of a case to find out who should go there; named as the case names it."""

    id: UUID
    state: str
    priority: str
    case_class_id: UUID | None
    lon: float | None
    lat: float | None
    units: list[UUID]
    lead_body_id: UUID | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A case that nobody has in hand, and the body that is to do it: the one it was sent to, or whose duty it is (None: nobody's)."""

    case: Case | Brief
    body_id: UUID | None


def unassigned(
    actor: Actor, unit_id: UUID, *, most: int, among: Collection[UUID] | None = None, priority: str = "",
    brief: bool = False,
) -> list[Unassigned]:  # fmt: skip
    """The most urgent ones of a unit, or of it those `among` these ids, or of one priority; `brief`, where none of them is shown and
    they may be hundreds. One statement.

    Raises NotFound outside the actor's units.
    """
    found = _most_urgent(actor, unit_id, among, priority)
    cases: Iterable[Case | Brief] = (
        map(Brief._make, found.values_list(*Brief._fields)[:most]) if brief else found.select_related("text")[:most]
    )
    return [Unassigned(case, case.lead_body_id if case.state == State.DISPATCHED else _duty_of(case)) for case in cases]


def ids_of_unassigned(
    actor: Actor, unit_id: UUID, *, most: int, among: Collection[UUID] | None = None, priority: str = ""
) -> list[UUID]:
    """The same by their ids alone: many of them cost little. One statement. Raises NotFound."""
    return list(_most_urgent(actor, unit_id, among, priority).values_list("pk", flat=True)[:most])


def count_unassigned(actor: Actor, unit_id: UUID) -> tuple[int, int]:
    """How many of a unit there are, and how many of them are overdue. One statement (migration 0017). Raises NotFound."""
    require_unit(actor, unit_id)
    asked = "SELECT cases, late FROM cases_unassigned($1::uuid, $2::timestamptz)"
    [(cases, late)] = prepared(asked, [unit_id, clock.now()])
    return cases, late


def _most_urgent(actor: Actor, unit_id: UUID, among: Collection[UUID] | None, priority: str) -> QuerySet[Case]:
    """Said as the indexes for it say it. Raises NotFound."""
    require_unit(actor, unit_id)
    found = narrowed(actor, Filters(open_only=True, unit_id=unit_id, priority=priority)).filter(UNASSIGNED)
    return (found if among is None else found.filter(pk__in=among)).order_by("urgent_at", "pk")


def _duty_of(case: Case | Brief) -> UUID | None:
    if case.case_class_id is None:
        return None
    try:
        return duties.responsible(case.case_class_id, limits.CasePlace(tuple(case.units))).body_id
    except NoResponsibleBody:
        return None


_IN_HAND = """
SELECT handler_id, count(*) FROM cases_case
WHERE handler_id = ANY($1::uuid[]) AND state IN ('dispatched', 'accepted') AND closed_at IS NULL GROUP BY handler_id
"""


def in_hand_of(person_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many open cases each of them has in hand or was assigned. One statement. For the system."""
    return dict(prepared(_IN_HAND, [list(person_ids)]))
