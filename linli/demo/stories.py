"""What people report: the stories of `stories.toml`, filled with a place and numbers."""

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from linli.territory import queries as territory
from linli.territory.models import Level

FILE = Path(__file__).with_name("stories.toml")
# Quarters that reports come from: as many as a day of a subdistrict needs, the large ones more often.
QUARTERS = 40


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
    """Buildings of the subdistrict's quarters; a large quarter gives more."""
    quarters = [unit for unit in territory.index().units if unit.level == Level.QUARTER and subdistrict in unit.path]
    weights = [unit.managed_population or 1 for unit in quarters]
    chosen = {unit.id: unit for unit in rng.choices(quarters, weights, k=QUARTERS)}
    found = []
    for quarter in chosen.values():
        for building in territory.children(quarter.id, level=Level.BUILDING):
            # Reports are made before the door, not in the middle of the roof.
            lon, lat = (round(value + rng.uniform(-2e-4, 2e-4), 6) for value in (building.lon or 0, building.lat or 0))
            place = territory.index().place(lon, lat)
            if place is not None and place.community_id is not None:
                found.append(Home(quarter.name, f"{quarter.name}{building.name}", place.community_id, lon, lat))
    return found


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
