"""The small city with a camera in its western half."""

from collections.abc import Iterator

import pytest
from factories.again import Made
from factories.world import HERE, World, forget_caches

from linli.cameras import actions
from linli.cameras.actions import Told
from linli.cameras.models import Camera
from linli.foundation.access import SYSTEM, acting_as


@pytest.fixture
def world(db: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    made = made_world.again()
    yield made
    forget_caches()


def told(world: World, **other: object) -> Told:
    usual = {
        "name": "东门", "lon": HERE[0], "lat": HERE[1], "owner_id": world.bodies["street"].id, "purpose": "消防通道", "kind": "hls",
        "address": "https://cam.example:8443/live/1.m3u8?token=s3cret", "retention_days": 30, "direction": 90, "sign": "门口",
    }  # fmt: skip
    return Told(**{**usual, **other})  # type: ignore[arg-type]


@pytest.fixture
def camera(world: World) -> Camera:
    with acting_as(SYSTEM):
        return actions.register(told=told(world), by=SYSTEM)
