"""What cases tell the other rooms and the open pages. Closed schemas: an undeclared field is an error."""

from uuid import UUID

from linli.cases.models import Case
from linli.foundation import outbox
from linli.foundation.models import OutboxEvent

COLLECTED = "case.collected"
CHANGED = "case.changed"
# A new class suggestion was learnt.
LEARNT = "case.classes_learnt"

_FIELDS = ("case", "number", "change", "state", "version", "cycle", "entry")
outbox.declare(COLLECTED, *_FIELDS)
outbox.declare(CHANGED, *_FIELDS)
outbox.declare(LEARNT, "model")


def of(case: Case, change: str, entry: UUID) -> OutboxEvent:
    """The event of one change. It names the case; whoever hears it reads the rest in their own scope."""
    return outbox.event(
        COLLECTED if change == "collect" else CHANGED,
        {
            "case": str(case.id),
            "number": case.number,
            "change": change,
            "state": case.state,
            "version": case.version,
            "cycle": case.cycle,
            "entry": str(entry),
        },
        topics_of(case),
    )


def topics_of(case: Case) -> list[str]:
    """Who is concerned: the case's own page, the desks of its units, its bodies, its reporter."""
    topics = [f"case:{case.id}"]
    topics += [f"unit:{unit}" for unit in case.units]
    topics += [f"body:{body}" for body in case.bodies]
    if case.reporter_id and not case.anonymous:
        topics.append(f"person:{case.reporter_id}")
    return topics
