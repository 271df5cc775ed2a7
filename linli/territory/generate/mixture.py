"""How many people live in each quarter.

A lone lognormal cannot have a mean of 825 people and 255 quarters above 10,000 at once. So those 255 commodity quarters
come from a Pareto cut to 10,001–45,000, the others from a lognormal for each kind, capped at 10,000, and the others alone
are scaled so that all together are the urban population. The living area of the 420 factory is placed as it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linli.territory.models import Kind
from linli.territory.rules import Floats

Integers = NDArray[np.int64]

# Chengdu, census 2020 and the city's own figures.
MANAGED_PEOPLE = 21_000_000
URBAN_PEOPLE = 16_490_000
HOUSEHOLDS = 7_419_822
BUILDINGS = 60_000

BIG_COUNT, BIG_ALPHA, BIG_FROM, BIG_TO = 255, 2.6, 10_001, 45_000
CAP = 10_000

KINDS = (Kind.COMMODITY, Kind.OLD_COURTYARD, Kind.RESETTLEMENT, Kind.WORK_UNIT)
COMMODITY, OLD_COURTYARD, RESETTLEMENT, WORK_UNIT = range(4)


@dataclass(frozen=True, slots=True)
class Share:
    """The quarters of one kind below the cap: how many, mean people, sigma of the logarithm."""

    count: int
    mean: float
    sigma: float


SHARES = {
    COMMODITY: Share(8_745, 1_000, 0.9),
    OLD_COURTYARD: Share(7_000, 260, 0.9),
    RESETTLEMENT: Share(2_200, 900, 0.8),
    WORK_UNIT: Share(1_800, 380, 0.9),
}


@dataclass(frozen=True, slots=True)
class Area420:
    """The living area of the 420 factory in Shuangqiaozi: one of the work-unit quarters, on 750 mu."""

    community: str = "510108004003"
    name: str = "420厂生活区"
    name_en: str = "420 Factory Living Area"
    people: int = 30_000
    buildings: int = 260
    square_metres: float = 750 * 10_000 / 15


AREA_420 = Area420()


@dataclass(frozen=True, slots=True)
class Quarters:
    """The kind (an index into `KINDS`) and the people of each quarter. The first one is the 420 area."""

    kinds: NDArray[np.int8]
    people: Integers


def lognormal(share: Share, count: int, rng: np.random.Generator) -> Floats:
    """Sizes with the share's mean: the mean of a lognormal is exp(mu + sigma²/2)."""
    return rng.lognormal(np.log(share.mean) - share.sigma**2 / 2, share.sigma, count)


def pareto_between(count: int, alpha: float, low: float, high: float, rng: np.random.Generator) -> Floats:
    """A Pareto distribution cut to low–high, by its inverse."""
    u = rng.uniform(size=count)
    return low * (1.0 - u * (1.0 - (low / high) ** alpha)) ** (-1.0 / alpha)


def fit_total(wanted: Floats, total: int, *, least: int | Integers = 1, most: int | Integers | None = None) -> Integers:
    """Whole numbers in proportion to `wanted`, each within least–most, whose sum is exactly `total`."""
    lowest = np.broadcast_to(least, len(wanted)).sum()
    highest = np.broadcast_to(total if most is None else most, len(wanted)).sum()
    if not lowest <= total <= highest:
        raise ValueError(f"{len(wanted)} numbers that make {lowest}–{highest} cannot make {total}")
    low, high = 0.0, 1.0
    while _clipped(wanted, high, least, most).sum() < total:
        high *= 2.0
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _clipped(wanted, middle, least, most).sum() < total else (low, middle)
    exact = _clipped(wanted, high, least, most)
    whole = np.floor(exact).astype(np.int64)
    # The largest remainders are rounded up; those at the upper bound have none.
    rest = total - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:rest]] += 1
    return whole


def _clipped(wanted: Floats, factor: float, least: int | Integers, most: int | Integers | None) -> Floats:
    return np.clip(wanted * factor, least, most)


def city(scale: float, rng: np.random.Generator) -> Quarters:
    """The quarters of the city: at scale 1 exactly 255 commodity quarters above 10,000 people, 20,000 in all."""
    big = np.floor(pareto_between(round(BIG_COUNT * scale), BIG_ALPHA, BIG_FROM, BIG_TO, rng)).astype(np.int64)
    counts = {kind: round(share.count * scale) for kind, share in SHARES.items()}
    counts[WORK_UNIT] -= 1  # the 420 area is one of them
    return _joined(counts, big, round(URBAN_PEOPLE * scale), rng)


def subdistrict(people: int, rng: np.random.Generator) -> Quarters:
    """The quarters of an old inner subdistrict with the 420 area: half of them old courtyards, none above 10,000."""
    count = max(round(people / 1000), 4)
    counts = {
        OLD_COURTYARD: round(count * 0.5),
        COMMODITY: round(count * 0.35),
        RESETTLEMENT: round(count * 0.05),
        WORK_UNIT: round(count * 0.1),
    }
    return _joined(counts, np.empty(0, dtype=np.int64), people, rng)


def _joined(counts: dict[int, int], big: Integers, total: int, rng: np.random.Generator) -> Quarters:
    others = np.concatenate([lognormal(SHARES[kind], count, rng) for kind, count in counts.items()])
    rest = total - AREA_420.people - int(big.sum())
    kinds = [np.full(count, kind) for kind, count in counts.items()]
    return Quarters(
        np.concatenate([[WORK_UNIT], np.full(len(big), COMMODITY), *kinds]).astype(np.int8),
        np.concatenate([[AREA_420.people], big, fit_total(others, rest, least=10, most=CAP)]),
    )
