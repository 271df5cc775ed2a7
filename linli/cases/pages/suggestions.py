"""The class that a text suggests, as chips with their confidence: offered, never forced."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.cases import queries
from linli.duties import queries as duties
from linli.duties.errors import UnknownClass

MOST = 3


@dataclass(frozen=True, slots=True)
class Chip:
    code: str
    label: str
    percent: int | None


def of(text: str) -> list[Chip]:
    """The likeliest classes of a text, likeliest first; none for a text that says too little."""
    found = queries.suggested_classes(text, MOST) if len(text) > 3 else []
    return [
        Chip(one.class_code, duties.minor_class(one.class_code).label, round(one.confidence * 100)) for one in found
    ]


def with_chosen(chips: Sequence[Chip], code: str) -> list[Chip]:
    """The chips, and the class that somebody has chosen even if the text no longer suggests it."""
    chosen = class_id(code)
    if chosen is None or any(chip.code == code for chip in chips):
        return list(chips)
    return [*chips, Chip(code, duties.minor_class(chosen).label, None)]


def class_id(code: str) -> UUID | None:
    try:
        return duties.minor_class(code).id if code else None
    except UnknownClass:
        return None
