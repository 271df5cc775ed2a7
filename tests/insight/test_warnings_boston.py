"""A real city's half year, looked at night by night: what is told is what somebody who lived there would remember."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest

from linli.insight.watch import DAYS, Calendar, Finding, Reports
from linli.insight.watch.days import look_at_days

Rows = list[dict[str, str]]
# Patriots' Day and Memorial Day among those that lie in the weeks before.
HOLIDAYS = Calendar({date(2015, 2, 16), date(2015, 4, 20), date(2015, 5, 25)})
ROUNDS = {"Employee Generated", "City Worker App"}


@pytest.fixture(scope="module")
def requests(reference: Path) -> Rows:
    with gzip.open(reference / "boston311" / "boston311_2015_h1.csv.gz", "rt", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def look(requests: Rows, last: date) -> list[tuple[Finding, Rows]]:
    """What the night after `last` tells, with the requests in it. Places are H3 cells; the city is one district."""
    days = np.array([datetime.strptime(row["OPEN_DT"], "%m/%d/%Y %I:%M:%S %p") for row in requests], "M8[s]")
    inside = (days < np.datetime64(last) + 1) & (days > np.datetime64(last) - DAYS)
    rows = [requests[number] for number in np.flatnonzero(inside)]
    points = [_point(row) for row in rows]
    place, places = _numbered([point and h3.latlng_to_cell(*point, 9) for point in points])
    area, areas = _numbered([row["neighborhood"] or None for row in rows])
    case_class, classes = _numbered([row["TYPE"] for row in rows])
    reports = Reports(
        case=np.arange(len(rows)),
        at=days[inside],
        place=place,
        # Where nothing could be located, the file says the city hall: an address of hundreds of reports that is none.
        spot=np.zeros(len(rows), np.int64),
        unit=np.column_stack([np.zeros(len(rows), int), np.full(len(rows), -1), np.where(area >= 0, area + 1, -1)]),
        case_class=case_class,
        places=places,
        positions=np.array([h3.cell_to_latlng(cell) for cell in places]),
        units=["Boston", *areas],
        classes=classes,
        addresses=0,
    )
    return [(one, [rows[int(case)] for case in one.cases]) for one in look_at_days(reports, last, calendar=HOLIDAYS)]  # type: ignore[call-overload]


def _point(row: dict[str, str]) -> tuple[float, float] | None:
    """None for what nobody could locate, and, as in a look of ours, for what workers found on their rounds."""
    if not row["neighborhood"] or row["Source"] in ROUNDS:
        return None
    return float(row["LATITUDE"]), float(row["LONGITUDE"])


def _numbered(values: Iterable[Any]) -> tuple[np.ndarray, Sequence[Any]]:
    known: dict[Any, int] = {}
    return np.array([-1 if one is None else known.setdefault(one, len(known)) for one in values]), list(known)


def cluster(found: list[tuple[Finding, Rows]], what: str) -> tuple[Finding, Counter[str], Rows]:
    """The first cluster with more of this type than of all others."""
    for one, rows in found:
        types = Counter(row["TYPE"] for row in rows)
        if one.kind == "cluster" and types[what] > len(rows) / 2:
            return one, types, rows
    raise AssertionError(f"no cluster of {what} in {[(one.kind, one.case_class) for one, _rows in found]}")


@pytest.mark.reference
@pytest.mark.slow
def test_the_tagged_streets_of_allston(requests: Rows) -> None:
    found = look(requests, date(2015, 6, 22))
    best, types, rows = cluster(found, "Graffiti Removal")
    assert found[0][0] is best, "it is told first"
    assert (best.since.date(), best.observed, types["Graffiti Removal"]) == (date(2015, 6, 20), 142, 133)
    assert best.expected == pytest.approx(24.0, abs=0.1)
    assert sum(row["Source"] == "Citizens Connect App" for row in rows) == 134, "the people who live there told of it"
    assert Counter(row["neighborhood"] for row in rows).most_common(1) == [("Allston / Brighton", 138)]


@pytest.mark.reference
@pytest.mark.slow
def test_the_traffic_signal_of_beacon_street(requests: Rows) -> None:
    best, types, rows = cluster(look(requests, date(2015, 5, 2)), "Traffic Signal Repair")
    assert (best.case_class, best.observed, len(types)) == ("Traffic Signal Repair", 8, 1)
    assert best.expected < 0.5
    assert {row["Source"] for row in rows} == {"Constituent Call"}
    assert len({row["Location"] for row in rows}) == 1, "eight calls about one crossing"
