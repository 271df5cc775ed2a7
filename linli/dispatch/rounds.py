"""Rounds that are planned for a shift, by PyVRP: who goes where, in which order. Pure.

A round begins where the person or team is, leads to each place once before its limit, and must be over when the shift ends.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linli.dispatch.solver import Plan, Problem, Routes, Task, Worker, the_better
from linli.dispatch.travel import Travel, straight

# What is left out costs far more than any way through the city, times its priority; a way that nobody may go costs more yet.
LEFT_OUT = 1_000_000
NO_WAY = 1_000_000_000
# Enough for a district's day within seconds, and the same answer every time.
ITERATIONS = 1_000

# Is told how many steps of how many are done.
Told = Callable[[int, int], None]


def plan_rounds(
    workers: Sequence[Worker], tasks: Sequence[Task], now: datetime, *, travel: Travel | None = None,
    told: Told | None = None,
) -> Plan:  # fmt: skip
    """As a proposal, but thought through for the whole shift: what is overdue or far away is worked into the round."""
    problem = Problem(workers, tasks, now, travel or straight())
    return the_better(problem, _solved(problem, told), others=False, reasons=True)


def _solved(problem: Problem, told: Told | None) -> Routes:
    wanted = problem.wanted
    going = [
        number for number in range(len(problem.workers)) if problem.may[:, number].any() and _has_time(problem, number)
    ]
    if not wanted or not going:
        return {}
    # Some fifty megabytes that a process which plans no rounds need not load.
    import pyvrp

    places = [
        *(_known(problem.at_worker[number]) for number in going),
        *(_known(problem.at_task[number]) for number in wanted),
    ]
    # The last location is the end of every round: no way leads there, so a round is over at its last place.
    home = len(places)
    matrices = _Matrices(problem, places, wanted)
    depots = [*(pyvrp.Depot(number) for number in range(len(going))), pyvrp.Depot(home)]
    clients = [
        pyvrp.Client(
            len(going) + place,
            delivery=[1],
            service_duration=problem.tasks[number].minutes * 60,
            tw_late=_late(problem, number),
            prize=LEFT_OUT * int(problem.tasks[number].priority),
            required=False,
        )
        for place, number in enumerate(wanted)
    ]
    vehicles = [
        pyvrp.VehicleType(
            capacity=[int(problem.room[number])],
            start_depot=place,
            end_depot=len(going),
            tw_early=int(problem.begins[number]),
            tw_late=int(problem.ends[number]),
            unit_duration_cost=1,
            profile=matrices.profile(number),
        )
        for place, number in enumerate(going)
    ]
    locations = [pyvrp.Location(0, 0)] * (home + 1)
    data = pyvrp.ProblemData(locations, clients, depots, vehicles, matrices.metres, matrices.seconds)
    best = pyvrp.solve(data, _Steps(told), seed=1, collect_stats=False, display=False).best
    if not best.is_feasible():
        return {}
    return {
        going[route.vehicle_type()]: [wanted[step.idx] for step in route.schedule() if step.is_client()]
        for route in best.routes()
    }


def _has_time(problem: Problem, number: int) -> bool:
    return bool(problem.begins[number] < problem.ends[number])


def _known(place: int | None) -> int:
    assert place is not None
    return place


def _late(problem: Problem, number: int) -> int:
    """The limit, or the end of the last shift where there is none that could still be met."""
    due = problem.due[number]
    return int(problem.ends.max()) if due is None else due


class _Matrices:
    """Ways for everybody of one kind: who goes in the same way and may do the same. A place where they may not go is out of reach."""

    def __init__(self, problem: Problem, places: Sequence[int], wanted: Sequence[int]) -> None:
        self._problem, self._places, self._wanted = problem, places, wanted
        self._kinds: dict[tuple[str, bytes], int] = {}
        self.metres: list[Any] = []
        self.seconds: list[Any] = []

    def profile(self, worker: int) -> int:
        mode, may = self._problem.workers[worker].mode, self._problem.may[self._wanted, worker]
        key = (mode.value, may.tobytes())
        if key not in self._kinds:
            self._kinds[key] = len(self.metres)
            shut = len(self._places) - len(self._wanted) + np.flatnonzero(~may)
            ways = self._problem.ways[mode]
            self.metres.append(self._between(ways.metres, shut))
            self.seconds.append(self._between(ways.seconds, shut))
        return self._kinds[key]

    def _between(self, ways: NDArray[np.int64], shut: NDArray[np.int64]) -> NDArray[np.int64]:
        found = np.zeros((len(self._places) + 1, len(self._places) + 1), dtype=np.int64)
        found[:-1, :-1] = ways[np.ix_(self._places, self._places)]
        found[:, shut] = NO_WAY
        np.fill_diagonal(found, 0)
        return found


class _Steps:
    """A number of steps and no more; every so many of them somebody is told."""

    def __init__(self, told: Told | None) -> None:
        self._told, self._done = told, 0

    def __call__(self, best_cost: int) -> bool:
        if self._told is not None and self._done % 100 == 0:
            self._told(self._done, ITERATIONS)
        self._done += 1
        return self._done > ITERATIONS
