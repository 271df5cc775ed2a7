"""Why the one goes and the others do not, person by person, from the numbers that the solver had."""

import numpy as np

from linli.dispatch.solver.problem import Problem, Routes
from linli.dispatch.solver.terms import Line, Obstacle, Undone, Why

# How many others are named beside the one who was chosen.
MOST_ALTERNATIVES = 5


def lines_of(problem: Problem, routes: Routes, with_others: bool) -> tuple[Line, ...]:
    """A line for each task that is done; `with_others` names who else could have gone, and why they do not."""
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
        why_not(problem, number, other) or _could(problem, number, other, metres(other) < own) for other in nearest
    )


def _could(problem: Problem, number: int, other: int, is_nearer: bool) -> Why:
    """They could go by themselves; they are farther away, or do other tasks of this proposal."""
    metres = problem.metres(other, problem.at_worker[other], problem.at_task[number])
    return Why(problem.workers[other].id, Obstacle.BUSY if is_nearer else Obstacle.FARTHER, metres=metres)


def why_not(problem: Problem, number: int, other: int) -> Why | None:
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


def undone_of(problem: Problem, routes: Routes, reasons: bool) -> tuple[Undone, ...]:
    """The tasks in no route; with `reasons` why each person does not do them."""
    done = {number for route in routes.values() for number in route}
    return tuple(
        Undone(task.id, _reasons(problem, number) if reasons else ())
        for number, task in enumerate(problem.tasks)
        if number not in done
    )


def _reasons(problem: Problem, number: int) -> tuple[Why, ...]:
    return tuple(
        why_not(problem, number, other) or _could(problem, number, other, is_nearer=True)
        for other in range(len(problem.workers))
    )
