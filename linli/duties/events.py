"""What this room tells others, as closed schemas."""

from linli.foundation import outbox

DUTIES_CHANGED = "duties.changed"

# `what` is classes, calendar, or the kind of a list; `unit` the unit that the list is for, or empty.
outbox.declare(DUTIES_CHANGED, "what", "unit")


def duties_changed(what: str, unit: str = "") -> None:
    outbox.publish(DUTIES_CHANGED, {"what": what, "unit": unit})
