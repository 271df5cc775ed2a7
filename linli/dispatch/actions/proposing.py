"""A proposal: worked out, kept as it was shown, and nothing else. Nobody is sent by it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from linli.dispatch import network, queries, rules, solver, state, words
from linli.dispatch.models import Proposal
from linli.dispatch.queries import Situation
from linli.dispatch.solver import Plan
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.ids import uuid7
from linli.territory import queries as territory


def propose(*, unit: UUID, by: Actor) -> Proposal:
    """Who should do what is open in the unit. Raises NotFound, NotAllowed."""
    rules.require(by, rules.DISPATCHERS, territory.unit(unit).path)
    here = queries.situation(by, unit, brief=True)
    now = clock.now()
    tasks = [one.task for one in here.work]
    plan = solver.propose(here.workers, tasks, now, travel=network.travel())
    return keep(plan, here, Proposal.Kind.NOW, now, by)


def keep(plan: Plan, here: Situation, kind: str, now: datetime, by: Actor) -> Proposal:
    """Each line with the body whose people it names: also where that body's own unit lies above."""
    bodies = {one.worker.id: str(one.body_id) for one in here.people}
    made = Proposal(
        id=uuid7(),
        unit_id=here.unit_id,
        asked_by_id=by.id,
        asked_at=now,
        kind=kind,
        lines=[{**words.line_as_json(line), "body": bodies[line.worker]} for line in plan.lines],
        undone=[words.undone_as_json(one) for one in plan.undone],
        gain=round(plan.gain, 3),
        travel_minutes=plan.travel_minutes,
        measured=plan.measured or "",
    )
    with transaction.atomic():
        made.save(force_insert=True)
        state.record(made, "propose", by=by, data={"lines": len(made.lines), "undone": len(made.undone)})
    return made
