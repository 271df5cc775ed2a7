"""What follows if people are sent as somebody chose, whatever the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.dispatch.solver.problem import Problem
from linli.dispatch.solver.terms import Task, Worker
from linli.dispatch.travel import Travel, straight


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
