"""Proposing, accepting, changing and taking back, on the real database; who may, and what an outsider sees."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from factories.duty import HOUR, open_case, skill, worker
from factories.happened import tell_all
from factories.world import ELSEWHERE, HERE, World

from linli.cases import actions as cases
from linli.cases import queries as case_queries
from linli.cases.errors import CannotRecall, WrongState
from linli.cases.models import Case, State
from linli.dispatch import actions, errors, queries, rules, state, words
from linli.dispatch.models import Call, Decision, PersonSkill, Position, Proposal, Shift
from linli.foundation import audit, clock, own_data, tasks
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.models import OutboxEvent
from linli.people import queries as people
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db
NEAR = (HERE[0] + 0.001, HERE[1])
FAR = (HERE[0] + 0.01, HERE[1])


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


def propose(world: World, by: Actor, unit: str = "W") -> Proposal:
    with acting_as(by):
        return actions.propose(unit=world.id(unit), by=by)


def accept(proposal: Proposal, by: Actor, choices: dict[UUID, UUID], **rest: object) -> actions.Sent:
    with acting_as(by):
        return actions.accept(proposal=proposal.id, choices=choices, by=by, **rest)  # type: ignore[arg-type]


def again(case: UUID) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case)


def inbox(actor: Actor) -> list[tasks.Task]:
    with acting_as(actor):
        return tasks.waiting(actor)


# --- proposing -------------------------------------------------------------------------------------------------------


def test_the_nearest_on_duty_is_proposed_and_nobody_is_sent(world: World, desk: Actor) -> None:
    case = open_case(world)
    near, far = worker(world, "near", at=NEAR), worker(world, "far", at=FAR)
    worker(world, "off", on_duty=False)
    proposal = propose(world, desk)
    (line,) = proposal.lines
    assert (line["task"], line["worker"], line["nearer"]) == (str(case), str(near.id), 0)
    assert {one["worker"]: one["obstacle"] for one in line["alternatives"]}[str(far.id)] == "farther"
    assert again(case).handler_id is None
    assert proposal.gain >= 1


def test_a_case_that_nobody_can_do_says_why_person_by_person(world: World, desk: Actor) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    case = open_case(world)
    unable, absent = worker(world, "unable", at=NEAR), worker(world, "absent", at=NEAR, on_duty=False)
    proposal = propose(world, desk)
    assert proposal.lines == []
    (undone,) = proposal.undone
    assert undone["task"] == str(case)
    with translation.override("en"):
        why = {one["worker"]: words.why_not(one) for one in undone["why"]}
    assert why == {str(unable.id): "does not have the skill Lift", str(absent.id): "not on duty now"}


def test_whoever_has_the_skill_goes_although_another_is_nearer(world: World, desk: Actor) -> None:
    with acting_as(SYSTEM):
        skill("lift", "0101")
    open_case(world)
    worker(world, "near", at=NEAR)
    able = worker(world, "able", at=FAR, skills=("lift",))
    (line,) = propose(world, desk).lines
    assert (line["worker"], line["skills"]) == (str(able.id), ["lift"])


def test_a_case_of_a_body_above_the_unit_goes_to_its_people(world: World, desk: Actor) -> None:
    """Manhole covers are the water bureau's, which is the district's: the subdistrict's desk sends its people too."""
    case = open_case(world, class_code="0103", dispatched=False)
    plumber = worker(world, "plumber", "water", at=NEAR)
    (line,) = propose(world, desk).lines
    assert (line["task"], line["worker"]) == (str(case), str(plumber.id))


def test_without_a_known_place_somebody_is_counted_from_the_middle_of_their_unit(world: World, desk: Actor) -> None:
    open_case(world)
    worker(world, "somewhere")
    with acting_as(desk):
        (one,) = queries.situation(desk, world.id("W")).people
        assert (one.place_is_guess, one.worker.place is not None) == (True, True)
    assert len(propose(world, desk).lines) == 1


def test_who_handles_for_a_body_holds_that_post_now_and_is_active(world: World) -> None:
    stays, left, gone = (worker(world, name) for name in ("stays", "left", "gone"))
    body = world.bodies["street"]
    with acting_as(SYSTEM):
        Post.objects.filter(person=left.id).update(valid_to=clock.now() - HOUR)
        Person.objects.filter(pk=gone.id).update(active=False)
        Post.objects.create(person=world.staff("desk of it"), role=Role.DESK, unit=body.unit, body=body)
    assert [(one.id, one.name, one.body_id) for one in people.handlers_of([body.id])] == [(stays.id, "stays", body.id)]


def test_reading_the_situation_takes_four_statements_however_many_there_are(world: World, desk: Actor) -> None:
    """Two more round trips tell the database who asks: the desk, then the system."""
    for number in range(6):
        worker(world, f"worker {number}", at=NEAR)
        open_case(world)
    with acting_as(desk):
        queries.situation(desk, world.id("W"))
        before = connection.round_trips  # type: ignore[attr-defined]
        found = queries.situation(desk, world.id("W"))
    assert connection.round_trips - before <= 6  # type: ignore[attr-defined]
    assert (len(found.work), len(found.people)) == (6, 6)


# --- accepting -------------------------------------------------------------------------------------------------------


def test_what_is_accepted_stands_first_in_the_persons_inbox_with_the_reason(world: World, desk: Actor) -> None:
    open_case(world)
    case = open_case(world)
    chosen, colleague = worker(world, "chosen", at=NEAR), worker(world, "colleague", at=FAR)
    proposal = propose(world, desk)
    assert {line["task"] for line in proposal.lines} >= {str(case)}
    sent = accept(proposal, desk, {case: chosen.id})
    assert (sent.done, sent.refused) == ({case: chosen.id}, {})
    now = again(case)
    assert (now.state, now.handler_id) == (State.DISPATCHED, chosen.id)
    first = inbox(chosen)[0]
    assert (first.number, first.assigned, first.tone) == (now.reference, True, "warn")
    assert "120 米" in first.because
    others = {one.number: one for one in inbox(colleague)}
    assert not others[now.reference].assigned
    with acting_as(SYSTEM):
        event = OutboxEvent.objects.filter(payload__change="assign").get()
    assert f"body:{world.bodies['street'].id}" in event.topics


def test_a_filed_case_goes_to_the_body_whose_duty_it_is_and_to_the_person(world: World, desk: Actor) -> None:
    case = open_case(world, dispatched=False)
    chosen = worker(world, "chosen", at=NEAR)
    accept(propose(world, desk), desk, {case: chosen.id})
    now = again(case)
    assert (now.state, now.lead_body_id, now.handler_id) == (State.DISPATCHED, world.bodies["street"].id, chosen.id)
    with acting_as(SYSTEM):
        assert [entry.action for entry in audit.timeline(case)][-2:] == ["dispatch", "assign"]


def test_somebody_else_goes_only_with_a_reason(world: World, desk: Actor) -> None:
    case = open_case(world)
    worker(world, "near", at=NEAR)
    other = worker(world, "other", at=FAR)
    proposal = propose(world, desk)
    with pytest.raises(errors.WhyNeeded):
        accept(proposal, desk, {case: other.id})
    assert again(case).handler_id is None
    accept(proposal, desk, {case: other.id}, why="认识住户")
    with acting_as(SYSTEM):
        decision = Decision.objects.get()
    assert (decision.kind, decision.person_id, decision.by_id, decision.why) == (
        "changed", other.id, desk.id, "认识住户",
    )  # fmt: skip
    assert inbox(other)[0].because == "认识住户"


def test_one_refusal_does_not_stop_the_others(world: World, desk: Actor) -> None:
    cases_open = [open_case(world), open_case(world)]
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    with acting_as(chosen):
        cases.accept(cases=[cases_open[0]], by=chosen)
    sent = accept(proposal, desk, dict.fromkeys(cases_open, chosen.id))
    assert sent.done == {cases_open[1]: chosen.id}
    assert list(sent.refused) == [cases_open[0]]


def test_nobody_outside_the_body_can_be_sent(world: World, desk: Actor) -> None:
    case = open_case(world)
    worker(world, "near", at=NEAR)
    stranger = worker(world, "stranger", "east", at=NEAR)
    sent = accept(propose(world, desk), desk, {case: stranger.id}, why="他近")
    assert list(sent.refused) == [case]
    assert again(case).handler_id is None
    with acting_as(SYSTEM):
        assert not Decision.objects.exists()


def test_a_case_of_another_proposal_is_refused(world: World, desk: Actor) -> None:
    open_case(world)
    someone = worker(world, "near", at=NEAR)
    proposal = propose(world, desk)
    for choices, refusal in (({uuid4(): someone.id}, errors.NotInProposal), ({}, errors.NothingChosen)):
        with pytest.raises(refusal):
            accept(proposal, desk, choices)


def test_it_is_taken_back_within_ten_minutes_and_not_after_it_was_taken_on(world: World, desk: Actor) -> None:
    kept, back = open_case(world), open_case(world)
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    accept(proposal, desk, {kept: chosen.id, back: chosen.id})
    with acting_as(chosen):
        cases.accept(cases=[kept], by=chosen)
    with acting_as(desk):
        undone = actions.take_back(proposal=proposal.id, sent=[kept, back], by=desk)
    assert (list(undone.done), list(undone.refused)) == ([back], [kept])
    assert isinstance(undone.refused[kept], WrongState)
    now = again(back)
    assert (now.state, now.handler_id, now.lead_body_id) == (State.DISPATCHED, None, world.bodies["street"].id)
    with acting_as(SYSTEM):
        assert [row.kind for row in Decision.objects.filter(case=back).order_by("pk")] == ["accepted", "taken_back"]


def test_after_ten_minutes_it_stays(world: World, desk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    case = open_case(world)
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    accept(proposal, desk, {case: chosen.id})
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    with acting_as(desk):
        undone = actions.take_back(proposal=proposal.id, sent=[case], by=desk)
    assert isinstance(undone.refused[case], CannotRecall)


# --- the record ------------------------------------------------------------------------------------------------------


def test_what_was_proposed_and_decided_is_chained_and_cannot_be_changed(world: World, desk: Actor) -> None:
    case = open_case(world)
    chosen = worker(world, "chosen", at=NEAR)
    proposal = propose(world, desk)
    accept(proposal, desk, {case: chosen.id})
    with acting_as(desk):
        entries = audit.timeline(proposal.id)
    assert [entry.action for entry in entries] == ["propose", "accept"]
    with acting_as(SYSTEM):
        told = state.states_of([proposal.id])[proposal.id]
        assert audit.digest(told) == bytes(entries[-1].state)
        for statement in ("UPDATE dispatch_proposal SET gain = 9", "DELETE FROM dispatch_decision"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_an_outsider_sees_and_does_nothing(world: World, desk: Actor) -> None:
    case = open_case(world)
    chosen = worker(world, "chosen", at=NEAR, skills=("lift",))
    proposal = propose(world, desk)
    elsewhere, resident = world.actor("elsewhere", Role.DESK, "E"), world.resident()
    for outsider in (elsewhere, resident, worker(world, "stranger", "east")):
        with acting_as(outsider):
            for model in (Proposal, Decision, Position, PersonSkill):
                assert not model.objects.exists()
            assert not Shift.objects.filter(person=chosen.id).exists()
            with pytest.raises(NotFound):
                queries.proposal(outsider, proposal.id)
            with pytest.raises(NotFound):
                actions.accept(proposal=proposal.id, choices={case: chosen.id}, by=outsider)
            with pytest.raises((NotFound, NotAllowed)):
                actions.propose(unit=world.id("W"), by=outsider)
            with pytest.raises((NotFound, NotAllowed)):
                queries.situation(outsider, world.id("W"))
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    with acting_as(verifier), pytest.raises(NotAllowed):
        actions.propose(unit=world.id("W"), by=verifier)


# --- shifts, skills and places ---------------------------------------------------------------------------------------


def test_nobody_is_on_duty_twice_at_once(world: World, desk: Actor) -> None:
    person = world.staff_of("street").id
    street = {"person": person, "body": world.bodies["street"].id, "unit": world.id("W"), "by": desk}
    now = clock.now()
    with acting_as(desk):
        first = actions.give_shift(**street, starts_at=now, ends_at=now + 4 * HOUR)
        actions.give_shift(**street, starts_at=now + 4 * HOUR, ends_at=now + 8 * HOUR)
        with pytest.raises(errors.OnDutyAlready):
            actions.give_shift(**street, starts_at=now + 2 * HOUR, ends_at=now + 5 * HOUR)
        for hours in (0, -1, 25):
            with pytest.raises(errors.WrongHours):
                actions.give_shift(**street, starts_at=now + 20 * HOUR, ends_at=now + (20 + hours) * HOUR)
        actions.end_shift(shift=first.id, by=desk)
        assert len(queries.shifts(desk, world.id("W"), now, now + 9 * HOUR)) == 1
        with pytest.raises(errors.NoSuchWorker):
            actions.give_shift(
                **(street | {"body": world.bodies["east"].id}), starts_at=now + 9 * HOUR, ends_at=now + 10 * HOUR
            )


def test_skills_are_of_the_citys_list(world: World, desk: Actor) -> None:
    admin = world.actor("admin", Role.ADMIN, "51")
    with acting_as(admin):
        actions.define_skill(code="lift", name="电梯", name_en="Lift", classes=["0101"], by=admin)
        with pytest.raises(errors.WrongCode):
            actions.define_skill(code="no such code!", name="x", by=admin)
    person = world.staff_of("street").id
    given = {"person": person, "unit": world.id("W"), "body": world.bodies["street"].id, "by": desk}
    with acting_as(desk):
        with pytest.raises(NotAllowed):
            actions.define_skill(code="electric", name="电工", by=desk)
        actions.set_skills(**given, codes=["lift"])
        assert [one.code for one in queries.skills_of([person])[person]] == ["lift"]
        with pytest.raises(errors.UnknownSkill):
            actions.set_skills(**given, codes=["magic"])
        actions.set_skills(**given, codes=[])
        assert queries.skills_of([person]) == {}


def test_a_tap_on_arrived_is_the_place_while_on_duty_and_no_longer(world: World, monkeypatch) -> None:
    on_duty, off = worker(world, "on"), worker(world, "off", on_duty=False)
    for one in (on_duty, off):
        case = open_case(world)
        with acting_as(one):
            cases.accept(cases=[case], by=one)
            cases.arrive(cases=[case], lon=NEAR[0], lat=NEAR[1], by=one)
    tell_all()
    with acting_as(SYSTEM):
        kept = Position.objects.get()
        assert (kept.person_id, kept.lon, kept.lat) == (on_duty.id, pytest.approx(NEAR[0]), pytest.approx(NEAR[1]))
        later = clock.now() + rules.POSITION_LASTS + HOUR
        monkeypatch.setattr(clock, "now", lambda: later)
        assert actions.forget_places() == 1


# --- calls -----------------------------------------------------------------------------------------------------------


def test_people_are_called_beside_the_lead_and_answer(world: World, desk: Actor) -> None:
    case = open_case(world)
    first, second = worker(world, "first", at=NEAR), worker(world, "second", at=FAR)
    with acting_as(desk):
        near = queries.gathered(desk, world.id("W"), case, 1)
        assert [line.worker for line in near.found.come] == [str(first.id)]
        calls = actions.call_people(case=case, unit=world.id("W"), people=[first.id, second.id], by=desk)
        assert actions.call_people(case=case, unit=world.id("W"), people=[first.id], by=desk) == []
    assert len(calls) == 2
    task = inbox(first)[0]
    assert (task.source, task.assigned, task.href) == ("dispatch", True, f"/field/call/{calls[0].id}/")
    with acting_as(second), pytest.raises(NotFound):
        actions.answer_call(call=calls[0].id, coming=True, by=second)
    with acting_as(first):
        actions.answer_call(call=calls[0].id, coming=True, by=first)
        with pytest.raises(errors.CallOver):
            actions.answer_call(call=calls[0].id, coming=False, by=first)
    assert [one.source for one in inbox(first)] == ["cases"]
    with acting_as(desk):
        assert {one.answer for one in queries.calls_to([case])} == {"coming", ""}


def test_a_call_says_nothing_that_the_reporter_said(world: World, desk: Actor) -> None:
    case = open_case(world)
    first = worker(world, "first", at=NEAR)
    with acting_as(desk):
        actions.call_people(case=case, unit=world.id("W"), people=[first.id], by=desk)
    with acting_as(SYSTEM):
        told = Call.objects.get()
    assert (told.what, told.place) == ("暴露垃圾", "subdistrictW · communityW1 · quarterQ")
    assert told.by_label == desk.label
    assert "单元门口" not in told.what + told.place + told.why


def test_what_is_kept_of_somebody_is_told_to_them_and_erased(world: World, desk: Actor) -> None:
    one = worker(world, "one", at=ELSEWHERE, skills=("lift",))
    part = next(part for part in own_data.parts() if part.name == "dispatch")
    assert one.id is not None
    with acting_as(SYSTEM):
        assert {key for row in part.export(one.id) for key in row} >= {"skill", "on_duty", "last_place"}
        assert part.erase(one.id, SYSTEM) == 3
        assert part.export(one.id) == []
    assert case_queries.in_hand_of([one.id]) == {}


def test_how_many_wait_is_counted_for_whoever_may_see_them_and_by_the_database_too(world: World, desk: Actor) -> None:
    open_case(world)
    with acting_as(desk):
        assert case_queries.count_unassigned(desk, world.id("W")) == (1, 0)
    outsider = world.actor("outsider", Role.DESK, "E")
    with acting_as(outsider):
        with pytest.raises(NotFound):
            case_queries.count_unassigned(outsider, world.id("W"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM cases_unassigned(%s, now())", [world.id("W")])
            assert cursor.fetchall() == []
