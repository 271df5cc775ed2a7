"""Progress: how far a step is, for whoever shows it. A command shows it on standard error, so that standard output stays for results."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TextIO, TypeVar

T = TypeVar("T")


class Say(Protocol):
    """What is being done, and how much of how much. It may raise, where whoever asked wants it to end."""

    def __call__(self, text: str, done: int = 0, total: int | None = None) -> None: ...


def silent(text: str, done: int = 0, total: int | None = None) -> None:
    """For work on which nobody waits."""


def counted(rows: Sequence[T], say: Say, text: str) -> Iterator[T]:
    """The rows one by one, saying how many are through."""
    for place, row in enumerate(rows, start=1):
        yield row
        say(text, place, len(rows))


class Progress:
    """Says what is being done. On a terminal a running count is rewritten in place; in a log it is said now and then."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out or sys.stderr
        self._quiet = quiet
        self._terminal = self._out.isatty()
        self._said_at = 0.0
        self._open_line = False

    def say(self, text: str) -> None:
        """One line."""
        if not self._quiet:
            self._end_line()
            print(text, file=self._out, flush=True)

    # Whoever only has a sentence to say may call it as a function.
    __call__ = say

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A step that may take longer than a second: said at its start, and with its seconds at its end."""
        began = time.monotonic()
        self.say(f"· {text} …")
        yield
        seconds = time.monotonic() - began
        if seconds >= 1:
            self.say(f"  {text}: {seconds:.1f} s")

    def count(self, text: str, done: int, total: int | None = None) -> None:
        """How far a long step is. Call it as often as is convenient: it is shown at most four times a second."""
        now = time.monotonic()
        interval = 0.25 if self._terminal else 5
        finished = total is not None and done >= total
        if self._quiet or (now - self._said_at < interval and not finished):
            return
        self._said_at = now
        share = f" of {total:,} ({done / total:.0%})" if total else ""
        line = f"  {text}: {done:,}{share}"
        if self._terminal and not finished:
            print(f"\r\x1b[K{line}", end="", file=self._out, flush=True)
            self._open_line = True
        else:
            self.say(line)

    def _end_line(self) -> None:
        if self._open_line:
            print("\r\x1b[K", end="", file=self._out)
            self._open_line = False
