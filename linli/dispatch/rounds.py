"""Rounds that are planned for a day (inspections, visits to elders), by PyVRP. Pure.

A round begins where the person is, visits each place once within its hours, and must be over when the shift ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.stop import MaxIterations

from linli.dispatch.solver import Worker
from linli.dispatch.travel import Place, Travel, straight

# A visit that is left out costs far more than any way through the city.
LEFT_OUT = 1_000_000
DAY = 24 * 3600
# Enough for a district's visits of a day within seconds, and the same answer every time.
ITERATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody or something to be seen that day; `opens` and `closes` are the hours in which the visit may begin."""

    id: str
    place: Place
    minutes: int = 20
    opens: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    visit: str
    arrives: datetime


@dataclass(frozen=True, slots=True)
class Round:
    worker: str
    stops: tuple[Stop, ...]
    metres: int


@dataclass(frozen=True, slots=True)
class Rounds:
    rounds: tuple[Round, ...]
    left_out: tuple[str, ...]


def plan_rounds(
    visits: Sequence[Visit], workers: Sequence[Worker], now: datetime, *, travel: Travel | None = None
) -> Rounds:
    """Who visits whom that day, in which order. Who has no shift or no known place goes on no round."""
    going = [worker for worker in workers if worker.place is not None and worker.ends is not None and worker.ends > now]
    if not visits or not going:
        return Rounds((), tuple(visit.id for visit in visits))
    places = [*(worker.place for worker in going if worker.place is not None), *(visit.place for visit in visits)]
    matrix = (travel or straight())(places)
    model, ends_anywhere = pyvrp.Model(), len(places)
    # The last location is the end of every round: no way leads there, so a round is over at its last visit.
    spots = [model.add_location(*place) for place in (*places, (0.0, 0.0))]
    for start in range(len(places)):
        model.add_edge(spots[start], spots[ends_anywhere], 0, 0)
        for end in range(len(places)):
            if start != end:
                model.add_edge(
                    spots[start], spots[end], int(matrix.metres[start, end]), int(matrix.seconds[start, end])
                )
    home = model.add_depot(spots[ends_anywhere])
    for number, worker in enumerate(going):
        model.add_vehicle_type(
            start_depot=model.add_depot(spots[number]),
            end_depot=home,
            tw_early=_seconds(worker.starts, now, 0),
            tw_late=_seconds(worker.ends, now, 0),
            # Waiting before a door costs too.
            unit_duration_cost=1,
        )
    for number, visit in enumerate(visits):
        model.add_client(
            spots[len(going) + number],
            service_duration=visit.minutes * 60,
            tw_early=_seconds(visit.opens, now, 0),
            tw_late=_seconds(visit.closes, now, DAY),
            prize=LEFT_OUT,
            required=False,
        )
    best = model.solve(MaxIterations(ITERATIONS), seed=1, collect_stats=False, display=False).best
    return _read(best, going, visits, matrix.metres, now)


def _read(
    best: pyvrp.Solution, going: Sequence[Worker], visits: Sequence[Visit], metres: NDArray[np.int64], now: datetime
) -> Rounds:
    rounds, seen = [], set()
    for route in best.routes():
        number = route.vehicle_type()
        stops, way, at = [], 0, number
        for step in route.schedule():
            if not step.is_client():
                continue
            visit = visits[step.idx]
            stops.append(Stop(visit.id, now + timedelta(seconds=step.start_time)))
            way += int(metres[at, len(going) + step.idx])
            at = len(going) + step.idx
            seen.add(visit.id)
        rounds.append(Round(going[number].id, tuple(stops), way))
    return Rounds(tuple(rounds), tuple(visit.id for visit in visits if visit.id not in seen))


def _seconds(moment: datetime | None, now: datetime, default: int) -> int:
    return default if moment is None else max(0, int((moment - now).total_seconds()))
