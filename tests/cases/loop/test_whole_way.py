"""One case from report to rating on the real database, and who may take it which step."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cases.loop.steps import collect, do
from django.db import connection
from factories.world import ELSEWHERE, World

from linli.cases import actions, errors, queries
from linli.cases.models import Case, CaseText, Evaluation, State
from linli.duties import queries as duties
from linli.duties.errors import UnknownClass
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound, Stale
from linli.foundation.models import Entry, OutboxEvent

pytestmark = pytest.mark.django_db


def test_one_case_from_report_to_rating(world: World, closed: UUID) -> None:
    resident = world.resident()
    case = do(resident, actions.evaluate, closed, solved=True, stars=5, comment="很快")
    assert case.state == State.EVALUATED
    assert case.lead_body_id == world.bodies["street"].id
    assert case.units == [world.id(code) for code in ("51", "5101", "W", "W1", "Q")]
    assert case.responded is True
    with acting_as(SYSTEM):
        steps = list(Entry.objects.filter(subject_id=closed).order_by("seq").values_list("action", flat=True))
        events = OutboxEvent.objects.filter(payload__case=str(closed)).count()
    assert steps == ["collect", "file", "dispatch", "accept", "report_back", "verify", "close", "evaluate"]
    assert events == len(steps)
    with acting_as(SYSTEM):
        assert Evaluation.objects.get(case=closed).stars == 5


def test_a_handled_case_waits_for_the_verifiers_of_its_units(
    world: World, accepted: UUID, desk: Actor, handler: Actor, proof: Callable[[Actor], UUID]
) -> None:
    def waits(*units: str) -> list[UUID]:
        verifiers = [world.actor("verifiers", Role.VERIFIER, unit) for unit in units]
        grants = tuple(grant for one in verifiers for grant in one.grants)
        by = Actor(verifiers[0].id, ActorKind.PERSON, "verifiers", grants)
        with acting_as(by):
            return [case.id for case in queries.to_verify(by)]

    assert waits("W") == []
    do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)])
    reaches = [("51",), ("5101",), ("W",), ("W1",), ("Q",), ("E", "W")]
    assert [waits(*units) for units in reaches] == [[accepted]] * len(reaches)
    assert waits("E") == []
    do(world.actor("verifier", Role.VERIFIER, "W"), actions.verify, accepted)
    assert waits("W") == []


def test_a_wrong_role_may_not(world: World, filed: UUID, handler: Actor, verifier: Actor) -> None:
    with pytest.raises(NotFound):
        do(handler, actions.dispatch, filed)
    with pytest.raises(NotAllowed):
        do(verifier, actions.dispatch, filed)
    with pytest.raises(NotAllowed):
        do(world.resident(), actions.dispatch, filed)


def test_a_desk_elsewhere_sees_nothing(world: World, filed: UUID) -> None:
    other = world.actor("east desk", Role.DESK, "E")
    with pytest.raises(NotFound):
        do(other, actions.dispatch, filed)
    with acting_as(other), pytest.raises(NotFound):
        queries.case(other, filed)
    # The database refuses even a query that forgot its scope.
    with acting_as(other):
        assert not Case.objects.filter(pk=filed).exists()
        assert not CaseText.objects.filter(pk=filed).exists()
        assert not Entry.objects.filter(subject_id=filed).exists()


def test_a_change_out_of_turn_is_refused(filed: UUID, desk: Actor, handler: Actor) -> None:
    with pytest.raises(errors.WrongState):
        do(desk, actions.close, filed)
    do(desk, actions.dispatch, filed)
    with pytest.raises(errors.NoteNeeded):
        do(handler, actions.reject, filed, note="  。")


def test_a_stale_page_is_told(filed: UUID, desk: Actor) -> None:
    with acting_as(SYSTEM):
        seen = Case.objects.get(pk=filed).version
    do(desk, actions.dispatch, filed, version=seen)
    with pytest.raises(Stale):
        do(desk, actions.reassign, filed, version=seen, body_id=UUID(int=1), note="x")


def test_rejected_work_returns_to_the_dispatcher(world: World, filed: UUID, desk: Actor, handler: Actor) -> None:
    do(desk, actions.dispatch, filed)
    case = do(handler, actions.reject, filed, note="不属于我处职责")
    assert case.state == State.FILED
    with pytest.raises(errors.NoteNeeded):
        do(desk, actions.dispatch, filed, body_id=world.bodies["water"].id)
    case = do(desk, actions.dispatch, filed, body_id=world.bodies["water"].id, note="现场确认为供水井")
    assert case.lead_body_id == world.bodies["water"].id
    assert case.duty_id is None


def test_proof_is_asked_for(accepted: UUID, handler: Actor, proof: Callable[[Actor], UUID]) -> None:
    with pytest.raises(errors.ProofNeeded):
        do(handler, actions.report_back, accepted, note="已清运")
    with pytest.raises(errors.FileNotYours):
        do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(SYSTEM)])


def test_nobody_verifies_their_own_work(
    world: World, accepted: UUID, handler: Actor, verifier: Actor, proof: Callable[[Actor], UUID]
) -> None:
    do(handler, actions.report_back, accepted, note="已清运", file_ids=[proof(handler)])
    both = Actor(handler.id, handler.kind, "both", (*handler.grants, *verifier.grants))
    with pytest.raises(errors.SelfVerification):
        do(both, actions.verify, accepted)
    colleague = world.actor("colleague", Role.VERIFIER, "W")
    member = Actor(colleague.id, colleague.kind, "member", (*colleague.grants, *handler.grants))
    with pytest.raises(errors.SelfVerification):
        do(member, actions.verify, accepted)
    case = do(verifier, actions.rework, accepted, note="角落还有")
    assert (case.state, case.handled_at) == (State.ACCEPTED, None)


def test_the_reporter_reopens_what_was_not_solved(world: World, closed: UUID) -> None:
    resident = world.resident()
    with pytest.raises(NotFound):
        do(world.resident("13900005678"), actions.reopen, closed, note="没有解决")
    case = do(resident, actions.reopen, closed, note="第二天又堆上了")
    assert (case.state, case.cycle, case.closed_at) == (State.FILED, 2, None)


def test_reopening_ends_after_a_month(world: World, closed: UUID) -> None:
    with clock.at(datetime.now(UTC) + timedelta(days=31)), pytest.raises(errors.ReopenTooLate):
        do(world.resident(), actions.reopen, closed, note="没有解决")


def test_bulk_changes_tell_what_became_of_each(world: World, filed: UUID, desk: Actor) -> None:
    second = collect(world.resident())
    elsewhere = collect(world.resident(), lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    with acting_as(desk):
        outcome = actions.dispatch(cases=[filed, second, elsewhere], by=desk, each=True)
    assert [case.id for case in outcome.done] == [filed]
    assert {key: type(error) for key, error in outcome.refused.items()} == {
        second: errors.WrongState,
        elsewhere: NotFound,
    }


def test_a_place_corrected_leaves_the_desks_scope(world: World, filed: UUID, desk: Actor) -> None:
    case = do(desk, actions.locate, filed, lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    assert world.id("E2") in case.units
    with acting_as(desk), pytest.raises(NotFound):
        queries.case(desk, filed)


def test_one_photo_is_proof_of_one_case(
    world: World, accepted: UUID, desk: Actor, handler: Actor, proof: Callable[[Actor], UUID]
) -> None:
    other = collect(world.resident())
    do(desk, actions.file, other)
    do(desk, actions.dispatch, other)
    do(handler, actions.accept, other)
    photo = proof(handler)
    with acting_as(handler):
        outcome = actions.report_back(cases=[accepted, other], by=handler, note="已清运", file_ids=[photo], each=True)
    assert [case.id for case in outcome.done] == [accepted]
    assert [type(error) for error in outcome.refused.values()] == [errors.FileNotYours]


def test_a_place_corrected_to_a_unit_takes_the_wrong_pin_away(world: World, filed: UUID, desk: Actor) -> None:
    case = do(desk, actions.locate, filed, unit_id=world.id("E2"))
    assert case.community_id == world.id("E2")
    assert (case.lon, case.lat, case.cell) == (None, None, None)


def test_a_reason_is_said_in_words(world: World, filed: UUID, desk: Actor) -> None:
    with pytest.raises(errors.NoteNeeded):
        do(desk, actions.dispatch, filed, body_id=world.bodies["water"].id, note="👍👍")


def test_the_figures_of_the_city_are_for_the_city(world: World, filed: UUID, desk: Actor) -> None:
    with acting_as(desk), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_tally(now())")
        assert cursor.fetchall() == []


def test_a_withdrawn_class_is_given_to_no_case(world: World, filed: UUID, desk: Actor) -> None:
    world.classes["0103"].active = False
    with acting_as(SYSTEM):
        world.classes["0103"].save()
    duties.forget()
    with pytest.raises(UnknownClass):
        collect(world.resident(), class_code="0103")
    with pytest.raises(UnknownClass):
        do(desk, actions.classify, filed, class_code="0103", note="看错了")
