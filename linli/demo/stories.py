"""What people report: the stories of `stories.toml`, filled with a place and numbers."""

import random
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from linli.territory import queries as territory
from linli.territory.index import UnitInfo
from linli.territory.models import Level

FILE = Path(__file__).with_name("stories.toml")
# Buildings that reports of a day come from.
HOMES = 120


@dataclass(frozen=True, slots=True)
class Story:
    """A matter that becomes a work order."""

    class_code: str
    weight: int
    zh: tuple[str, ...]
    done: tuple[str, ...]
    en: tuple[str, ...] = ()
    scene: str = ""
    nature: str = "complaint"


@dataclass(frozen=True, slots=True)
class Answer:
    """A matter that is answered at once."""

    class_code: str
    nature: str
    weight: int
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where a report is about: a building with its position and address."""

    quarter: str
    address: str
    community: UUID
    lon: float
    lat: float


@cache
def stories() -> tuple[Story, ...]:
    return tuple(
        Story(
            row["class"], row["weight"], tuple(row["zh"]), tuple(row["done"]), tuple(row.get("en", ())),
            row.get("scene", ""), row.get("nature", "complaint"),
        )
        for row in _content()["story"]
    )  # fmt: skip


@cache
def answers() -> tuple[Answer, ...]:
    return tuple(
        Answer(row["class"], row["nature"], row["weight"], row["zh"], row["note"]) for row in _content()["answer"]
    )


@cache
def _content() -> dict[str, list[dict]]:  # type: ignore[type-arg]
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def homes(subdistrict: UUID, rng: random.Random) -> list[Home]:
    """Buildings of the subdistrict's quarters: of each quarter as many as its share of the people asks for."""
    quarters = [unit for unit in territory.index().units if unit.level == Level.QUARTER and subdistrict in unit.path]
    chosen = Counter(rng.choices(range(len(quarters)), [unit.managed_population or 1 for unit in quarters], k=HOMES))
    found = []
    for position, many in sorted(chosen.items()):
        buildings = territory.children(quarters[position].id, level=Level.BUILDING)
        found += [
            _home(quarters[position], building, rng) for building in rng.sample(buildings, min(many, len(buildings)))
        ]
    return [home for home in found if home is not None]


def _home(quarter: UnitInfo, building: UnitInfo, rng: random.Random) -> Home | None:
    # Reports are made before the door, not in the middle of the roof.
    lon, lat = (round(value + rng.uniform(-2e-4, 2e-4), 6) for value in (building.lon or 0.0, building.lat or 0.0))
    place = territory.index().place(lon, lat)
    if place is None or place.community_id is None:
        return None
    return Home(quarter.name, f"{quarter.name}{building.name}", place.community_id, lon, lat)


def told(text: str, home: Home, rng: random.Random) -> str:
    """The text with the place and numbers filled in."""
    return text.format(
        quarter=home.quarter,
        building=home.address,
        entrance=rng.randint(1, 4),
        floor=rng.randint(2, 7),
        hours=rng.randint(2, 6),
        days=rng.randint(2, 6),
        night=rng.choice((10, 11, 12)),
    )
