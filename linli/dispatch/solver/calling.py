"""People for one place: who could go there, and the nearest of them for an emergency."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from linli.dispatch.solver.problem import Problem
from linli.dispatch.solver.reasons import why_not
from linli.dispatch.solver.terms import Line, Obstacle, Task, Why, Worker
from linli.dispatch.travel import Travel, straight


@dataclass(frozen=True, slots=True)
class Gathered:
    """Who can come, whoever would be there first before the others, and why the others are not asked."""

    come: tuple[Line, ...]
    stay: tuple[Why, ...]


def candidates(workers: Sequence[Worker], task: Task, now: datetime, *, travel: Travel | None = None) -> Gathered:
    """Everybody for one task, as if it were the only one: who could do it, and why each of the others cannot."""
    problem = Problem(workers, [task], now, travel or straight())
    why = [why_not(problem, 0, number) for number in range(len(workers))]
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
