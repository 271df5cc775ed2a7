"""`locate.rate`: points located per second on one core, in a generated city of 20,000 quarters read from the database."""

import os
import time

import numpy as np

from bench.generate import SEED

POINTS = 2_000_000
ROUNDS = 3


def run(progress, scale: float = 1.0, points: int = POINTS):
    """Yields one figure: {name, value, unit, on}. Half of the points lie in quarters, half anywhere in the city."""
    from linli.foundation.access import SYSTEM, acting_as
    from linli.territory import actions, queries

    with acting_as(SYSTEM):
        actions.generate_city(scale=scale, seed=SEED, by=SYSTEM, with_households=False, progress=progress.say)
        began = time.perf_counter()
        territory = queries.index()
        progress.say(f"territory read in {time.perf_counter() - began:.2f} s")
    lons, lats = _points(territory, points)
    # The fastest of a few rounds: the others tell of the machine's other work.
    seconds = min(_timed(territory, lons, lats, progress) for _ in range(ROUNDS))
    quarters = sum(unit.level == "quarter" for unit in territory.units)
    yield {
        "name": "locate.rate",
        "value": round(points / seconds),
        "unit": "points/s",
        "on": f"one of {os.cpu_count()} cores, {quarters:,} quarters, {len(territory.units):,} units, {points:,} points",
    }


def _timed(territory, lons, lats, progress) -> float:
    began = time.perf_counter()
    found = territory.locate_many(lons, lats)
    seconds = time.perf_counter() - began
    progress.say(f"{len(lons):,} points in {seconds:.2f} s, {np.mean(found < 0):.0%} outside")
    return seconds


def _points(territory, count: int):
    rng = np.random.default_rng(SEED)
    west, south, east, north = territory.boundary(territory.units[0].id).bounds
    labels = np.array([(unit.lon, unit.lat) for unit in territory.units if unit.level == "quarter"])
    near = labels[rng.integers(0, len(labels), count // 2)] + rng.normal(0, 0.001, (count // 2, 2))
    anywhere = np.column_stack(
        [rng.uniform(west, east, count - len(near)), rng.uniform(south, north, count - len(near))]
    )
    mixed = rng.permutation(np.vstack([near, anywhere]))
    return mixed[:, 0].copy(), mixed[:, 1].copy()
