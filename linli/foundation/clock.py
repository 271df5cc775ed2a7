"""The one clock. Everything that asks for the time asks here, so that a replay can live through a year in a minute."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

# Beyond them a span or another zone leads out of the calendar.
_YEARS = range(1900, 9001)

_moment: ContextVar[datetime | None] = ContextVar("linli_moment", default=None)


def now() -> datetime:
    """The present moment in UTC, or the one that `at` has set."""
    return _moment.get() or datetime.now(UTC)


def can_count_with(moment: datetime) -> bool:
    """Whether a moment that somebody sends lies so far from the ends of the calendar that spans can be added and zones changed."""
    return moment.year in _YEARS


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block, `now()` is `moment` (which must carry a time zone)."""
    if moment.tzinfo is None:
        raise ValueError("clock.at needs a moment with a time zone")
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
