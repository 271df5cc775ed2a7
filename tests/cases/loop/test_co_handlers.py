"""Bodies that help the lead: asked, signed, asked anew."""

from collections.abc import Callable
from uuid import UUID

import pytest
from cases.loop.steps import do
from factories.world import World

from linli.cases import actions, errors, ledger, queries
from linli.cases.models import Case, CoHandler, State
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.models import Entry

pytestmark = pytest.mark.django_db


def test_a_case_is_reported_back_only_when_every_co_handler_has_signed(
    world: World, accepted: UUID, desk: Actor, handler: Actor, proof: Callable[[Actor], UUID]
) -> None:
    do(desk, actions.ask_co_handler, accepted, body_id=world.bodies["water"].id, asked_for="关水")
    with pytest.raises(errors.AlreadyCoHandler):
        do(desk, actions.ask_co_handler, accepted, body_id=world.bodies["water"].id)
    with pytest.raises(errors.CoHandlersOpen):
        do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)])
    helper = world.actor("helper", Role.HANDLER, None, "water")
    with acting_as(helper):
        assert [case.id for case in queries.inbox(helper)] == [accepted]
    with pytest.raises(NotAllowed):
        do(helper, actions.accept, accepted)
    do(helper, actions.sign, accepted, note="已关水")
    with pytest.raises(NotAllowed):
        do(helper, actions.sign, accepted, note="再签")
    with acting_as(SYSTEM):
        assert CoHandler.objects.get(case=accepted).signed_at is not None
    assert do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)]).state == State.HANDLED


def test_co_handlers_of_the_list_are_asked_once_and_sign_anew_after_a_reopening(
    world: World, filed: UUID, desk: Actor, handler: Actor, verifier: Actor, proof: Callable[[Actor], UUID]
) -> None:
    helper = world.actor("helper", Role.HANDLER, None, "water")
    with acting_as(SYSTEM):
        world.duty("51", "0101", "water", role="co_handler")
    do(desk, actions.dispatch, filed)
    do(handler, actions.reject, filed, note="请核实地点")
    do(desk, actions.dispatch, filed)
    for cycle in (1, 2):
        do(handler, actions.accept, filed)
        with pytest.raises(errors.CoHandlersOpen):
            do(handler, actions.report_back, filed, note="已清运", file_ids=[proof(handler)])
        do(helper, actions.sign, filed, note="已配合")
        do(handler, actions.report_back, filed, note="已清运", file_ids=[proof(handler)])
        do(verifier, actions.verify, filed)
        do(desk, actions.close, filed)
        if cycle == 1:
            do(world.resident(), actions.reopen, filed, note="又堆起来了")
            do(desk, actions.dispatch, filed)
    with acting_as(SYSTEM):
        assert CoHandler.objects.filter(case=filed).count() == 1
        assert ledger.states_of([filed])[filed]["parts"] == bytes(Case.objects.get(pk=filed).parts)


def test_a_dispatch_by_hand_to_the_body_of_the_list_asks_its_co_handlers_too(
    world: World, filed: UUID, desk: Actor
) -> None:
    with acting_as(SYSTEM):
        world.duty("W", "0101", "water", role="co_handler")
    do(desk, actions.dispatch, filed, body_id=world.bodies["street"].id)
    with acting_as(SYSTEM):
        assert [row.body_id for row in CoHandler.objects.filter(case=filed)] == [world.bodies["water"].id]


def test_a_co_handler_that_is_sent_the_case_leads_and_owes_itself_no_signature(
    world: World, accepted: UUID, desk: Actor, handler: Actor, proof: Callable[[Actor], UUID]
) -> None:
    do(desk, actions.ask_co_handler, accepted, body_id=world.bodies["water"].id)
    do(desk, actions.reassign, accepted, body_id=world.bodies["street"].id, note="再看")
    do(handler, actions.reject, accepted, note="不是我们的")
    do(desk, actions.dispatch, accepted, body_id=world.bodies["water"].id, note="归水务")
    water = world.actor("water worker", Role.HANDLER, None, "water")
    do(water, actions.accept, accepted)
    case = do(water, actions.report_back, accepted, note="已修", file_ids=[proof(water)])
    assert case.state == State.HANDLED


def test_a_co_handler_that_has_signed_can_be_asked_again_after_a_reopening(
    world: World, accepted: UUID, desk: Actor, handler: Actor, verifier: Actor, proof: Callable[[Actor], UUID]
) -> None:
    water = world.actor("water worker", Role.HANDLER, None, "water")
    do(desk, actions.ask_co_handler, accepted, body_id=world.bodies["water"].id, asked_for="关水")
    do(water, actions.sign, accepted, note="已关水")
    do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)])
    do(verifier, actions.verify, accepted)
    do(desk, actions.close, accepted)
    do(world.resident(), actions.reopen, accepted, note="又来了")
    do(desk, actions.dispatch, accepted)
    do(handler, actions.accept, accepted)
    do(desk, actions.ask_co_handler, accepted, body_id=world.bodies["water"].id, asked_for="再关一次")
    with pytest.raises(errors.CoHandlersOpen):
        do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)])
    with acting_as(SYSTEM):
        row = CoHandler.objects.get(case=accepted)
        assert (row.asked_for, row.signed_at, row.signed_note) == ("再关一次", None, "")
        state = ledger.states_of([accepted])[accepted]
        assert audit.digest(state) == bytes(Entry.objects.filter(subject_id=accepted).latest("seq").state)
