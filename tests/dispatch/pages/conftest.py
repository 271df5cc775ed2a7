"""Browsers of those who dispatch and of those who are sent."""

from collections.abc import Callable

import pytest
from django.test import Client
from factories.browsing import client_of
from factories.world import START_AT, World

from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Post


@pytest.fixture
def enter() -> Callable[[Actor], Client]:
    """A browser of somebody who is signed in; in English."""
    return client_of


@pytest.fixture
def desk(world: World, enter: Callable[[Actor], Client]) -> Client:
    return enter(_post(world, "dispatcher", Role.DISPATCHER, "W"))


def _post(world: World, name: str, role: Role, unit: str) -> Actor:
    actor = world.actor(name, role, unit)
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=role, unit=world.units[unit], valid_from=START_AT)
    return actor
