"""What this room tells open pages and other rooms, as closed schemas."""

from collections.abc import Sequence
from uuid import UUID

from linli.foundation import outbox

CALLED = "dispatch.called"
ANSWERED = "dispatch.answered"
PLANNED = "dispatch.planned"
SKILLS_CHANGED = "dispatch.skills_changed"

outbox.declare(CALLED, "case", "person", "call")
outbox.declare(ANSWERED, "case", "call", "answer")
outbox.declare(PLANNED, "unit")
outbox.declare(SKILLS_CHANGED)


def called(case: UUID, person: UUID, call: UUID, units: Sequence[UUID]) -> None:
    topics = [f"person:{person}", *(f"unit:{unit}" for unit in units)]
    outbox.publish(CALLED, {"case": str(case), "person": str(person), "call": str(call)}, topics)


def answered(case: UUID, call: UUID, answer: str, units: Sequence[UUID]) -> None:
    topics = [f"case:{case}", *(f"unit:{unit}" for unit in units)]
    outbox.publish(ANSWERED, {"case": str(case), "call": str(call), "answer": answer}, topics)


def planned(unit: UUID, path: Sequence[UUID]) -> None:
    """Who is on duty, or can do what, has changed."""
    outbox.publish(PLANNED, {"unit": str(unit)}, [f"unit:{one}" for one in path])


def skills_changed() -> None:
    outbox.publish(SKILLS_CHANGED, {})
