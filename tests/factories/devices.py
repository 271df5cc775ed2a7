"""A device as its owner's register has it, and what it says."""

from datetime import datetime, timedelta
from typing import Any

from factories.world import HERE, World
from linli.foundation import clock
from linli.foundation.access import SYSTEM
from linli.sensors import actions
from linli.sensors.actions import Delivered, Measured, Told
from linli.sensors.models import Device
from linli.sensors.queries import Owner

MINUTE = timedelta(minutes=1)


def device(world: World, code: str = "water-1", **other: Any) -> Device:
    """A gauge that says too much above 50 cm, and is silent after half an hour."""
    usual = {
        "kind": "water_level", "name": "沟渠水位", "lon": HERE[0], "lat": HERE[1], "unit_id": world.id("Q"),
        "owner_id": world.bodies["street"].id, "silent_minutes": 30, "high": 50.0,
    }  # fmt: skip
    actions.register(told=[Told(code, **{**usual, **other})], by=SYSTEM)
    return Device.objects.get(code=code)


def says(
    world: World, *values: float, code: str = "water-1", at: datetime | None = None, owner: str = "street"
) -> Delivered:
    """These values, a minute between each, the last one now."""
    last = at or clock.now()
    sent = [
        Measured(number, code, last - MINUTE * (len(values) - 1 - number), value) for number, value in enumerate(values)
    ]
    return actions.deliver(owner=Owner(world.bodies[owner].id, ""), readings=sent)
