"""The timeline holds, tampering shows, and a person can be taken out."""

from collections.abc import Callable
from uuid import UUID

import pytest
from cases.loop.steps import collect, do
from factories.world import World

from linli.cases import actions
from linli.cases.models import Case, CaseContact, CaseText, CoHandler, Evaluation
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, Role, acting_as

pytestmark = pytest.mark.django_db


def test_the_chain_of_entries_holds(closed: UUID) -> None:
    with acting_as(SYSTEM):
        entries = audit.timeline(closed)
        case = Case.objects.get(pk=closed)
    previous = audit.NO_HASH
    for seq, entry in enumerate(entries, start=1):
        assert entry.seq == seq
        assert bytes(entry.previous) == previous
        assert audit.chain_hash(entry) == bytes(entry.hash)
        previous = bytes(entry.hash)
    assert (case.entries, bytes(case.head)) == (len(entries), previous)
    from linli.cases import ledger

    assert audit.digest(ledger.state_of(case)) == bytes(entries[-1].state)


def tampered(case_id: UUID) -> bool:
    """Whether the case's present state differs from what its last entry digests."""
    from linli.cases import ledger

    with acting_as(SYSTEM):
        state = ledger.states_of([case_id])[case_id]
        return audit.digest(state) != bytes(audit.timeline(case_id)[-1].state)


@pytest.mark.parametrize(
    "behind_its_back",
    [
        lambda case: Case.objects.filter(pk=case).update(due_at=None),
        lambda case: Case.objects.filter(pk=case).update(number=7),
        lambda case: CaseText.objects.filter(pk=case).update(description="x"),
        lambda case: Evaluation.objects.filter(case=case).update(stars=5),
        lambda case: Evaluation.objects.filter(case=case).delete(),
        lambda case: CoHandler.objects.filter(case=case).update(signed_note="x"),
    ],
)
def test_a_row_changed_behind_the_timeline_shows(
    world: World, closed: UUID, behind_its_back: Callable[[UUID], object]
) -> None:
    case = do(world.resident(), actions.evaluate, closed, solved=False, stars=2)
    other = do(world.resident(), actions.reopen, case.id, note="没有解决")
    desk = world.actor("desk", Role.DESK, "W")
    do(desk, actions.dispatch, other.id)
    do(desk, actions.ask_co_handler, other.id, body_id=world.bodies["water"].id)
    assert not tampered(closed)
    with acting_as(SYSTEM):
        behind_its_back(closed)
    assert tampered(closed)


def test_an_erased_person_leaves_an_anonymous_fact(world: World, closed: UUID, desk: Actor) -> None:
    from linli.cases import own_data
    from linli.cases.rules import ERASED

    resident = world.resident()
    assert resident.id is not None
    still_open = collect(resident, contact_phone="13800001234")
    with acting_as(resident):
        actions.support(case=still_open, by=resident)
    with acting_as(SYSTEM):
        assert len(own_data.export(resident.id)) == 3
        assert own_data.erase(resident.id, SYSTEM) == 2
        assert own_data.export(resident.id) == []
        assert CaseText.objects.get(pk=closed).title == ERASED
        assert CaseText.objects.get(pk=still_open).description
        assert not CaseContact.objects.exists()
    assert not tampered(closed)
    assert not tampered(still_open)
