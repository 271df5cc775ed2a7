"""Which part of a screening is shown to whom."""

from collections.abc import Sequence
from uuid import UUID

from linli.campaigns.models import Campaign
from linli.campaigns.pages.common import units_of, uuid_in
from linli.campaigns.rules import Act
from linli.foundation.access import Actor
from linli.foundation.errors import NotAllowed, NotFound
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import UnitInfo


def inside(unit_id: UUID, tops: Sequence[UUID]) -> list[UUID]:
    """The part of a unit in which one works: the whole of it, or those of one's units that lie in it."""
    path = territory.unit(unit_id).path
    if not set(path).isdisjoint(tops):
        return [unit_id]
    return [top for top in tops if unit_id in territory.unit(top).path]


def unit_of(actor: Actor, running: Campaign, asked: str | None, act: Act = Act.SEE) -> UnitInfo:
    """The unit that is shown: the one asked for, or the largest in which one may do this. Raises `NotFound`, `NotAllowed`."""
    tops = inside(running.unit_id, units_of(actor, act))
    if not tops:
        raise NotAllowed
    if not asked:
        return territory.unit(tops[0])
    chosen = uuid_in(asked)
    try:
        unit = territory.unit(chosen) if chosen else None
    except UnknownUnit:
        unit = None
    if unit is None or set(tops).isdisjoint(unit.path):
        raise NotFound
    return unit
