"""Notices, and what is known of their places and people."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from campaigns.conftest import Area

from linli.campaigns import tasks
from linli.campaigns.actions import telling as acts
from linli.campaigns.actions.telling import Notice
from linli.campaigns.models import Declaration, Home, Telling, TellingPlace
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, acting_as

JSON = {"headers": {"accept": "application/json"}}


def notice(area: Area, *units: str, **other: Any) -> Notice:
    now = clock.now()
    usual: dict[str, Any] = {
        "id": uuid4(), "source": "alert", "units": [area.world.id(unit) for unit in units or ("W1",)], "title": "内涝预警",
        "text": "不要下到地下室。", "starts_at": now, "ends_at": now + timedelta(hours=6),
    }  # fmt: skip
    return Notice(**(usual | other))


def begun(area: Area, said: Notice, *instead_of: UUID) -> Telling:
    with acting_as(SYSTEM):
        row = acts.begin_telling(notice=said, by=SYSTEM, instead_of=instead_of)
        acts.fill(telling=row.pk)
    return row


def place_of(row: Telling, area: Area, name: str) -> TellingPlace:
    with acting_as(SYSTEM):
        return TellingPlace.objects.select_related("telling").get(telling=row, building=area.world.id(name))


def bound(area: Area, name: str, door: int, declared: Declaration) -> Home:
    """Somebody whose account is bound to a door."""
    home = area.doors[name][door]
    with acting_as(SYSTEM):
        person = area.world.staff(f"resident-{uuid4()}")
        return Home.objects.create(
            person=person,
            declaration=declared,
            door=home.id,
            building_id=home.building_id,
            community=area.world.units["W1"],
        )


def titles(actor: Actor) -> list[tuple[str, str]]:
    with acting_as(actor):
        return [(task.place.split()[-1], task.state) for task in tasks.tellings(actor)]
