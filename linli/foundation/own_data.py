"""What each room keeps about a person: declared, exported and erased without the rooms knowing each other.

A room registers its part in its AppConfig.ready. `people` asks all parts when someone reads, exports or deletes their
data (PIPL arts. 44, 45 and 47). Both functions are called as the system, inside one transaction for erasing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.functional import Promise

from linli.foundation.access import Actor
from linli.foundation.privacy import Personal

Export = Callable[[UUID], Any]
Erase = Callable[[UUID, Actor], int]


@dataclass(frozen=True, slots=True)
class Part:
    """`export` returns what JSON can hold; `erase` removes the personal fields and returns how many records it did."""

    name: str
    label: str | Promise
    models: Sequence[type[models.Model]]
    export: Export
    erase: Erase


_parts: dict[str, Part] = {}


def register(
    name: str, label: str | Promise, models: Sequence[type[models.Model]], *, export: Export, erase: Erase
) -> None:
    """Add a room's part; `models` are those whose personal fields the person is told about."""
    _parts[name] = Part(name, label, models, export, erase)


def forget(name: str) -> None:
    """Take a part out again: for tests that play a room."""
    _parts.pop(name, None)


def parts() -> Sequence[Part]:
    """All parts, in the order of the rooms."""
    return tuple(_parts.values())


def declared(model: type[models.Model]) -> dict[str, Personal]:
    """The personal fields of a model, from its `Privacy` class."""
    return dict(getattr(model, "Privacy").personal)  # noqa: B009 (not every model has one)
