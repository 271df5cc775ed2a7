"""What this room does when another one tells that something happened."""

from uuid import UUID

from linli.duties.actions.follow_territory import follow_territory
from linli.foundation.access import system
from linli.foundation.models import OutboxEvent


def territory_changed(event: OutboxEvent) -> None:
    closed = [UUID(unit) for unit in event.payload["closed"]]
    follow_territory(closed=closed, by=system("territory"))
