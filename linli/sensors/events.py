"""What sensors tell the open pages. A closed schema."""

from collections.abc import Iterable
from uuid import UUID

from linli.foundation import outbox

ALERT = "sensor.alert"
outbox.declare(ALERT, "alert", "change")


def told(alert: UUID, change: str, units: Iterable[UUID]) -> None:
    """`change`: opened, closed, or the answer that it got."""
    outbox.publish(ALERT, {"alert": str(alert), "change": change}, [f"unit:{unit}" for unit in units])
