"""What insight tells the other rooms and the open pages. Closed schemas."""

from linli.foundation import outbox
from linli.foundation.access import Actor, Permission
from linli.insight.models import Warning

# A warning is there, has new figures, or was answered.
RAISED = "warning.raised"
CHANGED = "warning.changed"

outbox.declare(RAISED, "warning", "kind", "strong")
outbox.declare(CHANGED, "warning", "change")


def raised(warning: Warning) -> None:
    payload = {"warning": str(warning.id), "kind": warning.kind, "strong": warning.strong}
    outbox.publish(RAISED, payload, topics_of(warning))


def changed(warning: Warning, change: str) -> None:
    outbox.publish(CHANGED, {"warning": str(warning.id), "change": change}, topics_of(warning))


def topics_of(warning: Warning) -> list[str]:
    return [f"warning:{warning.id}", *(f"warnings:{unit}" for unit in warning.units)]


def topics_for(actor: Actor) -> list[str]:
    """What an open page hears of the warnings that this actor may see."""
    return [f"warnings:{unit}" for unit in actor.units(Permission.SEE_CASES)]
