"""Who should do what: proposed by VROOM, compared with nearest-first, explained person by person. Pure: no rows, no Django.

A proposal is never worse than nearest-first: both are worked out, and the cheaper one is returned. What a plan costs is its minutes on
the way plus `UNDONE_MINUTES` for each task that stays undone, more for what is urgent.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from linli.dispatch.travel import Matrix, Measured, Mode, Place, Travel, straight

# A task left undone costs as much as two hours on the way, times its weight.
UNDONE_MINUTES = 120
# What somebody holds already is done first; how long that takes nobody knows, so each counts as this long.
MINUTES_IN_HAND = 20
# VROOM's own scale of thoroughness goes from 0 to 5; many tasks get less of it, so that an answer comes within seconds.
THOROUGH, QUICK, MANY = 5, 0, 200
# Of a what-if, whose reader waits for two answers, and which must end before the patience does: else they would depend on the machine.
SKETCHED = 1
THREADS = 2
# After this the best that was found so far counts: somebody waits for the answer.
PATIENCE = timedelta(seconds=6)
# How many others are named beside the one who was chosen.
MOST_ALTERNATIVES = 5


class Priority(IntEnum):
    """What leaving a task undone weighs."""

    NORMAL = 1
    URGENT = 4
    EMERGENCY = 10


class Obstacle(StrEnum):
    """Why somebody is not sent. The last two could go: others do better, or they got other tasks of this proposal."""

    ABSENT = "absent"
    NO_POSITION = "no_position"
    NO_PLACE = "no_place"
    OTHER_TEAM = "other_team"
    NO_SKILL = "no_skill"
    FULL = "full"
    SHIFT_ENDS = "shift_ends"
    TOO_FAR = "too_far"
    BUSY = "busy"
    FARTHER = "farther"


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who may be sent, or a team. `starts` None: not on duty at all. `place` None: nobody knows where they are."""

    id: str
    place: Place | None
    starts: datetime | None
    ends: datetime | None
    skills: frozenset[str] = frozenset()
    team: str = ""
    in_hand: int = 0
    most: int = 5
    mode: Mode = Mode.BIKE


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done at a place. With no `teams` anybody may do it; `due` is the moment by which somebody must be there."""

    id: str
    place: Place | None
    minutes: int = 30
    due: datetime | None = None
    skills: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Why:
    """Why this person is not sent: the obstacle, and the figures that belong to it."""

    worker: str
    obstacle: Obstacle
    skills: tuple[str, ...] = ()
    holds: int = 0
    metres: int | None = None
    arrives: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One task for one person, with the reason in its parts."""

    task: str
    worker: str
    metres: int
    arrives: datetime
    # How long before the task is due; negative where it was overdue before anybody was asked.
    spare: timedelta | None
    # What they hold when they take this on: of before, and of this proposal.
    holds: int
    # How many others who could go are nearer now.
    nearer: int
    skills: tuple[str, ...] = ()
    # The task of this proposal from which they come; none: from where they are.
    after: str | None = None
    alternatives: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """A task that nobody gets, and for each person the reason."""

    task: str
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed. `gain` says how much cheaper it is than nearest-first: 1.0 is the same, never less. `measured` None: with nobody
    to go, no way was."""

    lines: tuple[Line, ...]
    undone: tuple[Undone, ...]
    travel_minutes: int
    cost: float
    gain: float
    measured: Measured | None


# Which tasks each worker does, in order: numbers of `tasks` by number of `workers`.
Routes = dict[int, list[int]]


class Problem:
    """The numbers behind workers and tasks. Moments are whole seconds after `now`. `every_way` False leaves out the ways to what nobody
    may do."""

    def __init__(
        self,
        workers: Sequence[Worker],
        tasks: Sequence[Task],
        now: datetime,
        travel: Travel,
        *,
        every_way: bool = False,
    ) -> None:
        self.workers, self.tasks, self.now = workers, tasks, now
        self.begins = np.array([self._begins(worker) for worker in workers], dtype=np.int64)
        self.ends = np.array([self._seconds(worker.ends, 0) for worker in workers], dtype=np.int64)
        self.room = np.array([max(0, worker.most - worker.in_hand) for worker in workers], dtype=np.int64)
        self.due = [self._due(task) for task in tasks]
        self.may = self._may()
        self.wanted: list[int] = np.flatnonzero(self.may.any(axis=1)).tolist()
        places: list[Place] = []
        self.at_worker = [_add(places, worker.place) for worker in workers]
        self.at_task: list[int | None] = [None] * len(tasks)
        for number in range(len(tasks)) if every_way else self.wanted:
            self.at_task[number] = _add(places, tasks[number].place)
        self.ways: dict[Mode, Matrix] = {mode: travel(places, mode) for mode in {one.mode for one in workers}}

    def without(self, gone: Collection[str]) -> "Problem":
        """The same numbers, and these workers do nothing."""
        left = copy(self)
        left.may = self.may & np.array([worker.id not in gone for worker in self.workers], dtype=bool)
        left.wanted = np.flatnonzero(left.may.any(axis=1)).tolist()
        return left

    def _seconds(self, moment: datetime | None, default: int) -> int:
        return default if moment is None else int((moment - self.now).total_seconds())

    def _begins(self, worker: Worker) -> int:
        return max(0, self._seconds(worker.starts, 0)) + worker.in_hand * MINUTES_IN_HAND * 60

    def _due(self, task: Task) -> int | None:
        """What is overdue already has no limit that could still be met: it goes by its priority."""
        seconds = self._seconds(task.due, -1)
        return None if seconds < 0 else seconds

    def _may(self) -> NDArray[np.bool_]:
        """Who may do which task at all, whatever the time: team and skill, and both places known."""
        may = np.zeros((len(self.tasks), len(self.workers)), dtype=bool)
        sendable = [self._sendable(number) for number in range(len(self.workers))]
        wants: dict[tuple[frozenset[str], frozenset[str]], NDArray[np.bool_]] = {}
        for number, task in enumerate(self.tasks):
            if task.place is None:
                continue
            key = (task.skills, task.teams)
            if key not in wants:
                wants[key] = np.array(
                    [can and _suits(one, task) for can, one in zip(sendable, self.workers, strict=True)], dtype=bool
                )
            may[number] = wants[key]
        return may

    def _sendable(self, number: int) -> bool:
        worker = self.workers[number]
        on_duty = worker.starts is not None and worker.ends is not None and worker.ends > self.now
        return on_duty and worker.place is not None and bool(self.room[number])

    def seconds(self, worker: int, origin: int | None, target: int | None) -> int:
        assert origin is not None
        assert target is not None
        return int(self.ways[self.workers[worker].mode].seconds[origin, target])

    def seconds_to(self, target: int, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """How long each worker takes to a place from where they are `at`."""
        by_mode = {mode: ways.seconds[at, target] for mode, ways in self.ways.items()}
        return np.array([by_mode[one.mode][number] for number, one in enumerate(self.workers)], dtype=np.int64)

    def metres(self, worker: int, origin: int | None, target: int | None) -> int:
        assert origin is not None
        assert target is not None
        return int(self.ways[self.workers[worker].mode].metres[origin, target])

    def measured(self) -> Measured | None:
        found = {ways.measured for ways in self.ways.values()}
        return Measured.MIXED if len(found) > 1 else next(iter(found), None)

    def moment(self, seconds: int) -> datetime:
        return self.now + timedelta(seconds=seconds)


def _add(places: list[Place], place: Place | None) -> int | None:
    if place is None:
        return None
    places.append(place)
    return len(places) - 1


def _suits(worker: Worker, task: Task) -> bool:
    return task.skills <= worker.skills and (not task.teams or worker.team in task.teams)


# --- the proposal ----------------------------------------------------------------------------------------------------


def propose(
    workers: Sequence[Worker], tasks: Sequence[Task], now: datetime, *, travel: Travel | None = None,
    explain: bool = True,
) -> Plan:  # fmt: skip
    """Who should do which of the tasks. `explain` False leaves out whom else, and why not: for measuring and comparing."""
    problem = Problem(workers, tasks, now, travel or straight())
    level = THOROUGH if len(problem.wanted) <= MANY else QUICK
    return the_better(problem, _solved(problem, level), others=explain, reasons=explain)


def the_better(problem: Problem, solved: Routes, *, others: bool, reasons: bool) -> Plan:
    """What a solver has found, or nearest-first where that is cheaper; with the `others` beside each line, with the `reasons` why nobody
    goes."""
    baseline = _nearest_first(problem)
    found = _cheapest(problem, solved, baseline)
    cost, base = _cost(problem, found), _cost(problem, baseline)
    return Plan(
        lines=_lines(problem, found, others),
        undone=_undone(problem, found, reasons),
        travel_minutes=round(_travel_seconds(problem, found) / 60),
        cost=cost,
        gain=base / cost if cost else 1.0,
        measured=problem.measured(),
    )


def _cheapest(problem: Problem, *found: Routes) -> Routes:
    return min(found, key=lambda routes: _cost(problem, routes))


def _nearest_first(problem: Problem) -> Routes:
    """What a dispatcher does by hand: the most urgent task first, to whoever would come the shortest way and can be there in time."""
    routes: Routes = {}
    free, room = problem.begins.copy(), problem.room.copy()
    at = np.array([place if place is not None else 0 for place in problem.at_worker], dtype=np.int64)
    for number in _most_urgent_first(problem):
        target = problem.at_task[number]
        assert target is not None
        way = problem.seconds_to(target, at)
        arrives = free + way
        fits = problem.may[number] & (room > 0) & (arrives + problem.tasks[number].minutes * 60 <= problem.ends)
        if (due := problem.due[number]) is not None:
            fits &= arrives <= due
        if not fits.any():
            continue
        chosen = int(np.where(fits, way, np.iinfo(np.int64).max).argmin())
        routes.setdefault(chosen, []).append(number)
        free[chosen] = arrives[chosen] + problem.tasks[number].minutes * 60
        at[chosen] = target
        room[chosen] -= 1
    return routes


def _most_urgent_first(problem: Problem) -> list[int]:
    never = float("inf")
    due = [never if one is None else one for one in problem.due]
    return sorted(problem.wanted, key=lambda number: (-problem.tasks[number].priority, due[number], number))


def _solved(problem: Problem, level: int, begin: Routes | None = None) -> Routes:
    """VROOM's answer: as much priority as possible, then the shortest way. It makes the routes of `begin` better where there are some."""
    wanted = problem.wanted
    if not wanted:
        return {}
    # It brings pandas with it, which a process that never proposes need not load.
    import vroom

    groups = _groups(problem, wanted)
    asked = vroom.Input()
    for mode, ways in problem.ways.items():
        asked.set_durations_matrix(mode.value, ways.seconds)
    vehicles = []
    for number, worker in enumerate(problem.workers):
        does = {group for group, allowed in enumerate(groups.values()) if allowed[number]}
        if does and problem.begins[number] < problem.ends[number]:
            vehicles.append(
                vroom.Vehicle(
                    number,
                    start=problem.at_worker[number],
                    profile=worker.mode.value,
                    skills=does,
                    time_window=vroom.TimeWindow(int(problem.begins[number]), int(problem.ends[number])),
                    max_tasks=max(0, worker.most - worker.in_hand),
                    steps=[vroom.VehicleStep("single", id=task) for task in (begin or {}).get(number, ())],
                )
            )
    if not vehicles:
        return {}
    asked.add_vehicle(vehicles)
    names = list(groups)
    asked.add_job(
        [
            vroom.Job(
                number,
                location=problem.at_task[number],
                default_service=problem.tasks[number].minutes * 60,
                skills={names.index(problem.may[number].tobytes())},
                priority=int(problem.tasks[number].priority) * 10,
                time_windows=[] if (due := problem.due[number]) is None else [vroom.TimeWindow(0, due)],
            )
            for number in wanted
        ]
    )
    answer = asked.solve(exploration_level=level, nb_threads=THREADS, timeout=PATIENCE)
    routes: Routes = {}
    steps = answer.routes
    for vehicle, kind, job in zip(steps["vehicle_id"], steps["type"], steps.get("id", ()), strict=False):
        if kind == "job":
            routes.setdefault(int(vehicle), []).append(int(job))
    return routes


def _groups(problem: Problem, wanted: Sequence[int]) -> dict[bytes, NDArray[np.bool_]]:
    """Tasks for the same persons are one group: being one of these persons is the one skill that VROOM is told of."""
    return {problem.may[number].tobytes(): problem.may[number] for number in wanted}


# --- what a plan costs, and why it is so -----------------------------------------------------------------------------


def _travel_seconds(problem: Problem, routes: Routes) -> int:
    total = 0
    for worker, route in routes.items():
        at = problem.at_worker[worker]
        for number in route:
            total += problem.seconds(worker, at, problem.at_task[number])
            at = problem.at_task[number]
    return total


def _cost(problem: Problem, routes: Routes) -> float:
    done = {number for route in routes.values() for number in route}
    undone = sum(int(task.priority) for number, task in enumerate(problem.tasks) if number not in done)
    return _travel_seconds(problem, routes) / 60 + UNDONE_MINUTES * undone


def _lines(problem: Problem, routes: Routes, with_others: bool) -> tuple[Line, ...]:
    lines = []
    for worker, route in sorted(routes.items()):
        at, free, before = problem.at_worker[worker], int(problem.begins[worker]), None
        for place, number in enumerate(route):
            task = problem.tasks[number]
            arrives = free + problem.seconds(worker, at, problem.at_task[number])
            others = _others(problem, number, worker) if with_others else ()
            lines.append(
                Line(
                    task=task.id,
                    worker=problem.workers[worker].id,
                    metres=problem.metres(worker, at, problem.at_task[number]),
                    arrives=problem.moment(arrives),
                    spare=task.due - problem.moment(arrives) if task.due else None,
                    holds=problem.workers[worker].in_hand + place,
                    nearer=_nearer(problem, number, worker),
                    skills=tuple(sorted(task.skills)),
                    after=before,
                    alternatives=others,
                )
            )
            at, free, before = problem.at_task[number], arrives + task.minutes * 60, task.id
    return tuple(lines)


def _nearer(problem: Problem, number: int, chosen: int) -> int:
    """How many of those who may go are nearer to the task, from where they are now."""
    target = problem.at_task[number]
    own = problem.metres(chosen, problem.at_worker[chosen], target)
    able = np.flatnonzero(problem.may[number]).tolist()
    return sum(problem.metres(other, problem.at_worker[other], target) < own for other in able)


def _others(problem: Problem, number: int, chosen: int) -> tuple[Why, ...]:
    """The nearest of the others, and why each of them does not go."""
    target = problem.at_task[number]

    def metres(other: int) -> int:
        return problem.metres(other, problem.at_worker[other], target)

    placed = [
        other for other in range(len(problem.workers)) if other != chosen and problem.at_worker[other] is not None
    ]
    nearest = sorted(placed, key=metres)[:MOST_ALTERNATIVES]
    own = metres(chosen)
    return tuple(
        _why(problem, number, other) or _could(problem, number, other, metres(other) < own) for other in nearest
    )


def _could(problem: Problem, number: int, other: int, is_nearer: bool) -> Why:
    """They could go by themselves; they are farther away, or do other tasks of this proposal."""
    metres = problem.metres(other, problem.at_worker[other], problem.at_task[number])
    return Why(problem.workers[other].id, Obstacle.BUSY if is_nearer else Obstacle.FARTHER, metres=metres)


def _why(problem: Problem, number: int, other: int) -> Why | None:
    """What keeps this person from this task if they went there straight; None where nothing does."""
    worker, task = problem.workers[other], problem.tasks[number]
    if worker.starts is None or worker.ends is None or worker.ends <= problem.now:
        return Why(worker.id, Obstacle.ABSENT, ends=worker.ends)
    if task.place is None:
        return Why(worker.id, Obstacle.NO_PLACE)
    if task.teams and worker.team not in task.teams:
        return Why(worker.id, Obstacle.OTHER_TEAM)
    if missing := task.skills - worker.skills:
        return Why(worker.id, Obstacle.NO_SKILL, skills=tuple(sorted(missing)))
    if worker.place is None:
        return Why(worker.id, Obstacle.NO_POSITION)
    if not problem.room[other]:
        return Why(worker.id, Obstacle.FULL, holds=worker.in_hand)
    metres = problem.metres(other, problem.at_worker[other], problem.at_task[number])
    seconds = int(problem.begins[other]) + problem.seconds(other, problem.at_worker[other], problem.at_task[number])
    due = problem.due[number]
    if due is not None and seconds > due:
        return Why(worker.id, Obstacle.TOO_FAR, metres=metres, arrives=problem.moment(seconds), holds=worker.in_hand)
    if seconds + task.minutes * 60 > problem.ends[other]:
        arrives = problem.moment(seconds)
        return Why(worker.id, Obstacle.SHIFT_ENDS, metres=metres, arrives=arrives, ends=worker.ends)
    return None


def _undone(problem: Problem, routes: Routes, reasons: bool) -> tuple[Undone, ...]:
    done = {number for route in routes.values() for number in route}
    return tuple(
        Undone(task.id, _reasons(problem, number) if reasons else ())
        for number, task in enumerate(problem.tasks)
        if number not in done
    )


def _reasons(problem: Problem, number: int) -> tuple[Why, ...]:
    return tuple(
        _why(problem, number, other) or _could(problem, number, other, is_nearer=True)
        for other in range(len(problem.workers))
    )


# --- calling people to one place -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gathered:
    """Who can come, whoever would be there first before the others, and why the others are not asked."""

    come: tuple[Line, ...]
    stay: tuple[Why, ...]


def candidates(workers: Sequence[Worker], task: Task, now: datetime, *, travel: Travel | None = None) -> Gathered:
    """Everybody for one task, as if it were the only one: who could do it, and why each of the others cannot."""
    problem = Problem(workers, [task], now, travel or straight())
    why = [_why(problem, 0, number) for number in range(len(workers))]
    able = sorted(
        (number for number, found in enumerate(why) if found is None), key=lambda one: (_there(problem, one), one)
    )
    come = tuple(_alone(problem, number, place) for place, number in enumerate(able))
    return Gathered(come, tuple(found for found in why if found is not None))


def gather(
    workers: Sequence[Worker], task: Task, count: int, now: datetime, *, travel: Travel | None = None
) -> Gathered:
    """The nearest `count` people for an emergency. What they hold does not keep them: they leave it where it is."""
    called = replace(task, minutes=0, teams=frozenset(), due=None)
    held = {worker.id: worker.in_hand for worker in workers}
    found = candidates([replace(worker, in_hand=0, most=1) for worker in workers], called, now, travel=travel)
    come = tuple(replace(line, holds=held[line.worker]) for line in found.come)
    farther = tuple(Why(line.worker, Obstacle.FARTHER, metres=line.metres) for line in come[count:])
    return Gathered(come[:count], found.stay + farther)


def _there(problem: Problem, number: int) -> int:
    return int(problem.begins[number]) + problem.seconds(number, problem.at_worker[number], problem.at_task[0])


def _alone(problem: Problem, number: int, nearer: int) -> Line:
    worker, task = problem.workers[number], problem.tasks[0]
    arrives = problem.moment(_there(problem, number))
    return Line(
        task=task.id,
        worker=worker.id,
        metres=problem.metres(number, problem.at_worker[number], problem.at_task[0]),
        arrives=arrives,
        spare=task.due - arrives if task.due else None,
        holds=worker.in_hand,
        nearer=nearer,
        skills=tuple(sorted(task.skills)),
    )


# --- what if ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """What would be otherwise. `moved` says for each task whose person changes from whom to whom (None: nobody)."""

    before: Plan
    after: Plan
    moved: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def travel_minutes(self) -> int:
        return self.after.travel_minutes - self.before.travel_minutes

    @property
    def undone(self) -> int:
        return len(self.after.undone) - len(self.before.undone)


def what_if(
    workers: Sequence[Worker], tasks: Sequence[Task], now: datetime, *, without: Collection[str] = (),
    more_workers: Sequence[Worker] = (), travel: Travel | None = None,
) -> Difference:  # fmt: skip
    """The proposal as things are, and with some people gone or more people: both without their reasons.

    The second begins with what the first has found. Two answers found apart differ in many tasks that have nothing to do with who is gone.
    """
    everybody = Problem([*workers, *more_workers], tasks, now, travel or straight())
    as_it_is, then = everybody.without({one.id for one in more_workers}), everybody.without(without)
    level = SKETCHED if len(everybody.wanted) <= MANY else QUICK
    was = _sketched(as_it_is, level)
    will = _sketched(then, level, was)
    if not more_workers and _cost(then, will) < _cost(as_it_is, was):
        # What was found without some of them can be done with all of them, too.
        was = _sketched(as_it_is, level, will)
    before = the_better(as_it_is, was, others=False, reasons=False)
    after = the_better(then, will, others=False, reasons=False)
    goes, would_go = _who(before), _who(after)
    changed = sorted(task.id for task in tasks if goes.get(task.id) != would_go.get(task.id))
    return Difference(before, after, {task: (goes.get(task), would_go.get(task)) for task in changed})


def _sketched(problem: Problem, level: int, begin: Routes | None = None) -> Routes:
    """Never dearer than what is left of `begin` when whoever does nothing any more is gone."""
    left = {number: route for number, route in (begin or {}).items() if problem.may[:, number].any()}
    return _cheapest(problem, left, _solved(problem, level, left), _nearest_first(problem))


def _who(plan: Plan) -> dict[str, str]:
    return {line.task: line.worker for line in plan.lines}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What follows if people are sent so: the way in all, and the tasks (by id) that come too late, or cannot be foretold."""

    travel_minutes: int
    late: tuple[str, ...]
    after_shift: tuple[str, ...]
    unknown: tuple[str, ...]


def outlook(
    workers: Sequence[Worker],
    tasks: Sequence[Task],
    now: datetime,
    sent: Mapping[str, str],
    *,
    travel: Travel | None = None,
) -> Outlook:
    """`sent` names the worker of each task; everybody does theirs in that order. Nothing is decided here: no rule is asked."""
    problem = Problem(workers, tasks, now, travel or straight(), every_way=True)
    number_of = {task.id: number for number, task in enumerate(tasks)}
    seconds = 0
    late, after_shift, unknown = [], [], []
    for number, worker in enumerate(workers):
        at, free = problem.at_worker[number], int(problem.begins[number])
        for task in (tasks[number_of[task]] for task, chosen in sent.items() if chosen == worker.id):
            target = problem.at_task[number_of[task.id]]
            if at is None or target is None:
                unknown.append(task.id)
                continue
            way = problem.seconds(number, at, target)
            seconds += way
            arrives = free + way
            free, at = arrives + task.minutes * 60, target
            if task.due is not None and problem.moment(arrives) > task.due:
                late.append(task.id)
            if worker.ends is None or problem.moment(free) > worker.ends:
                after_shift.append(task.id)
    return Outlook(round(seconds / 60), tuple(late), tuple(after_shift), tuple(unknown))
