"""The small city of tests/factories, in the test's transaction, seen by the system."""

from collections.abc import Iterator

import pytest
from factories.world import World, forget_caches, make_world


@pytest.fixture
def world(db: None, as_system: None) -> Iterator[World]:
    yield make_world()
    forget_caches()
