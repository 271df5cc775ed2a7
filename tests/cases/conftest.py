"""The small city of tests/factories, in the test's transaction."""

from collections.abc import Iterator

import pytest
from factories.again import Made
from factories.world import World, forget_caches


@pytest.fixture
def world(db: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    made = made_world.again()
    yield made
    forget_caches()
