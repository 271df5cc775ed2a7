"""What this room does when another one tells that something happened."""

from uuid import UUID

from linli.foundation.access import system
from linli.foundation.models import OutboxEvent
from linli.people import actions


def territory_changed(event: OutboxEvent) -> None:
    closed = [UUID(unit) for unit in event.payload["closed"]]
    actions.follow_territory(closed=closed, by=system("territory"))
