"""Monte Carlo: the best ratio of data in which nothing is going on, many times over."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linli.insight.scan import kernels
from linli.insight.scan.circles import Circles
from linli.insight.scan.data import Floats, Model
from linli.insight.scan.expected import Tables

Seeds = NDArray[np.uint32]
# Told what is counted, how many are done and how many there are.
Count = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Windows:
    """`longest`: intervals in a window. `alive`: whether it has to end with the last interval."""

    longest: int
    alive: bool


def threads() -> int:
    return len(os.sched_getaffinity(0))


def best_ratios(
    model: Model,
    tables: Tables,
    circles: Circles,
    windows: Windows,
    min_cases: int,
    replicates: int,
    seed: int,
    count: Count,
) -> Floats:
    """Shape (replicates,). The same seed gives the same ratios, however many threads there are."""
    seeds = np.random.SeedSequence(seed).generate_state(replicates, np.uint32)
    blocks = [seeds[begin : begin + kernels.LANES] for begin in range(0, replicates, kernels.LANES)]
    scan = _scanner(model, tables, circles, windows, min_cases)
    done = []
    with ThreadPoolExecutor(threads()) as pool:
        for ratios in pool.map(scan, blocks):
            done.append(ratios)
            count("Replicates", sum(map(len, done)), replicates)
    return np.concatenate(done)


def _scanner(
    model: Model, tables: Tables, circles: Circles, windows: Windows, min_cases: int
) -> Callable[[Seeds], Floats]:
    """What makes and scans a block of replicates. Windows that end with the last interval touch only the last ones."""
    intervals = tables.observed.shape[1]
    first = intervals - windows.longest if windows.alive else 0
    expected = np.ascontiguousarray(tables.expected[:, first:])
    mass = tables.expected.sum(axis=1)
    make = _shuffling(tables, first) if model == "permutation" else _drawing(tables, first)
    kind = np.empty(0, np.int16 if _most(model, tables, windows) < np.iinfo(np.int16).max else np.int32)
    key = np.uint16 if (intervals - first) * kernels.LANES <= np.iinfo(np.uint16).max else np.uint32

    def scan(seeds: Seeds) -> Floats:
        room = len(seeds) * tables.total
        keys, places, by_place = np.empty(room, key), np.empty(room, np.int32), np.empty(room, key)
        offsets = np.empty(len(mass) + 1, np.int64)
        kernels.by_place(keys, places, make(seeds, keys, places), offsets, by_place)
        best: Floats = kernels.best_of_lanes(
            len(seeds), circles.starts, circles.members, circles.closes, mass, expected, offsets, by_place,
            float(tables.total), windows.longest, windows.alive, min_cases, kind,
        )  # fmt: skip
        return best

    return scan


def _most(model: Model, tables: Tables, windows: Windows) -> int:
    """No window of any replicate holds more cases. Shuffling leaves each interval its cases; drawing may put all into one."""
    if model == "poisson":
        return tables.total
    daily = np.concatenate([[0], np.cumsum(tables.observed.sum(axis=0))])
    return int((daily[windows.longest :] - daily[: -windows.longest]).max())


def _shuffling(tables: Tables, first: int) -> Callable[..., int]:
    place, interval = np.nonzero(tables.observed)
    number = tables.observed[place, interval]
    places, intervals = np.repeat(place, number).astype(np.int32), np.sort(np.repeat(interval, number))[::-1].copy()

    def make(seeds: Seeds, keys: NDArray[Any], out: NDArray[np.int32]) -> int:
        written: int = kernels.shuffled(seeds, places, intervals, first, keys, out)
        return written

    return make


def _drawing(tables: Tables, first: int) -> Callable[..., int]:
    cumulated = np.cumsum(tables.expected.ravel())
    cumulated /= cumulated[-1]
    intervals = tables.observed.shape[1]

    def make(seeds: Seeds, keys: NDArray[Any], out: NDArray[np.int32]) -> int:
        written: int = kernels.drawn(seeds, tables.total, cumulated, intervals, first, keys, out)
        return written

    return make
