"""Rounds of a shift on the real database: planned as long work, sent in their order, taken back, and in the inbox stop by stop."""

import json
import re
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import translation
from factories.browsing import client_of
from factories.duty import HOUR, open_case, team, worker
from factories.world import HERE, START_AT, World

from linli.cases.models import Case
from linli.dispatch import actions, errors, network, queries, rules, streets
from linli.dispatch.models import Decision, Proposal, Shift
from linli.foundation import audit, clock, seals, tasks, work
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.people.models import Post

pytestmark = pytest.mark.django_db


def east(step: int) -> tuple[float, float]:
    """So many times a hundred metres."""
    return (HERE[0] + 0.00104 * step, HERE[1])


@pytest.fixture
def dispatcher(world: World) -> Actor:
    actor = world.actor("dispatcher", Role.DISPATCHER, "W")
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=Role.DISPATCHER, unit=world.units["W"], valid_from=START_AT)
    return actor


@pytest.fixture
def desk(dispatcher: Actor) -> Client:
    return client_of(dispatcher)


def plan(world: World, by: Actor, *who: UUID | None, cases: list[UUID] | None = None) -> Proposal:
    with acting_as(by):
        return actions.plan_rounds(unit=world.id("W"), cases=cases, who=[one for one in who if one], by=by)


def inbox(actor: Actor) -> list[tasks.Task]:
    with acting_as(actor), translation.override("en"):
        return tasks.waiting(actor)


def text(page: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))  # type: ignore[attr-defined]


def test_a_round_arrives_in_the_inbox_in_its_order_and_is_taken_back(world: World, dispatcher: Actor) -> None:
    far, near, middle = (open_case(world, at=east(step)) for step in (8, 2, 5))
    walker = worker(world, "walker", at=HERE)
    made = plan(world, dispatcher, walker.id)
    assert [line["task"] for line in made.lines] == [str(near), str(middle), str(far)]
    assert inbox(walker)[0].stop is None
    with acting_as(dispatcher):
        choices = {UUID(line["task"]): UUID(line["worker"]) for line in made.lines}
        actions.accept(proposal=made.id, choices=choices, by=dispatcher)
    mine = inbox(walker)
    assert [(one.subject, one.stop) for one in mine] == [(near, 1), (middle, 2), (far, 3)]
    assert "stop 1, about " in mine[0].state
    assert tasks.section_of(mine[2], clock.now()) == "round"
    with acting_as(dispatcher):
        actions.take_back(proposal=made.id, sent=[near, middle], by=dispatcher)
    assert {one.subject: one.stop for one in inbox(walker)} == {near: None, middle: None, far: 3}


def test_a_stop_that_another_has_by_now_is_no_stop(world: World, dispatcher: Actor) -> None:
    case = open_case(world)
    walker, other = worker(world, "walker", at=HERE), worker(world, "other")
    made = plan(world, dispatcher, walker.id)
    assert walker.id
    assert other.id
    with acting_as(dispatcher):
        actions.accept(proposal=made.id, choices={case: walker.id}, by=dispatcher)
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case).update(handler=other.id)
    assert [one.stop for one in inbox(walker)] == [None]


def test_a_team_goes_on_a_round_and_all_of_it_see_the_stops(world: World, dispatcher: Actor) -> None:
    open_case(world, at=east(5))
    open_case(world, at=east(10))
    leader, member = worker(world, "leader", at=HERE), worker(world, "member")
    crew = team(world, "一队", leader, member)
    made = plan(world, dispatcher, crew.id)
    with acting_as(dispatcher):
        choices = {UUID(line["task"]): crew.id for line in made.lines}
        actions.accept(proposal=made.id, choices=choices, by=dispatcher)
    assert [one.stop for one in inbox(leader)] == [one.stop for one in inbox(member)] == [1, 2]


def test_rounds_are_planned_for_a_shift_of_tomorrow_morning(world: World, dispatcher: Actor) -> None:
    case, lapses = open_case(world), open_case(world)
    sleeper = worker(world, "sleeper", on_duty=False)
    begins = clock.now() + 12 * HOUR
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case).update(due_at=begins + 4 * HOUR)
        Shift.objects.create(
            person_id=sleeper.id,
            unit=world.units["W"],
            body=world.bodies["street"],
            starts_at=begins,
            ends_at=begins + 8 * HOUR,
        )
    made = plan(world, dispatcher, sleeper.id)
    (line,) = made.lines
    assert line["arrives"] >= begins.isoformat()
    # What has to be done before the shift begins is none of its stops: somebody has to go today.
    assert [(one["task"], one["why"][0]["obstacle"]) for one in made.undone] == [(str(lapses), "too_far")]
    with acting_as(dispatcher):
        assert not queries.situation(dispatcher, world.id("W")).people[0].is_on_duty


def test_what_is_urgent_waits_for_no_round_unless_it_is_asked_for(world: World, dispatcher: Actor) -> None:
    calm, urgent = open_case(world), open_case(world)
    with acting_as(SYSTEM):
        Case.objects.filter(pk=urgent).update(priority="urgent")
    walker = worker(world, "walker", at=HERE)
    assert [line["task"] for line in plan(world, dispatcher, walker.id).lines] == [str(calm)]
    (line,) = plan(world, dispatcher, walker.id, cases=[urgent]).lines
    assert line["task"] == str(urgent)


def test_what_cannot_be_planned_is_said(world: World, dispatcher: Actor) -> None:
    absent, walker = worker(world, "absent", on_duty=False), worker(world, "walker", at=HERE)
    with pytest.raises(errors.NothingWaits):
        plan(world, dispatcher, walker.id)
    case = open_case(world)
    with pytest.raises(errors.WrongRounds):
        plan(world, dispatcher, absent.id)
    with pytest.raises(errors.WrongRounds):
        plan(world, dispatcher, uuid4())
    with pytest.raises(errors.NothingWaits):
        plan(world, dispatcher, walker.id, cases=[uuid4()])
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case).update(lon=None, lat=None, units=[], community=None, quarter=None)
    leader = world.actor("leader", Role.LEADER, "W")
    with pytest.raises(NotAllowed):
        plan(world, leader, walker.id)
    elsewhere = world.actor("elsewhere", Role.DISPATCHER, "E")
    with pytest.raises(NotAllowed), acting_as(elsewhere):
        actions.begin_rounds(unit=world.id("W"), cases=None, who=[uuid4()], by=elsewhere)


def test_an_outsider_sees_no_plan_and_a_live_proposal_is_none(world: World, dispatcher: Actor) -> None:
    open_case(world)
    made = plan(world, dispatcher, worker(world, "walker", at=HERE).id)
    elsewhere = world.actor("elsewhere", Role.DISPATCHER, "E")
    with acting_as(elsewhere), pytest.raises(NotFound):
        queries.rounds(elsewhere, made.id)
    with acting_as(dispatcher):
        live = actions.propose(unit=world.id("W"), by=dispatcher)
        with pytest.raises(NotFound):
            queries.rounds(dispatcher, live.id)
        assert queries.latest(dispatcher, world.id("W")) == live


def test_the_page_begins_the_planning_and_the_worker_does_it(world: World, dispatcher: Actor, desk: Client) -> None:
    unit = str(world.id("W"))
    here = f"/dispatch/rounds/?unit={unit}"
    assert "Nothing waits for a round" in text(desk.get(here))
    for step in range(3):
        open_case(world, at=east(step))
    assert "Nobody has a shift within a day" in text(desk.get(here))
    walker = worker(world, "walker", at=HERE)
    assert "3 cases of normal priority wait for somebody." in text(desk.get(here))
    nobody = desk.post(here, {"unit": unit, "once": str(uuid4())})
    assert nobody.status_code == 422
    assert "Choose one to fifty people or teams" in text(nobody)
    begun = desk.post(here, {"unit": unit, "who": str(walker.id), "once": str(uuid4())})
    assert begun.status_code == 302
    begun_id = UUID(begun.headers["Location"].split("/")[2])
    with acting_as(SYSTEM):
        work.carry_out(work_id=str(begun_id))
    page = text(desk.get(f"/work/{begun_id}/"))
    assert "3 stops are planned." in page
    with acting_as(SYSTEM):
        made = Proposal.objects.get()
    plan_page = f"/dispatch/rounds/{made.id}/"
    shown = text(desk.get(plan_page))
    assert "3 stops," in shown
    assert "Send these rounds" in shown
    sent = {"who": str(walker.id), "once": str(uuid4())}
    after = desk.post(f"{plan_page}send/", sent, follow=True)
    assert "3 cases have somebody now." in text(after)
    assert "3 stops are sent." in text(after)
    assert "Nothing of it is left to send." in text(after)
    assert "That was done already." in text(desk.post(f"{plan_page}send/", sent, follow=True))
    assert text(desk.post(f"{plan_page}send/", {"who": "x"}, follow=True)).count("Choose at least one line") == 1
    with acting_as(SYSTEM):
        assert sorted(Decision.objects.values_list("stop", flat=True)) == [1, 2, 3]
        cases = [str(one) for one in Decision.objects.values_list("case", flat=True)]
    back = {"unit": unit, "cases": cases, "once": str(uuid4())}
    answer = desk.post(f"/dispatch/proposals/{made.id}/take-back/", back, follow=True)
    assert "3 cases were taken back." in text(answer)
    assert "Send these rounds" in text(answer)


def test_many_stops_are_sent_as_long_work(world: World, dispatcher: Actor, desk: Client) -> None:
    for step in range(rules.SENT_AT_ONCE + 1):
        open_case(world, at=east(step % 8))
    walker = worker(world, "walker", at=HERE)
    made = plan(world, dispatcher, walker.id)
    sent = len(made.lines)
    assert sent == rules.SENT_AT_ONCE + 1
    begun = desk.post(f"/dispatch/rounds/{made.id}/send/", {"who": str(walker.id), "once": str(uuid4())})
    begun_id = begun.headers["Location"].split("/")[2]
    with acting_as(SYSTEM):
        assert not Decision.objects.exists()
        work.carry_out(work_id=begun_id)
        assert Decision.objects.count() == sent
    assert f"{sent} stops are sent." in text(desk.get(f"/work/{begun_id}/"))
    # What was sent stands in the plan yet, as it was planned.
    page = text(desk.get(f"/dispatch/rounds/{made.id}/"))
    assert page.count("单元门口堆了很多垃圾") == sent
    with acting_as(dispatcher), pytest.raises(errors.NothingChosen):
        actions.begin_sending(proposal=made.id, who=[str(walker.id)], by=dispatcher)


def test_what_is_left_out_stands_there_with_the_reasons(world: World, dispatcher: Actor, desk: Client) -> None:
    for _number in range(rules.MOST_STOPS + 2):
        open_case(world)
    walker = worker(world, "walker", at=HERE)
    made = plan(world, dispatcher, walker.id)
    assert len(made.lines) + len(made.undone) == rules.MOST_STOPS + 2
    assert made.undone
    page = text(desk.get(f"/dispatch/rounds/{made.id}/"))
    assert "Left out" in page
    assert "Why, person by person" in page
    assert desk.get(f"/dispatch/rounds/{made.id}/?page=9").status_code == 200
    assert desk.get(f"/dispatch/rounds/{uuid4()}/").status_code == 404


def test_a_plan_keeps_what_its_ways_were_measured_by(
    world: World, dispatcher: Actor, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large plans go through the air although streets are loaded: the plan says so, and goes on saying so."""
    open_case(world, at=east(5))
    walker = worker(world, "walker", at=HERE)
    city = streets.joined([streets.Way([HERE, east(2), east(5)])])
    without = plan(world, dispatcher, walker.id)
    monkeypatch.setattr(network, "_loaded", lambda: city)
    along = plan(world, dispatcher, walker.id)
    monkeypatch.setattr(streets, "MOST_STEPS", 2)
    large = plan(world, dispatcher, walker.id)
    for made, said in (
        (without, "Ways are measured through the air: no streets are loaded that lead there."),
        (along, "Ways are measured along the streets; where none leads, through the air."),
        (large, "Ways are measured through the air: for so many places at once the streets take too long."),
    ):
        page = text(desk.get(f"/dispatch/rounds/{made.id}/"))
        assert said in page
        assert page.count("Ways are measured") == 1
    answer = json.loads(desk.get(f"/api/v1/dispatch/proposals/{large.id}").content)
    assert answer["measured"] == "too_many"
    with acting_as(SYSTEM):
        entry = audit.timeline(large.id)[-1]
        state = seals.subjects()["proposal"].states([large.id])[large.id]
    assert (state["measured"], audit.digest(state)) == ("too_many", bytes(entry.state))


def test_ways_lead_along_the_streets_and_through_the_air_without_them(
    world: World, dispatcher: Actor, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = open_case(world, at=east(5))
    walker = worker(world, "walker", at=HERE)
    made = plan(world, dispatcher, walker.id)
    address = f"/api/v1/dispatch/proposals/{made.id}/ways"
    (straight,) = json.loads(desk.get(address).content)["features"]
    assert straight["properties"] == {"case": str(case), "who": str(walker.id), "along_streets": False}
    assert straight["geometry"]["coordinates"] == [list(HERE), list(east(5))]
    bend = (east(2)[0], HERE[1] + 0.001)
    city = streets.joined([streets.Way([HERE, bend, east(5)])])
    monkeypatch.setattr(network, "_loaded", lambda: city)
    (along,) = json.loads(desk.get(address, {"who": str(walker.id), "case": str(case)}).content)["features"]
    assert along["properties"]["along_streets"] is True
    assert len(along["geometry"]["coordinates"]) == 5
    assert json.loads(desk.get(address, {"who": str(uuid4())}).content)["features"] == []
    assert desk.get(address, {"case": "x"}).status_code == 422
    assert Client().get(address).status_code == 401
    page = desk.get(f"/dispatch/rounds/{made.id}/").content.decode()
    assert 'class="dispatch-way"' in page
