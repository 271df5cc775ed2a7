"""An address as somebody says it: which words name a place, which figures a building, an entrance and a door.

水碾 3栋 2单元 501      锦绣花园3幢2单元5楼1号      水碾 3-2-501      Garden, building 3, unit 2, room 501
"""

import re
import unicodedata
from dataclasses import dataclass

MOST_LETTERS = 120
_BUILDING = re.compile(r"(\d{1,4})\s*(?:栋|幢|号楼|座)|\b(?:building|block|bldg)\s*(\d{1,4})", re.I)
_LINPAN = re.compile(r"(\d{1,4})\s*号林盘|\blinpan\s*(\d{1,4})", re.I)
_ENTRANCE = re.compile(r"(\d{1,2})\s*单元|\b(?:unit|entrance)\s*(\d{1,2})", re.I)
_FLOOR_AND_DOOR = re.compile(r"(\d{1,2})\s*(?:楼|层)\s*(\d{1,2})\s*(?:号|室|户)?", re.I)
_ROOM = re.compile(r"\broom\s*(\d{3,4})\b|(?<![\d-])(\d{3,4})\s*(?:室|号房|房)|(?<![\d-])(\d{3,4})\s*$", re.I)
# The short way: building-entrance-door, as it stands on letters.
_SHORT = re.compile(r"(?<![\d-])(\d{1,4})-(\d{1,2})-(\d{3,4})(?!\d)")
_BETWEEN = re.compile(r"[\s,，、;；.。]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`words` name the place, folded for comparison; figures that were not said are None."""

    words: tuple[str, ...]
    building: int | None = None
    linpan: int | None = None
    entrance: int | None = None
    floor: int | None = None
    door: int | None = None


def parse(text: str) -> Wanted:
    """What the text asks for. Anything is an answer: what is no figure of an address is a word of the place's name."""
    left = unicodedata.normalize("NFKC", text)[:MOST_LETTERS]
    building = linpan = entrance = floor = door = None
    if found := _SHORT.search(left):
        building, entrance = int(found[1]), int(found[2])
        floor, door = divmod(int(found[3]), 100)
        left = left[: found.start()]
    else:
        linpan, left = _number(_LINPAN, left)
        building, left = _number(_BUILDING, left)
        entrance, left = _number(_ENTRANCE, left)
        if found := _FLOOR_AND_DOOR.search(left):
            floor, door = int(found[1]), int(found[2])
            left = left[: found.start()] + " " + left[found.end() :]
        # Three figures alone are a door only where a building was said: "水碾河路 108" is a name.
        elif building is not None or linpan is not None:
            room, left = _number(_ROOM, left)
            floor, door = divmod(room, 100) if room is not None else (None, None)
    words = tuple(word for word in _BETWEEN.split(left.casefold()) if word)
    return Wanted(words, building, linpan, entrance, floor, door)


def _number(pattern: re.Pattern[str], text: str) -> tuple[int | None, str]:
    """The number that the pattern finds, and the text without it."""
    found = pattern.search(text)
    if found is None:
        return None, text
    number = next(int(group) for group in found.groups() if group)
    return number, f"{text[: found.start()]} {text[found.end() :]}"


def building_names(number: int) -> list[str]:
    """How registers write a building's number."""
    return [f"{number}{sign}" for sign in ("栋", "幢", "号楼", "座", "号")]
