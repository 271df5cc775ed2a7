"""How many open cases a change of duties or of a boundary concerns: asked before it is saved."""

from collections.abc import Sequence
from uuid import UUID

from linli.cases.lifecycle import OPEN
from linli.cases.models import State
from linli.cases.queries import visible_to
from linli.duties.effects import OpenCases
from linli.foundation.access import current_actor

# Nobody has been given these yet.
WAITING = frozenset({State.COLLECTED, State.FILED})


def count(class_ids: Sequence[UUID] | None, unit_id: UUID | None) -> OpenCases:
    """Of these classes (None: of all) in a unit, in the scope of who acts."""
    actor = current_actor()
    if actor is None:
        return OpenCases(0, 0)
    found = visible_to(actor).filter(state__in=OPEN)
    if class_ids is not None:
        found = found.filter(case_class__in=class_ids)
    if unit_id is not None:
        found = found.filter(units__contains=[unit_id])
    waiting = found.filter(state__in=WAITING).count()
    unfiled = found.filter(state=State.COLLECTED).count()
    return OpenCases(found.count() - waiting, waiting, unfiled)


def positions(unit_id: UUID, west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    """Longitude and latitude of the open cases of a unit in a window, in the scope of who acts."""
    actor = current_actor()
    if actor is None:
        return []
    found = visible_to(actor).filter(state__in=OPEN, closed_at=None, units__contains=[unit_id])
    inside = found.filter(lon__range=(west, east), lat__range=(south, north)).values_list("lon", "lat")
    return [(lon, lat) for lon, lat in inside if lon is not None and lat is not None]
