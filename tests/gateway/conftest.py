"""The small city of tests/factories, who works in it, an administrator of its gateway, and a subscriber to its webhooks."""

from collections.abc import Callable, Iterator

import pytest
from factories.again import Made
from factories.passing import passing
from factories.subscriber import Subscriber, listening
from factories.world import World, forget_caches
from gateway.messaging import Sent, posted

from linli.foundation import rates
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.gateway import channels, queries
from linli.gateway.actions import create_key


@pytest.fixture
def world(db: None, made_world: Made[World]) -> Iterator[World]:
    forget_caches()
    made = made_world.again()
    forget()
    yield made
    forget_caches()
    forget()


def forget() -> None:
    queries.forget_keys()
    queries.forget_subscriptions()
    rates.keys.forget()
    rates.addresses.forget()


@pytest.fixture
def day() -> Iterator[None]:
    """The clock stands at a weekday's morning, and goes on as the test says."""
    with passing():
        yield


@pytest.fixture
def admin(world: World) -> Actor:
    """Manages the gateway of the western subdistrict."""
    return world.actor("admin", Role.ADMIN, "W")


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with listening() as state:
        yield state


@pytest.fixture
def key(world: World) -> Callable[..., str]:
    """Makes a key that reads what lies in a unit."""

    def make(unit: str) -> str:
        with acting_as(SYSTEM):
            made = create_key(
                name="key",
                may=("read",),
                unit_id=world.id(unit),
                by=SYSTEM,
                role="",
                body_id=None,
                rate_per_minute=1000,
            )
        return made.secret

    return make


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> type[Sent]:
    Sent.taken, Sent.failing = [], None
    monkeypatch.setattr(channels, "channel", lambda _name: Sent())
    return Sent


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


@pytest.fixture
def handler(world: World) -> Actor:
    return posted(world, "handler", Role.HANDLER, "W", "water")
