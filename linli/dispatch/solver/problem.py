"""The numbers behind workers and tasks, as every solver reads them."""

from collections.abc import Collection, Sequence
from copy import copy
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from linli.dispatch.solver.terms import Task, Worker
from linli.dispatch.travel import Matrix, Measured, Mode, Place, Travel

# What somebody holds already is done first; how long that takes nobody knows, so each counts as this long.
MINUTES_IN_HAND = 20
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
