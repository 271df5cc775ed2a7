"""Time that passes as a test says: from ten in the morning of a Wednesday, so that no quiet hour and no weekend gets in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from linli.foundation import clock

CITY = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 25, 10, tzinfo=CITY)


@contextmanager
def passing() -> Iterator[None]:
    """Within the block the clock stands, and goes on by `later` and `at`."""
    with clock.at(MORNING):
        yield


def later(**span: int) -> None:
    clock._moment.set(clock.now() + timedelta(**span))


def at(hour: int, minute: int = 0, *, days: int = 0) -> None:
    clock._moment.set(MORNING.replace(hour=hour, minute=minute) + timedelta(days=days))
