"""A district on paper: random reports at realistic rates, nothing going on but what is planted. For the bench and the tests of warnings."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import h3
import numpy as np

from linli.insight.watch import Calendar, Load, Reports
from linli.insight.watch.days import look_at_days, look_at_hours

QUARTERS, COMMUNITIES, SUBDISTRICTS, CLASSES, BODIES, ADDRESSES = 300, 40, 8, 40, 8, 20
FIRST = date(2025, 3, 3)
PAST = 92
WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 1.0, 0.9, 0.85)
HOURS = np.array([1, 0, 0, 0, 0, 1, 2, 4, 8, 11, 10, 8, 5, 6, 9, 10, 9, 7, 5, 5, 6, 5, 3, 2], float)
# Working days until a case is due, and of that the share that it takes.
LIMIT = 5
NO_HOLIDAYS = Calendar()


@dataclass(frozen=True)
class Planted:
    """Quarters next to each other, from one day for some days at so many times their rate."""

    quarters: int
    day: int
    days: int
    times: float


@dataclass(frozen=True)
class District:
    reports: Reports
    done_on: np.ndarray
    planted_places: list[int]

    def before(self, moment: datetime) -> Reports:
        """What was known then of the weeks before."""
        at = self.reports.at
        rows = np.flatnonzero(
            (at < np.datetime64(moment, "s")) & (at >= np.datetime64(moment, "s") - np.timedelta64(PAST, "D"))
        )
        names = ("case", "at", "place", "spot", "unit", "case_class")
        kept = {name: getattr(self.reports, name)[rows] for name in names}
        whole = self.reports
        return Reports(
            **kept,
            places=whole.places,
            positions=whole.positions,
            units=whole.units,
            classes=whole.classes,
            addresses=whole.addresses,
        )

    def loads(self, last: date) -> list[Load]:
        """The open work of each body at the end of the day. All days are working days here."""
        today = np.datetime64(last)
        day, body = self.reports.day, self.reports.case_class % BODIES
        found = []
        for one in range(BODIES):
            own = (body == one) & (day <= today)
            still = np.flatnonzero(own & (self.done_on > today))
            due_in = (day[still] + LIMIT - today).astype(int)
            done = int(np.count_nonzero(own & (self.done_on <= today) & (self.done_on > today - 20)))
            came = int(np.count_nonzero(own & (day > today - 20)))
            found.append(Load(one, self.reports.case[still].tolist(), due_in.tolist(), done, came, 20, LIMIT))
        return found

    def nightly(self, last: date) -> list:
        reports = self.before(datetime.combine(last + timedelta(days=1), time()))
        return look_at_days(reports, last, calendar=NO_HOLIDAYS, loads=self.loads(last))

    def hourly(self, until: datetime) -> list:
        return look_at_hours(self.before(until), until, calendar=NO_HOLIDAYS)


def district(*, rate: float, days: int, seed: int, planted: Planted | None = None) -> District:
    """`rate`: reports of an average quarter a day. Quarters differ in size, weekdays and hours in what they bring."""
    rng = np.random.default_rng(seed)
    positions = _positions(rng)
    size = rng.gamma(4, 1 / 4, QUARTERS)
    size /= size.mean()
    expected = rate * np.outer(size, [WEEKDAYS[(FIRST + timedelta(days=day)).weekday()] for day in range(days)])
    near = np.empty(0, int)
    if planted is not None:
        away = np.linalg.norm(positions - positions[rng.integers(QUARTERS)], axis=1)
        near = np.argsort(away)[: planted.quarters]
        expected[near, planted.day : planted.day + planted.days] *= planted.times
    place, day = np.nonzero(counts := rng.poisson(expected))
    place, day = (np.repeat(each, counts[place, day]) for each in (place, day))
    cases = len(place)
    second = rng.choice(24, cases, p=HOURS / HOURS.sum()) * 3600 + rng.integers(0, 3600, cases)
    at = np.datetime64(FIRST, "s") + day * 86_400 + second
    order = np.argsort(at)
    place, at = place[order], at[order]
    weights = 1 / np.arange(1, CLASSES + 1)
    community = np.argsort(np.argsort(positions[:, 0] * 1000 + positions[:, 1])) * COMMUNITIES // QUARTERS
    subdistrict = community * SUBDISTRICTS // COMMUNITIES
    unit = np.column_stack([np.zeros(cases, int), 1 + subdistrict[place], 1 + SUBDISTRICTS + community[place]])
    reports = Reports(
        case=np.arange(cases),
        at=at,
        place=place,
        spot=_spots(positions, rng)[place, rng.integers(0, ADDRESSES, cases)],
        unit=unit,
        case_class=rng.choice(CLASSES, cases, p=weights / weights.sum()),
        places=range(QUARTERS),
        positions=positions,
        units=range(1 + SUBDISTRICTS + COMMUNITIES),
        classes=range(CLASSES),
        addresses=QUARTERS * ADDRESSES,
    )
    done_on = at.astype("M8[D]") + np.ceil(rng.uniform(0.1, 1.0, cases) * LIMIT).astype(int)
    return District(reports, done_on, near.tolist())


def _positions(rng: np.random.Generator) -> np.ndarray:
    """A grid of about 300 m with streets that are not straight."""
    row, column = np.divmod(np.arange(QUARTERS), 20)
    return np.column_stack([30.6 + 0.0027 * row, 104.0 + 0.0031 * column]) + rng.normal(0, 0.0004, (QUARTERS, 2))


def _spots(positions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    around = positions[:, None, :] + rng.uniform(-0.0012, 0.0012, (QUARTERS, ADDRESSES, 2))
    return np.array([[h3.str_to_int(h3.latlng_to_cell(*one, 11)) for one in quarter] for quarter in around])
