"""Who warns: a leader by a declaration, a service by its key."""

import pytest
from factories.world import World
from gateway.alerts.sending import Send, sender

from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Person, Post


@pytest.fixture
def leader(world: World) -> Actor:
    actor = world.actor("leader", Role.LEADER, "51")
    with acting_as(SYSTEM):
        Post.objects.get_or_create(person=Person.objects.get(pk=actor.id), role=Role.LEADER, unit=world.units["51"])
    return actor


@pytest.fixture
def service(world: World) -> Send:
    return sender(world, "51")
