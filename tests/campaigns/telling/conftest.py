"""Who stands at the doors, and a notice that is told there."""

import pytest
from campaigns.conftest import Area
from campaigns.telling.notices import begun, notice
from campaigns.test_following import asking

from linli.campaigns.models import Telling
from linli.foundation.access import Actor, Role

__all__ = ["asking"]


@pytest.fixture
def worker(area: Area) -> Actor:
    return area.world.actor("grid", Role.GRID_WORKER, "W1")


@pytest.fixture
def row(area: Area) -> Telling:
    return begun(area, notice(area))
