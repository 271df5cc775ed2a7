"""A proposal, and what would be otherwise with some people gone or more.

A proposal is never worse than nearest-first: both are worked out, and the cheaper one is returned.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from linli.dispatch.solver.problem import Problem, Routes
from linli.dispatch.solver.reasons import lines_of, undone_of
from linli.dispatch.solver.routes import (
    MANY,
    QUICK,
    SKETCHED,
    THOROUGH,
    by_vroom,
    cheapest,
    cost_of,
    nearest_first,
    travel_seconds,
)
from linli.dispatch.solver.terms import Plan, Task, Worker
from linli.dispatch.travel import Travel, straight


def propose(
    workers: Sequence[Worker], tasks: Sequence[Task], now: datetime, *, travel: Travel | None = None,
    explain: bool = True,
) -> Plan:  # fmt: skip
    """Who should do which of the tasks. `explain` False leaves out whom else, and why not: for measuring and comparing."""
    problem = Problem(workers, tasks, now, travel or straight())
    level = THOROUGH if len(problem.wanted) <= MANY else QUICK
    return the_better(problem, by_vroom(problem, level), others=explain, reasons=explain)


def the_better(problem: Problem, solved: Routes, *, others: bool, reasons: bool) -> Plan:
    """What a solver has found, or nearest-first where that is cheaper; with the `others` beside each line, with the `reasons` why nobody
    goes."""
    baseline = nearest_first(problem)
    found = cheapest(problem, solved, baseline)
    cost, base = cost_of(problem, found), cost_of(problem, baseline)
    return Plan(
        lines=lines_of(problem, found, others),
        undone=undone_of(problem, found, reasons),
        travel_minutes=round(travel_seconds(problem, found) / 60),
        cost=cost,
        gain=base / cost if cost else 1.0,
        measured=problem.measured(),
    )


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
    if not more_workers and cost_of(then, will) < cost_of(as_it_is, was):
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
    return cheapest(problem, left, by_vroom(problem, level, left), nearest_first(problem))


def _who(plan: Plan) -> dict[str, str]:
    return {line.task: line.worker for line in plan.lines}
