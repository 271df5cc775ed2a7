"""`dispatch.seconds` and `dispatch.gain`: who should do 1,000 tasks among 200 workers, and how much better than nearest-first that is.

`dispatch.rounds`: 500 stops of a shift among 20 people, in order.
"""

import os
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bench.generate import SEED

TASKS, WORKERS, TEAMS = 1_000, 200, 8
STOPS, GOING = 500, 20
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SKILLS = ("lift", "electric", "dialect")
WEST, SOUTH, WIDE = 104.0, 30.6, 0.2


def run(progress, tasks: int = TASKS, workers: int = WORKERS):
    """Yields three figures: {name, value, unit, on}. No database is asked: reading is the room's, this is the proposing."""
    from linli.dispatch import rounds, solver

    rng = random.Random(SEED)
    people, work = _workers(rng, workers), _tasks(rng, tasks)
    # The library is loaded once in a process, not once a proposal.
    solver.propose(people[:2], work[:2], NOW)
    began = time.perf_counter()
    plan = solver.propose(people, work, NOW)
    seconds = time.perf_counter() - began
    progress.say(f"{len(plan.lines):,} given, {len(plan.undone):,} not, {plan.travel_minutes:,} minutes on the way")
    on = f"{os.cpu_count()} cores, {tasks:,} tasks, {workers:,} workers, reasons included"
    yield {"name": "dispatch.seconds", "value": round(seconds, 2), "unit": "s", "on": on}
    yield {"name": "dispatch.gain", "value": round(plan.gain, 3), "unit": "× nearest", "on": on}
    going = [replace(one, most=30, in_hand=0) for one in people[:GOING]]
    began = time.perf_counter()
    planned = rounds.plan_rounds(going, work[:STOPS], NOW)
    seconds = time.perf_counter() - began
    progress.say(f"{len(planned.lines):,} stops on rounds, {len(planned.undone):,} left out")
    on = f"{os.cpu_count()} cores, {STOPS:,} stops, {GOING:,} people"
    yield {"name": "dispatch.rounds", "value": round(seconds, 2), "unit": "s", "on": on}


def _workers(rng: random.Random, count: int):
    from linli.dispatch.solver import Worker

    return [
        Worker(
            id=f"worker {number}",
            place=_place(rng),
            starts=NOW - timedelta(hours=1),
            ends=NOW + timedelta(hours=rng.choice([4, 6, 8])),
            skills=frozenset(skill for skill in SKILLS if rng.random() < 0.4),
            team=f"team {number % TEAMS}",
            in_hand=rng.randrange(3),
            most=8,
        )
        for number in range(count)
    ]


def _tasks(rng: random.Random, count: int):
    """One in two is the duty of one team, as cases are; the limits lie between half an hour and six hours."""
    from linli.dispatch.solver import Priority, Task

    priorities = [Priority.NORMAL] * 6 + [Priority.URGENT, Priority.EMERGENCY]
    return [
        Task(
            id=f"task {number}",
            place=_place(rng),
            minutes=rng.choice([15, 30, 45]),
            due=NOW + timedelta(minutes=rng.randrange(30, 360)),
            skills=frozenset(skill for skill in SKILLS if rng.random() < 0.1),
            teams=frozenset({f"team {rng.randrange(TEAMS)}"}) if rng.random() < 0.5 else frozenset(),
            priority=rng.choice(priorities),
        )
        for number in range(count)
    ]


def _place(rng: random.Random) -> tuple[float, float]:
    return WEST + rng.random() * WIDE, SOUTH + rng.random() * WIDE
