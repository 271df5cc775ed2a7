"""City packs: a folder with a manifest (`pack.csv`), the tables that it names, and the city's working hours."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linli.duties.errors import UnknownPack
from linli.foundation.tabular import read_table

FOLDER = Path(__file__).parent
NO_CALENDAR = ("none", "09:00-12:00,13:00-17:00")


@dataclass(frozen=True, slots=True)
class Part:
    """A table of a pack: which kind (classes, stages, bodies, duty, task, priority), for which unit, since when."""

    kind: str
    path: Path
    name: str
    version: str
    unit_code: str
    valid_from: date
    source: str


def known() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/pack.csv"))


def parts(name: str) -> list[Part]:
    """The tables of a pack in the order in which they build on each other. Raises `UnknownPack`."""
    if name not in known():
        raise UnknownPack(field="name", name=name, known=", ".join(known()))
    rows = read_table(FOLDER / name / "pack.csv").rows
    return [
        Part(
            row["kind"], FOLDER / name / row["file"], row["name"], row["version"], row["unit"],
            date.fromisoformat(row["valid_from"]), row["source"],
        )
        for row in rows
    ]  # fmt: skip


def calendar_of(city: str) -> tuple[str, str]:
    """Country and daily hours of a city; Monday to Friday for a city without a pack."""
    path = FOLDER / city / "calendar.json"
    if city not in known() or not path.exists():
        return NO_CALENDAR
    calendar = json.loads(path.read_text())
    return calendar["country"], calendar["hours"]
