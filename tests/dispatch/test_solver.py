"""Who should do what: the rules that every proposal keeps, and what is said of those who are not sent."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.dispatch import solver
from linli.dispatch.rounds import plan_rounds
from linli.dispatch.solver import Obstacle, Priority, Task, Worker
from linli.dispatch.travel import Matrix, Mode, straight

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
HERE = (104.0, 30.6)
HOUR = timedelta(hours=1)


def east(metres: float) -> tuple[float, float]:
    """So many metres east of HERE through the air."""
    return HERE[0] + metres / 95_700, HERE[1]


def worker(name: str, metres: float | None = 0, **other) -> Worker:
    given = {"starts": NOW - HOUR, "ends": NOW + 8 * HOUR, **other}
    return Worker(name, None if metres is None else east(metres), **given)


def task(name: str, metres: float | None = 0, **other) -> Task:
    return Task(name, None if metres is None else east(metres), **other)


# --- every proposal --------------------------------------------------------------------------------------------------

skills = st.frozensets(st.sampled_from(["lift", "electric"]))
places = st.one_of(st.none(), st.builds(east, st.integers(-9000, 9000)))
workers = st.builds(
    Worker,
    id=st.uuids().map(str),
    place=places,
    starts=st.one_of(st.none(), st.integers(-300, 300).map(lambda minutes: NOW + timedelta(minutes=minutes))),
    ends=st.integers(-60, 600).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    skills=skills,
    team=st.sampled_from(["a", "b"]),
    in_hand=st.integers(0, 4),
    most=st.integers(0, 5),
    mode=st.sampled_from(Mode),
)
tasks = st.builds(
    Task,
    id=st.uuids().map(str),
    place=places,
    minutes=st.integers(0, 90),
    due=st.one_of(st.none(), st.integers(-60, 400).map(lambda minutes: NOW + timedelta(minutes=minutes))),
    skills=skills,
    teams=st.frozensets(st.sampled_from(["a", "b"]), max_size=1),
    priority=st.sampled_from(Priority),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(workers, max_size=6), st.lists(tasks, max_size=10))
def test_every_proposal_keeps_the_rules(people: list[Worker], work: list[Task]) -> None:
    plan = solver.propose(people, work, NOW)
    of, for_task = {one.id: one for one in people}, {one.id: one for one in work}
    assert sorted([line.task for line in plan.lines] + [one.task for one in plan.undone]) == sorted(for_task)
    assert plan.gain >= 1
    for line in plan.lines:
        person, wanted = of[line.worker], for_task[line.task]
        assert wanted.skills <= person.skills
        assert not wanted.teams or person.team in wanted.teams
        assert line.holds < person.most
        assert person.starts is not None
        assert person.starts <= line.arrives
        assert person.ends is not None
        assert line.arrives + timedelta(minutes=wanted.minutes) <= person.ends
        if wanted.due is not None and wanted.due >= NOW:
            assert line.arrives <= wanted.due
    for name in of:
        assert sum(line.worker == name for line in plan.lines) <= max(0, of[name].most - of[name].in_hand)


@settings(max_examples=30, deadline=None)
@given(st.lists(workers, min_size=1, max_size=5), st.lists(tasks, min_size=1, max_size=5))
def test_whoever_is_said_to_be_unable_is(people: list[Worker], work: list[Task]) -> None:
    """Left alone with the one task, the person does not get it either; whoever could go does."""
    for undone in solver.propose(people, work, NOW).undone:
        wanted = next(one for one in work if one.id == undone.task)
        assert [why.worker for why in undone.why] == [one.id for one in people]
        for person, why in zip(people, undone.why, strict=True):
            alone = solver.propose([person], [wanted], NOW)
            assert bool(alone.lines) == (why.obstacle in {Obstacle.BUSY, Obstacle.FARTHER}), why


def test_a_city_is_better_served_than_nearest_first() -> None:
    """Nearest-first sends the one electrician to the lamp next to them, and nobody to the socket that only they can mend."""
    people = [worker("electrician", 0, skills=frozenset({"electric"}), most=1), worker("other", 400, most=1)]
    work = [task("lamp", 50, due=NOW + HOUR), task("socket", 100, skills=frozenset({"electric"}), due=NOW + 2 * HOUR)]
    plan = solver.propose(people, work, NOW)
    assert {line.task: line.worker for line in plan.lines} == {"lamp": "other", "socket": "electrician"}
    assert plan.gain > 1


# --- the reasons -----------------------------------------------------------------------------------------------------


def test_the_reason_names_distance_load_and_time_left() -> None:
    due = NOW + timedelta(minutes=60)
    plan = solver.propose(
        [worker("far", 3000), worker("near", 500, in_hand=2, skills=frozenset({"lift"}))],
        [task("lift stuck", skills=frozenset({"lift"}), due=due)],
        NOW,
    )
    (line,) = plan.lines
    assert (line.worker, line.holds, line.nearer, line.skills, line.after) == ("near", 2, 0, ("lift",), None)
    assert line.metres == pytest.approx(500 * 1.3, rel=0.01)
    # Two tasks in hand are done first, twenty minutes each.
    assert line.spare is not None
    assert timedelta(minutes=15) < line.spare < timedelta(minutes=20)
    assert [(why.worker, why.obstacle) for why in line.alternatives] == [("far", Obstacle.NO_SKILL)]


LIFT = frozenset({"lift"})


def able(name: str, metres: float | None = 0, **other) -> Worker:
    return worker(name, metres, **{"skills": LIFT, "team": "a", **other})


@pytest.mark.parametrize(
    ("person", "obstacle"),
    [
        (able("p", starts=None, ends=None), Obstacle.ABSENT),
        (able("p", ends=NOW - HOUR), Obstacle.ABSENT),
        (able("p", None), Obstacle.NO_POSITION),
        (able("p", team="b"), Obstacle.OTHER_TEAM),
        (able("p", skills=frozenset({"electric"})), Obstacle.NO_SKILL),
        (able("p", in_hand=5), Obstacle.FULL),
        (able("p", 9000), Obstacle.TOO_FAR),
        (able("p", ends=NOW + timedelta(minutes=10)), Obstacle.SHIFT_ENDS),
        (able("p", starts=NOW + HOUR), Obstacle.TOO_FAR),
    ],
)
def test_a_person_who_cannot_be_sent_shows_why(person: Worker, obstacle: Obstacle) -> None:
    wanted = task("t", due=NOW + timedelta(minutes=30), skills=LIFT, teams=frozenset({"a"}))
    (undone,) = solver.propose([person], [wanted], NOW).undone
    assert [why.obstacle for why in undone.why] == [obstacle]


def test_a_task_without_a_place_and_a_city_without_people_are_answered() -> None:
    (undone,) = solver.propose([worker("p")], [task("t", None)], NOW).undone
    assert undone.why[0].obstacle is Obstacle.NO_PLACE
    plan = solver.propose([], [task("t")], NOW)
    assert (plan.lines, plan.undone[0].why, plan.gain) == ((), (), 1.0)
    assert solver.propose([worker("p")], [], NOW).lines == ()


def test_what_is_overdue_is_still_done() -> None:
    (line,) = solver.propose([worker("p")], [task("t", due=NOW - HOUR)], NOW).lines
    assert line.spare is not None
    assert line.spare < timedelta(0)


def test_a_street_network_counts_where_one_is_given() -> None:
    """The one on the other bank is near through the air; the way there is long."""

    def bridge(places, mode):
        air = straight()(places, mode)
        # Rows and columns: the two workers, then the task.
        metres, seconds = air.metres.copy(), air.seconds.copy()
        metres[0, 2], seconds[0, 2] = 9000, 3000
        return Matrix(metres, seconds)

    people, work = [worker("other bank", 100), worker("this bank", 800)], [task("t")]
    assert solver.propose(people, work, NOW).lines[0].worker == "other bank"
    assert solver.propose(people, work, NOW, travel=bridge).lines[0].worker == "this bank"


# --- gathering, and what if ------------------------------------------------------------------------------------------


def test_the_nearest_are_gathered_whatever_they_hold() -> None:
    people = [worker("a", 2000), worker("b", 300, in_hand=5), worker("c", 900), worker("off", starts=None, ends=None)]
    found = solver.gather(people, task("fire", teams=frozenset({"nobody's"})), 2, NOW)
    assert [line.worker for line in found.come] == ["b", "c"]
    assert found.come[0].holds == 5
    assert found.come[0].arrives < found.come[1].arrives
    assert {why.worker: why.obstacle for why in found.stay} == {"off": Obstacle.ABSENT, "a": Obstacle.FARTHER}


def test_what_if_somebody_is_ill_says_who_would_go() -> None:
    people, work = [worker("a", 100), worker("b", 900)], [task("t")]
    difference = solver.what_if(people, work, NOW, without={"a"})
    assert difference.moved == {"t": ("a", "b")}
    assert (difference.travel_minutes > 0, difference.undone) == (True, 0)
    assert solver.what_if(people, work, NOW, without={"a", "b"}).moved == {"t": ("a", None)}
    more = solver.what_if(people, work, NOW, more_workers=[worker("c", 0)])
    assert more.moved == {"t": ("a", "c")}


@settings(max_examples=60, deadline=None)
@given(st.lists(workers, min_size=1, max_size=6), st.lists(tasks, max_size=10))
def test_nobody_s_leaving_makes_it_better_and_nobody_s_coming_worse(people: list[Worker], work: list[Task]) -> None:
    left = solver.what_if(people, work, NOW, without={people[0].id})
    assert left.before.cost <= left.after.cost
    assert people[0].id not in {line.worker for line in left.after.lines}
    come = solver.what_if(people[1:], work, NOW, more_workers=people[:1])
    assert come.after.cost <= come.before.cost
    assert people[0].id not in {line.worker for line in come.before.lines}


@pytest.fixture(scope="module")
def city() -> tuple[list[Worker], list[Task]]:
    """So much that nobody finds every way: two answers that are worked out apart differ by more than by what was asked."""
    rng = random.Random(7)

    def somewhere() -> tuple[float, float]:
        return HERE[0] + rng.random() / 5, HERE[1] + rng.random() / 5

    people = [replace(worker(f"w{number:02}"), place=somewhere()) for number in range(40)]
    work = [
        replace(task(f"t{number:03}", due=NOW + rng.randrange(1, 5) * HOUR), place=somewhere()) for number in range(210)
    ]
    return people, work


def test_what_if_says_the_same_when_it_is_asked_again(city: tuple[list[Worker], list[Task]]) -> None:
    assert solver.what_if(*city, NOW, without={"w03"}) == solver.what_if(*city, NOW, without={"w03"})


def test_so_it_is_in_a_city(city: tuple[list[Worker], list[Task]]) -> None:
    people, _work = city
    for one in people[::20]:
        left = solver.what_if(*city, NOW, without={one.id})
        assert left.before.cost <= left.after.cost
        come = solver.what_if(*city, NOW, more_workers=[replace(one, id="x")])
        assert come.after.cost <= come.before.cost


def test_what_if_moves_what_somebody_s_leaving_moves_and_little_else(city: tuple[list[Worker], list[Task]]) -> None:
    people, work = city
    for one in people[::16]:
        left = solver.what_if(*city, NOW, without={one.id})
        theirs = {line.task for line in left.before.lines if line.worker == one.id}
        assert theirs <= set(left.moved)
        assert len(left.moved) < len(work) / 5
    assert solver.what_if(*city, NOW).moved == {}


# --- rounds of a shift -----------------------------------------------------------------------------------------------


def order(plan: solver.Plan, who: str) -> list[str]:
    return [line.task for line in plan.lines if line.worker == who]


def test_a_round_leads_everywhere_before_its_limit_and_in_the_shortest_order() -> None:
    far = task("far", 4000, due=NOW + HOUR)
    planned = plan_rounds([worker("a")], [task("last", 6000), far, task("near", 300)], NOW)
    assert order(planned, "a") == ["near", "far", "last"]
    assert planned.lines[1].after == "near"
    assert planned.undone == ()


def test_two_rounds_share_the_places_by_where_they_are() -> None:
    people = [worker("west", -3000), worker("east", 3000)]
    work = [
        task(f"{side}{number}", sign * (2000 + 300 * number))
        for side, sign in (("w", -1), ("e", 1))
        for number in range(4)
    ]
    planned = plan_rounds(people, work, NOW)
    assert {one[0] for one in order(planned, "west")} == {"w"}
    assert {one[0] for one in order(planned, "east")} == {"e"}


def test_what_does_not_fit_into_a_round_is_left_out_with_the_reason_of_each() -> None:
    person = worker("a", ends=NOW + timedelta(minutes=45), skills=frozenset({"lift"}))
    work = [
        task("near", 300),
        task("too far", 9000),
        task("other body", 100, teams=frozenset({"b"})),
        task("nowhere", None),
    ]
    planned = plan_rounds([person, worker("nobody knows", None)], work, NOW)
    assert order(planned, "a") == ["near"]
    assert {one.task: one.why[0].obstacle for one in planned.undone} == {
        "too far": Obstacle.SHIFT_ENDS,
        "other body": Obstacle.OTHER_TEAM,
        "nowhere": Obstacle.NO_PLACE,
    }
    assert plan_rounds([], work, NOW).lines == plan_rounds([person], [], NOW).lines == ()


def test_nobody_gets_more_stops_than_they_may_hold_nor_what_they_may_not_do() -> None:
    skilled = worker("skilled", 5000, skills=frozenset({"lift"}), most=2)
    plain = worker("plain", 0, most=3)
    work = [task(f"lift {number}", 0, skills=frozenset({"lift"})) for number in range(3)]
    work += [task(f"any {number}", 0) for number in range(3)]
    planned = plan_rounds([skilled, plain], work, NOW)
    assert (len(order(planned, "skilled")), len(order(planned, "plain"))) == (2, 3)
    assert not any(one.startswith("lift") for one in order(planned, "plain"))


def test_a_team_in_a_car_is_there_before_one_on_foot_that_is_nearer() -> None:
    due = NOW + timedelta(minutes=20)
    people = [worker("foot", 3000, mode=Mode.WALK), worker("car", -4000, mode=Mode.CAR)]
    for plan in (solver.propose, plan_rounds):
        planned = plan(people, [task("t", 0, due=due)], NOW)
        assert [line.worker for line in planned.lines] == ["car"]
    (why,) = solver.candidates(people, task("t", 0, due=due), NOW).stay
    assert (why.worker, why.obstacle) == ("foot", Obstacle.TOO_FAR)


def test_five_hundred_stops_are_planned_in_the_time_that_a_page_of_progress_is_for() -> None:
    people = [worker(f"p{number}", number * 400 - 4000, most=30) for number in range(20)]
    work = [task(f"t{number}", (number * 37) % 9000 - 4500, minutes=10) for number in range(500)]
    steps: list[int] = []
    planned = plan_rounds(people, work, NOW, told=lambda done, _all: steps.append(done))
    assert len(planned.lines) + len(planned.undone) == 500
    assert len(planned.lines) > 400
    assert planned.gain >= 1
    assert steps == sorted(steps)
    assert len(steps) > 5
