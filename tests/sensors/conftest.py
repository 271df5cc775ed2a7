"""The small city of tests/factories, in the test's transaction."""

from collections.abc import Iterator

import pytest
from factories.world import World, forget_caches, make_world

from linli.foundation.access import SYSTEM, acting_as


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with acting_as(SYSTEM):
        made = make_world()
    yield made
    forget_caches()
