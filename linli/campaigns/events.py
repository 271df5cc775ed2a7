"""What this room tells open pages and other rooms, as closed schemas."""

from collections.abc import Sequence
from uuid import UUID

from linli.foundation import outbox

DECLARED = "campaigns.declared"
RECEIVED = "campaigns.received"
DIVIDED = "campaigns.divided"
TO_FOLLOW = "campaigns.to_follow"
ANSWERED = "campaigns.answered"
CALLED = "campaigns.called"
TELLING = "campaigns.telling"
TOLD = "campaigns.told"

outbox.declare(DECLARED, "declaration", "change")
outbox.declare(RECEIVED, "campaign", "submissions")
outbox.declare(DIVIDED, "campaign")
outbox.declare(TO_FOLLOW, "campaign")
outbox.declare(ANSWERED, "call")
outbox.declare(CALLED, "call")
outbox.declare(TELLING, "telling")
outbox.declare(TOLD, "telling")


def declared(declaration: UUID, change: str, path: Sequence[UUID]) -> None:
    """Joint control began, goes on longer, or has ended."""
    topics = [f"declaration:{declaration}", *(f"unit:{unit}" for unit in path)]
    outbox.publish(DECLARED, {"declaration": str(declaration), "change": change}, topics)


def received(campaign: UUID, submissions: int) -> None:
    """Visits arrived. Who follows a campaign looks again; the visits themselves are in no event."""
    outbox.publish(RECEIVED, {"campaign": str(campaign), "submissions": submissions}, [f"campaign:{campaign}"])


def to_follow(campaign: UUID) -> None:
    """Answers ask for something to be done."""
    outbox.publish(TO_FOLLOW, {"campaign": str(campaign)}, [f"campaign:{campaign}"])


def divided(campaign: UUID) -> None:
    """Doors have another team."""
    outbox.publish(DIVIDED, {"campaign": str(campaign)}, [f"campaign:{campaign}"])


def answered(call: UUID) -> None:
    """Somebody says whether they come. Who follows the call looks again; who it was is in no event."""
    outbox.publish(ANSWERED, {"call": str(call)}, [f"call:{call}"])


def called(call: UUID) -> None:
    """Somebody is still to be asked whether they come: the gateway asks the next of them, and says so again while any are left."""
    outbox.publish(CALLED, {"call": str(call)}, [f"call:{call}"])


def telling(telling: UUID) -> None:
    """A notice is to be told at doors, or at others than before: the buildings are written down."""
    outbox.publish(TELLING, {"telling": str(telling)}, [f"telling:{telling}"])


def told(telling: UUID) -> None:
    """Doors were told, or nobody is sent any more. Who follows it looks again; which doors is in no event."""
    outbox.publish(TOLD, {"telling": str(telling)}, [f"telling:{telling}"])
