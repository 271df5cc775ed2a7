"""What the pages of this room share: who asks about which unit, and the key of a form."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest

from linli.cases.pages.narrowing import unit_in, units_of
from linli.cases.pages.once_only import key_of
from linli.cases.pages.staff import staff_of
from linli.dispatch import rules
from linli.foundation.access import Actor
from linli.foundation.errors import NotAllowed
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

__all__ = ["actor_and_unit", "address", "id_in", "key_of", "may_send", "planner"]


def planner(request: HttpRequest) -> Actor:
    """Raises SignInNeeded, NotAllowed."""
    actor = staff_of(request)
    if not actor.roles() & rules.PLANNERS:
        raise NotAllowed
    return actor


def actor_and_unit(request: HttpRequest) -> tuple[Actor, UnitInfo]:
    """The unit of the address; where it cannot be read, or is not theirs, the first in which they plan. Raises SignInNeeded, NotAllowed."""
    actor = planner(request)
    asked = unit_in(request.GET.get("unit") or request.POST.get("unit", ""))
    if asked is not None and rules.may(actor, rules.PLANNERS, asked.path):
        return actor, asked
    own = (territory.unit(UUID(unit)) for unit in units_of(actor))
    found = next((unit for unit in own if rules.may(actor, rules.PLANNERS, unit.path)), None)
    if found is None:
        raise NotAllowed
    return actor, found


def may_send(actor: Actor, unit: UnitInfo) -> bool:
    return rules.may(actor, rules.DISPATCHERS, unit.path)


def id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def address(path: str, unit_id: UUID, **more: Any) -> str:
    return f"{path}?{urlencode({'unit': unit_id, **more}, doseq=True)}"
