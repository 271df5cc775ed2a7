"""How many open cases a change of duties concerns: `duties` asks before it is saved."""

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
