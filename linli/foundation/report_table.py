"""A table of a report: its page and its PDF show the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Rows that a phone shows at a glance.
SHORT = 8


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are lists of cells: the first says what the row is about; text, or a mapping with text and href."""

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    # Where there is no row.
    none: str = ""
    # Whether what follows the first cell are figures.
    figures: bool = True
    # On paper, how wide the columns are beside each other; empty: the first twice as wide as the others.
    widths: Sequence[int] = ()

    @property
    def is_long(self) -> bool:
        """Whether it is several screens of a phone: it waits there behind its title."""
        return len(self.rows) > SHORT
