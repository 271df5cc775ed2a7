"""The small city of tests/factories, in the test's transaction, seen by the system."""

from collections.abc import Iterator

import pytest
from factories.again import Made
from factories.world import World, forget_caches


@pytest.fixture
def world(db: None, as_system: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    yield made_world.again()
    forget_caches()
