"""What the demo's warnings find: in its last days water stands around a few neighbouring buildings, and many tell of it.

Only the reports are planted. That they are unusual is calculated, as for any city.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from linli.demo.plan import CHANNELS, HOURS, Planned
from linli.demo.stories import Home, stories, told

CLASS = "E0112"
DAYS = 4
REPORTS_A_DAY = 9
BUILDINGS = 4


def plant(days: list[list[Planned]], midnights: Sequence[datetime], homes: list[Home], rng: random.Random) -> None:
    """Add the reports to the last days that are over: `days` belong to `midnights`, the last of which is today."""
    around = _neighbours(homes, rng)
    for requests, midnight in list(zip(days, midnights, strict=True))[-DAYS - 1 : -1]:
        requests += [_report(midnight, rng.choice(around), rng) for _ in range(REPORTS_A_DAY)]


def _neighbours(homes: list[Home], rng: random.Random) -> list[Home]:
    middle = rng.choice(homes)
    return sorted(homes, key=lambda home: (home.lon - middle.lon) ** 2 + (home.lat - middle.lat) ** 2)[:BUILDINGS]


def _report(midnight: datetime, home: Home, rng: random.Random) -> Planned:
    story = next(story for story in stories() if story.class_code == CLASS)
    channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    hour = rng.choices(range(24), HOURS)[0]
    at = midnight + timedelta(hours=hour, seconds=rng.randrange(3600))
    text = told(rng.choice(story.zh), home, rng)
    return Planned(at, channel, story.nature, story.class_code, text, home, story)
