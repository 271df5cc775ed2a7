"""`scan.seconds`, `scan.retrospective_seconds` and `scan.memory`: space-time permutation scan of a city's 90 days.

The shape is a real city's (reference data, boston311): requests of its half year, at positions rounded to about 100 m, the 6,858 places
with most of them; 34,880 drawn, on the days of their own, folded into 90. Circles to 3 km, windows to 7 days, 999
replicates. Compiled before the clock starts. Memory is the process's largest, with all that was read and drawn.
"""

import csv
import gzip
import os
import resource
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

PLACES = 6_858
CASES = 34_880
DAYS = 90
FIRST = date(2015, 1, 1)
LAST = FIRST + timedelta(days=DAYS - 1)


def run(progress):
    """Yields figures: {name, value, unit, on}."""
    from linli.insight.scan.replicates import threads

    cases = _city(progress)
    with progress.step("Compiling"):
        _scan(_few(cases), "prospective", progress, replicates=1)
    on = f"{threads()} cores; {PLACES:,} places, {CASES:,} cases, {DAYS} days, 3 km, 7 days, 999 replicates"
    seconds = {}
    for analysis, name in (("prospective", "seconds"), ("retrospective", "retrospective_seconds")):
        with progress.step(f"Scanning, {analysis}"):
            began = time.perf_counter()
            clusters = _scan(cases, analysis, progress)
            seconds[name] = time.perf_counter() - began
        best = f"best llr {clusters[0].llr:.6f}, p {clusters[0].p:.3f}, {len(clusters)} clusters"
        yield {"name": f"scan.{name}", "value": round(seconds[name], 2), "unit": "s", "on": f"{on}; {analysis}; {best}"}
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield {"name": "scan.memory", "value": round(megabytes), "unit": "MB", "on": f"{on}; both analyses, the largest"}


def _scan(cases, analysis: str, progress, replicates: int = 999):
    from linli.insight.scan import Settings, scan

    settings = Settings(
        "permutation", analysis, FIRST, LAST, max_radius_km=3, max_days=7, replicates=replicates, seed=1
    )
    return scan(cases, settings, count=progress.count)


def _city(progress):
    from linli.insight.scan import Cases, Places

    rows = _requests(progress)
    places, of_row, number = np.unique(rows[:, :2], axis=0, return_inverse=True, return_counts=True)
    kept = np.sort(np.argsort(-number, kind="stable")[:PLACES])
    new = np.full(len(places), -1)
    new[kept] = np.arange(PLACES)
    of_row = new[of_row.ravel()]
    inside = np.flatnonzero(of_row >= 0)
    rng = np.random.default_rng(1)
    # One of each place, so that all are there, and the rest as they come.
    _, one_each = np.unique(of_row[inside], return_index=True)
    others = rng.permutation(np.setdiff1d(np.arange(len(inside)), one_each))[: CASES - PLACES]
    drawn = inside[np.concatenate([one_each, others])]
    days = np.datetime64(FIRST, "D") + (rows[drawn, 2] % DAYS).astype(int)
    found = Places(tuple(map(str, range(PLACES))), places[kept])
    return Cases.one_each(found, of_row[drawn], days)


def _requests(progress) -> np.ndarray:
    """Latitude, longitude, day since the first; made up in the same box where the reference data is absent."""
    file = Path(os.environ["LINLI_REFERENCE_DATA"]) / "boston311" / "boston311_2015_h1.csv.gz"
    if not file.exists():
        progress.say(f"  {file} is absent: positions are made up")
        rng = np.random.default_rng(0)
        made = rng.normal((42.33, -71.08, 90), (0.035, 0.035, 0), (58_000, 3))
        return np.column_stack([np.round(made[:, :2], 3), rng.integers(0, 181, 58_000)])
    with gzip.open(file, "rt", encoding="utf-8-sig") as lines:
        return np.array([_request(row) for row in csv.DictReader(lines)])


def _request(row: dict[str, str]) -> tuple[float, float, int]:
    month, day, year = map(int, row["OPEN_DT"].split(" ")[0].split("/"))
    return round(float(row["LATITUDE"]), 3), round(float(row["LONGITUDE"]), 3), (date(year, month, day) - FIRST).days


def _few(cases):
    from linli.insight.scan import Cases

    return Cases.one_each(cases.places, cases.place[::500], cases.day[::500])
