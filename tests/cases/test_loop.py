"""The core loop on the real database: one case from report to rating, and every way in which it may turn."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from factories.world import ELSEWHERE, HERE, World

from linli.cases import actions, errors, ledger, limits, queries
from linli.cases.models import Case, CaseContact, CaseText, CoHandler, Evaluation, State
from linli.cases.rules import Report
from linli.duties import queries as duties
from linli.duties.errors import UnknownClass
from linli.foundation import audit, clock, idempotency
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, ActorKind, Role, acting_as
from linli.foundation.errors import KeyReused, NotAllowed, NotFound, Stale
from linli.foundation.models import Entry, OutboxEvent

pytestmark = pytest.mark.django_db


def report(**changes: object) -> Report:
    values = {
        "description": "单元门口堆了很多垃圾，有异味",
        "lon": HERE[0],
        "lat": HERE[1],
        "class_code": "0101",
    } | changes
    return Report(**values)  # type: ignore[arg-type]


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


@pytest.fixture
def handler(world: World) -> Actor:
    return world.actor("handler", Role.HANDLER, None, "street")


@pytest.fixture
def verifier(world: World) -> Actor:
    return world.actor("verifier", Role.VERIFIER, "W")


def do(by: Actor, action: Callable[..., actions.Outcome], case_id: UUID, **rest: object) -> Case:
    with acting_as(by):
        action(cases=[case_id], by=by, **rest)
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case_id)


def collect(by: Actor, **changes: object) -> UUID:
    with acting_as(by):
        return actions.collect(report=report(**changes), by=by).case.id


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


def test_reassigning_keeps_the_clock(world: World, accepted: UUID, desk: Actor) -> None:
    with acting_as(SYSTEM):
        due = Case.objects.get(pk=accepted).due_at
    case = do(desk, actions.reassign, accepted, body_id=world.bodies["water"].id, note="改由水务处理")
    assert (case.state, case.due_at) == (State.DISPATCHED, due)


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


def test_merging_leaves_a_trace_and_can_be_undone(world: World, filed: UUID, desk: Actor) -> None:
    second = collect(world.resident("13900005678"))
    with pytest.raises(errors.CannotMerge):
        do(desk, actions.merge, second, into=second)
    merged = do(desk, actions.merge, second, into=filed)
    with acting_as(SYSTEM):
        target = Case.objects.get(pk=filed)
        assert Entry.objects.filter(subject_id=filed, action="absorb").exists()
    assert (merged.state, merged.merged_into_id, target.supports) == (State.MERGED, filed, 1)
    back = do(desk, actions.unmerge, second, note="不是同一处")
    with acting_as(SYSTEM):
        target = Case.objects.get(pk=filed)
    assert (back.state, back.merged_into_id, back.closed_at, target.supports) == (State.COLLECTED, None, None, 0)


def test_me_too_counts_each_person_once(world: World, filed: UUID) -> None:
    neighbour = world.resident("13900005678")
    for _ in range(3):
        with acting_as(neighbour):
            actions.support(case=filed, by=neighbour)
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=filed).supports == 1
    with acting_as(ANONYMOUS), pytest.raises(NotAllowed):
        actions.support(case=filed, by=ANONYMOUS)


def test_a_private_case_takes_no_support_and_is_not_public(world: World, desk: Actor) -> None:
    case_id = collect(world.resident(), private=True)
    do(desk, actions.file, case_id)
    neighbour = world.resident("13900005678")
    with acting_as(neighbour), pytest.raises(NotFound):
        actions.support(case=case_id, by=neighbour)
    with acting_as(neighbour):
        assert queries.public_page(queries.PublicFilters(ids=(case_id,))) == []


def test_an_anonymous_report_is_followed_by_its_secret(world: World, desk: Actor) -> None:
    with acting_as(ANONYMOUS):
        made = actions.collect(
            report=report(contact_name="王", contact_phone="13812345678", anonymous=True), by=ANONYMOUS
        )
    do(desk, actions.decline, made.case.id, note="重复反映")
    with acting_as(desk):
        assert queries.details(desk, made.case).contact is None
        assert not CaseContact.objects.exists()
    with acting_as(ANONYMOUS):
        with pytest.raises(NotFound):
            actions.reopen(cases=[made.case.id], by=ANONYMOUS, note="不是重复", secret="wrong")
        with pytest.raises(NotAllowed):
            actions.dispatch(cases=[made.case.id], by=ANONYMOUS, secret=made.secret)
        actions.reopen(cases=[made.case.id], by=ANONYMOUS, note="不是重复", secret=made.secret)
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=made.case.id).state == State.FILED


def test_the_same_key_makes_one_case(world: World) -> None:
    resident = world.resident()
    with acting_as(resident):
        key = idempotency.once(resident, "abc", {"a": 1})
        first = actions.collect(report=report(), by=resident, key=key)
        again = actions.collect(report=report(), by=resident, key=key)
        assert (first.case.id, again.repeated) == (again.case.id, True)
        with pytest.raises(KeyReused):
            actions.collect(report=report(), by=resident, key=idempotency.once(resident, "abc", {"a": 2}))
        assert Case.objects.count() == 1


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


def test_a_place_corrected_leaves_the_desks_scope(world: World, filed: UUID, desk: Actor) -> None:
    case = do(desk, actions.locate, filed, lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    assert world.id("E2") in case.units
    with acting_as(desk), pytest.raises(NotFound):
        queries.case(desk, filed)


def test_chinese_search_finds_within_scope(world: World, filed: UUID, desk: Actor) -> None:
    collect(world.resident(), description="路灯不亮了，晚上很黑 streetlight", class_code="0102")
    collect(world.resident(), description="路灯坏了", class_code="0102", lon=ELSEWHERE[0], lat=ELSEWHERE[1])

    def found(text: str) -> int:
        with acting_as(desk):
            return len(queries.desk_page(desk, queries.Filters(text=text)).cases)

    assert [found("路灯"), found("灯不"), found("streetl"), found("垃圾 异味"), found("地铁"), found("'|&!:*")] == [
        1,
        1,
        1,
        1,
        0,
        0,
    ]
    with acting_as(SYSTEM):
        number = Case.objects.get(pk=filed).number
    from linli.cases.rules import reference_of

    assert found(reference_of(number)) == 1


def test_duplicates_nearby_are_offered(world: World, filed: UUID, desk: Actor) -> None:
    private = collect(world.resident(), private=True)
    fresh = collect(world.resident("13900005678"))
    stranger = world.resident("13700001111")
    with acting_as(stranger):
        likely = queries.likely_duplicates(
            lon=HERE[0] + 0.0003, lat=HERE[1], text="垃圾堆了很多", class_id=world.classes["0101"].id
        )
    assert {one.case_id for one in likely} == {filed, fresh}
    assert next(one for one in likely if one.case_id == fresh).title == ""
    with acting_as(desk):
        likely = queries.likely_duplicates(lon=HERE[0], lat=HERE[1], text="垃圾")
        assert private in {one.case_id for one in likely}
        assert queries.likely_duplicates(lon=HERE[0] + 0.005, lat=HERE[1], text="垃圾堆了很多") == []


def test_control_characters_and_markup_do_no_harm(world: World, filed: UUID, desk: Actor) -> None:
    case_id = collect(
        world.resident(),
        description="<script>alert(1)</script>\x00\x07 垃圾'; DROP TABLE cases_case; --",
        address="\x00<b>",
        outside_reference="\x00x",
    )
    do(desk, actions.comment, case_id, note="\x00\ud800 注意 <img onerror=x>")
    with acting_as(SYSTEM):
        text = CaseText.objects.get(pk=case_id)
        entry = Entry.objects.get(subject_id=case_id, action="comment")
    assert text.description.startswith("<script>")
    assert "\x00" not in text.description + text.address + entry.note
    with pytest.raises(errors.TooLong):
        do(desk, actions.comment, case_id, note="长" * 2001)


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


# What goes wrong when things are done twice, again, or by hand --------------------------------------------------------


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


def test_a_chain_of_merges_undone_in_any_order_counts_right(world: World, filed: UUID, desk: Actor) -> None:
    first, second = collect(world.resident("13900000001")), collect(world.resident("13900000002"))
    do(desk, actions.merge, first, into=second)
    do(desk, actions.merge, second, into=filed)
    do(desk, actions.unmerge, first, note="两回事")
    do(desk, actions.unmerge, second, note="两回事")
    with acting_as(SYSTEM):
        assert [Case.objects.get(pk=one).supports for one in (first, second, filed)] == [0, 0, 0]


def test_who_sent_a_case_back_in_time_is_not_counted_as_silent(world: World, desk: Actor, handler: Actor) -> None:
    now = clock.now()
    case_id = collect(world.resident(), reported_at=now - timedelta(hours=5))
    do(desk, actions.file, case_id, at=now - timedelta(hours=4))
    do(desk, actions.dispatch, case_id, at=now - timedelta(hours=4))
    do(handler, actions.reject, case_id, note="不属于我处职责", at=now - timedelta(hours=3, minutes=50))
    with acting_as(desk):
        assert queries.rates(desk, since=now - timedelta(days=1), until=now) == {}


def test_a_reason_is_said_in_words(world: World, filed: UUID, desk: Actor) -> None:
    with pytest.raises(errors.NoteNeeded):
        do(desk, actions.dispatch, filed, body_id=world.bodies["water"].id, note="👍👍")


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
