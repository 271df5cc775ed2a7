"""What no person has in hand yet, and what persons have: dispatch asks."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from linli.cases import limits
from linli.cases.models import Case, State
from linli.cases.queries.narrowing import Filters, narrowed, require_unit
from linli.duties import queries as duties
from linli.duties.errors import NoResponsibleBody
from linli.foundation.access import Actor

# With their body, or on the way to it.
UNASSIGNED = (State.FILED, State.DISPATCHED)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A case that nobody has in hand, and the body that is to do it: the one it was sent to, or whose duty it is (None: nobody's)."""

    case: Case
    body_id: UUID | None


def unassigned(actor: Actor, unit_id: UUID, *, most: int) -> list[Unassigned]:
    """The most urgent ones of a unit. One statement. Raises NotFound outside the actor's units."""
    require_unit(actor, unit_id)
    # A case that was reopened still names who had it; before it is dispatched anew that means nothing.
    free = Q(state=State.FILED) | Q(handler=None)
    found = narrowed(actor, Filters(states=UNASSIGNED, unit_id=unit_id)).filter(free, paused_at=None)
    cases = found.select_related("text").order_by("urgent_at", "pk")[:most]
    return [Unassigned(case, case.lead_body_id if case.state == State.DISPATCHED else _duty_of(case)) for case in cases]


def _duty_of(case: Case) -> UUID | None:
    if case.case_class_id is None:
        return None
    try:
        return duties.responsible(case.case_class_id, limits.place_of(case)).body_id
    except NoResponsibleBody:
        return None


def in_hand_of(person_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many open cases each of them has in hand or was assigned. One statement. For the system."""
    held = Case.objects.filter(handler__in=person_ids, state__in=[State.DISPATCHED, State.ACCEPTED], closed_at=None)
    return dict(held.values("handler").annotate(cases=Count("pk")).order_by().values_list("handler", "cases"))
