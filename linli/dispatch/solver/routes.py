"""Who does which tasks in which order: found by VROOM, or nearest-first; and what it costs.

What a plan costs is its minutes on the way plus `UNDONE_MINUTES` for each task that stays undone, more for what is urgent.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from linli.dispatch.solver.problem import Problem, Routes

# A task left undone costs as much as two hours on the way, times its weight.
UNDONE_MINUTES = 120
# VROOM's own scale of thoroughness goes from 0 to 5; many tasks get less of it, so that an answer comes within seconds.
THOROUGH, QUICK, MANY = 5, 0, 200
# Of a what-if, whose reader waits for two answers, and which must end before the patience does: else they would depend on the machine.
SKETCHED = 1
THREADS = 2
# After this the best that was found so far counts: somebody waits for the answer.
PATIENCE = timedelta(seconds=6)


def cheapest(problem: Problem, *found: Routes) -> Routes:
    return min(found, key=lambda routes: cost_of(problem, routes))


def nearest_first(problem: Problem) -> Routes:
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


def by_vroom(problem: Problem, level: int, begin: Routes | None = None) -> Routes:
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


def travel_seconds(problem: Problem, routes: Routes) -> int:
    """Seconds on the way in all routes; the way back is in none."""
    total = 0
    for worker, route in routes.items():
        at = problem.at_worker[worker]
        for number in route:
            total += problem.seconds(worker, at, problem.at_task[number])
            at = problem.at_task[number]
    return total


def cost_of(problem: Problem, routes: Routes) -> float:
    """Minutes on the way, and UNDONE_MINUTES times its weight for each task that nobody does."""
    done = {number for route in routes.values() for number in route}
    undone = sum(int(task.priority) for number, task in enumerate(problem.tasks) if number not in done)
    return travel_seconds(problem, routes) / 60 + UNDONE_MINUTES * undone
