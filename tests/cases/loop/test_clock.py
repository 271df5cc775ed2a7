"""What is due when: escalation, pauses, what came late."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cases.loop.steps import collect, do
from factories.world import ELSEWHERE, World

from linli.cases import actions, errors, limits, queries
from linli.cases.models import Case, State
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as

pytestmark = pytest.mark.django_db


def test_reassigning_keeps_the_clock(world: World, accepted: UUID, desk: Actor) -> None:
    with acting_as(SYSTEM):
        due = Case.objects.get(pk=accepted).due_at
    case = do(desk, actions.reassign, accepted, body_id=world.bodies["water"].id, note="改由水务处理")
    assert (case.state, case.due_at) == (State.DISPATCHED, due)


def test_a_paused_clock_moves_the_limit(accepted: UUID, desk: Actor, handler: Actor) -> None:
    start = datetime.now(UTC)
    before = do(handler, actions.pause, accepted, note="等待产权单位", at=start)
    assert before.escalates_at is None
    with pytest.raises(errors.ClockPaused):
        do(handler, actions.report_back, accepted, note="完成")
    after = do(desk, actions.resume, accepted, at=start + timedelta(hours=3))
    assert after.due_at == before.due_at + timedelta(hours=3)
    assert after.escalates_at is not None
    with pytest.raises(errors.ClockRunning):
        do(desk, actions.resume, accepted)


def test_a_paused_case_still_offers_what_needs_no_clock(accepted: UUID, desk: Actor, handler: Actor) -> None:
    def offered(by: Actor, case: Case) -> set[str]:
        with acting_as(by):
            return {change.name for change in queries.allowed_changes(by, case)}

    running = do(handler, actions.comment, accepted, note="已联系产权单位")
    assert "resume" not in offered(desk, running)
    paused = do(handler, actions.pause, accepted, note="等待产权单位")
    assert offered(desk, paused) >= {"resume", "reassign", "merge", "comment"}
    assert not offered(handler, paused) & {"report_back", "pause"}


def test_escalation_goes_up_three_levels(filed: UUID) -> None:
    with acting_as(SYSTEM):
        case = Case.objects.get(pk=filed)
        for level, share in enumerate((0.5, 1.0, 1.5), start=1):
            moment = case.filed_at + (case.due_at - case.filed_at) * share + timedelta(seconds=1)
            with clock.at(moment):
                assert list(queries.ids_due_for_escalation()) == [filed]
                actions.escalate(cases=[filed], by=SYSTEM)
                assert actions.escalate(cases=[filed], by=SYSTEM).done == []
            case = Case.objects.get(pk=filed)
            assert case.escalation == level
        assert case.escalates_at is None


def test_overdue_counts_to_the_report_back(accepted: UUID, handler: Actor, proof: Callable[[Actor], UUID]) -> None:
    with acting_as(SYSTEM):
        due = Case.objects.get(pk=accepted).due_at
    case = do(handler, actions.report_back, accepted, note="好了", file_ids=[proof(handler)], at=due)
    assert not limits.is_overdue(case, due + timedelta(days=9))
    case.handled_at = due + timedelta(microseconds=1)
    assert limits.is_overdue(case, due)


def test_a_paused_clock_moves_the_answer_that_is_due(world: World, filed: UUID, desk: Actor, handler: Actor) -> None:
    case = do(desk, actions.dispatch, filed)
    due = case.response_due_at
    assert due is not None
    start = clock.now()
    do(desk, actions.pause, filed, note="等产权单位", at=start)
    case = do(desk, actions.resume, filed, at=start + timedelta(hours=3))
    assert case.response_due_at == due + timedelta(hours=3)
    case = do(handler, actions.accept, filed, at=start + timedelta(hours=3, minutes=30))
    assert case.responded is True


def test_who_sent_a_case_back_in_time_is_not_counted_as_silent(world: World, desk: Actor, handler: Actor) -> None:
    now = clock.now()
    case_id = collect(world.resident(), reported_at=now - timedelta(hours=5))
    do(desk, actions.file, case_id, at=now - timedelta(hours=4))
    do(desk, actions.dispatch, case_id, at=now - timedelta(hours=4))
    do(handler, actions.reject, case_id, note="不属于我处职责", at=now - timedelta(hours=3, minutes=50))
    with acting_as(desk):
        assert queries.rates(desk, since=now - timedelta(days=1), until=now) == {}


def test_what_was_late_before_its_clock_was_paused_stays_late(
    world: World, accepted: UUID, desk: Actor, handler: Actor
) -> None:
    with acting_as(SYSTEM):
        due = Case.objects.get(pk=accepted).due_at
    collect(world.resident(), description="另有一处路灯不亮", class_code="0102", lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    case = do(handler, actions.pause, accepted, note="等待产权单位", at=due + timedelta(minutes=1))
    city = world.actor("city", Role.DESK, "51")
    with clock.at(due + timedelta(hours=2)):
        assert limits.is_overdue(case, clock.now())
        with acting_as(desk):
            assert queries.counts(desk) == {"accepted": 1, "open": 1, "overdue": 1}
            assert [found.id for found in queries.desk_page(desk, queries.Filters(overdue=True)).cases] == [accepted]
        with acting_as(city):
            assert queries.counts(city) == {"accepted": 1, "collected": 1, "open": 2, "overdue": 1}
