"""Those who work on a case, and a case as far along as a test needs it."""

from collections.abc import Callable
from uuid import UUID

import pytest
from cases.loop.steps import collect, do
from factories.world import World

from linli.cases import actions
from linli.foundation.access import Actor, Role, acting_as


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


@pytest.fixture
def handler(world: World) -> Actor:
    return world.actor("handler", Role.HANDLER, None, "street")


@pytest.fixture
def verifier(world: World) -> Actor:
    return world.actor("verifier", Role.VERIFIER, "W")


@pytest.fixture
def filed(world: World, desk: Actor) -> UUID:
    case_id = collect(world.resident())
    do(desk, actions.file, case_id)
    return case_id


@pytest.fixture
def accepted(filed: UUID, desk: Actor, handler: Actor) -> UUID:
    do(desk, actions.dispatch, filed)
    do(handler, actions.accept, filed)
    return filed


@pytest.fixture
def closed(accepted: UUID, desk: Actor, handler: Actor, verifier: Actor, proof: Callable[[Actor], UUID]) -> UUID:
    do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)])
    do(verifier, actions.verify, accepted)
    do(desk, actions.close, accepted)
    return accepted


@pytest.fixture
def proof() -> Callable[[Actor], UUID]:
    from linli.foundation.models import StoredFile

    def make(by: Actor) -> UUID:
        with acting_as(by):
            stored = StoredFile(
                sha256=bytes(32), kind="photo", media_type="image/jpeg", size=1, name="a.jpg", uploaded_by=by.id
            )
            stored.save(force_insert=True)
        return stored.id

    return make
