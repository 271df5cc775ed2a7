"""What facilities do when the territory has changed."""

from linli.foundation.access import SYSTEM
from linli.foundation.models import OutboxEvent
from linli.territory.facilities import actions


def territory_changed(event: OutboxEvent) -> None:
    actions.place_again(by=SYSTEM)
