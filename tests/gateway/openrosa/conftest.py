"""ODK Collect on the phone of a member of a running screening."""

from collections.abc import Iterator

import pytest
from campaigns.conftest import Running, area, declared, leader, running
from campaigns.test_following import asking
from gateway.openrosa.collect import Phone, connected

from linli.foundation import rates

# Fixtures of joint control, by their names.
__all__ = ["area", "asking", "declared", "leader", "running"]


@pytest.fixture
def phone(asking: Running) -> Phone:
    return connected(asking)


@pytest.fixture(autouse=True)
def fresh_rates() -> Iterator[None]:
    rates.keys.forget()
    yield
    rates.keys.forget()
