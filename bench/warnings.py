"""`warnings.false_per_month` and `warnings.found`: what a district's nights and hours tell of noise, and of a planted cluster.

Noise: districts of 300 quarters (`_district.py`), each looked at for a month, every night and every hour; the same matter told again is
one warning. Found: ten neighbouring quarters at twice their rate for seven days, at several base rates; a warning counts whose places
are mostly of the planted ones.
"""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, time, timedelta

NOISE_RATES = (0.1, 0.5, 1.0)
MONTHS_EACH = 6
# 0.64 is Chengdu's own: 12,800 requests a day at the hotline from 20,000 quarters.
RATES = (0.1, 0.25, 0.5, 0.64, 0.75, 1.0, 1.5)
# The size of the district of the issue: 150,000 people, a third of a report per thousand and day in each of 300 quarters of 1,700.
USUAL_RATE = 0.5
PLANTED_EACH = 20


def run(progress):
    """Yields figures: {name, value, unit, on}."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        with progress.step("Months of noise"):
            yield _noise(_each(pool, month_of_noise, NOISE_RATES, MONTHS_EACH, progress))
        with progress.step("Planted clusters"):
            yield _found(_each(pool, night_of_finding, RATES, PLANTED_EACH, progress))


def _each(pool, work, rates, times, progress) -> dict[float, list]:
    """What `work` answers, so many times for each rate."""
    asked = [(rate, seed) for rate in rates for seed in range(times)]
    answers = {rate: [] for rate in rates}
    for number, answer in enumerate(pool.map(work, *zip(*asked, strict=True)), 1):
        answers[asked[number - 1][0]].append(answer)
        progress.count("done", number, len(asked))
    return answers


def _noise(told: dict[float, list[list[str]]]) -> dict:
    months = [month for of_rate in told.values() for month in of_rate]
    kinds = Counter(kind for month in months for kind in month)
    by_rate = "; ".join(f"{rate}: {sum(map(len, of_rate)) / len(of_rate):.2f}" for rate, of_rate in told.items())
    by_kind = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) or "none"
    return {
        "name": "warnings.false_per_month",
        "value": round(kinds.total() / len(months), 2),
        "unit": "a district",
        "on": f"{len(months)} months of noise, every night and hour; by reports a quarter and day {by_rate}; in all {by_kind}",
    }


def _found(nights: dict[float, list[int | None]]) -> dict:
    shares = {rate: sum(night is not None for night in of_rate) / len(of_rate) for rate, of_rate in nights.items()}
    return {
        "name": "warnings.found",
        "value": round(100 * shares[USUAL_RATE]),
        "unit": "%",
        "on": f"10 quarters, twice {USUAL_RATE} a day, 7 days, {PLANTED_EACH} tries; by rate: "
        + ", ".join(f"{rate}: {share:.0%}" for rate, share in shares.items()),
    }


def month_of_noise(rate: float, seed: int, every: int = 1) -> list[str]:
    """The kinds of the false warnings of a month, each matter once; looked at every night, and every so many hours."""
    from bench._district import FIRST, PAST, district
    from linli.insight.watch import goes_on

    made = district(rate=rate, days=PAST + 30, seed=seed)
    told = []
    for number in range(30):
        last = FIRST + timedelta(days=PAST + number)
        midnight = datetime.combine(last, time())
        found = [one for hour in range(0, 24, every) for one in made.hourly(midnight + timedelta(hours=hour))]
        for finding in [*found, *made.nightly(last)]:
            same = next((place for place, one in enumerate(told) if goes_on(one, finding)), None)
            if same is None:
                told.append(finding)
            else:
                told[same] = finding
    return [one.kind for one in told]


def night_of_finding(rate: float, seed: int) -> int | None:
    """After how many of its days a planted cluster is told; None where it is not told while it lasts."""
    from bench._district import FIRST, PAST, Planted, district

    made = district(rate=rate, days=PAST + 7, seed=1000 + seed, planted=Planted(quarters=10, day=PAST, days=7, times=2))
    for number in range(7):
        for finding in made.nightly(FIRST + timedelta(days=PAST + number)):
            inside = set(finding.places) & set(made.planted_places)
            if finding.kind == "cluster" and 2 * len(inside) >= len(finding.places):
                return number + 1
    return None
