"""What this room does when it is told that something happened."""

from uuid import UUID

from linli.campaigns import actions
from linli.campaigns.actions import telling
from linli.foundation.models import OutboxEvent


def to_follow(event: OutboxEvent) -> None:
    """Answers asked for cases: each is opened once, however often this is told."""
    actions.open_cases(campaign=UUID(event.payload["campaign"]))


def to_tell(event: OutboxEvent) -> None:
    """A notice goes to doors: which buildings, is written down once, however often this is told."""
    telling.fill(telling=UUID(event.payload["telling"]))


def territory_changed(_event: OutboxEvent) -> None:
    """The roster is counted for each unit and for those above, hours by district: units may lie elsewhere now."""
    actions.count_anew()
