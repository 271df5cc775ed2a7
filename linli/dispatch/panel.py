"""The section “Gather people” on the page of a case (`cases.panels`), for whoever may dispatch where it lies."""

from typing import Any
from uuid import UUID

from linli.cases import panels
from linli.dispatch import queries, rules
from linli.foundation.access import Actor, ActorKind


def register() -> None:
    panels.register("dispatch.gather", panel)


def panel(actor: Actor, case: Any) -> panels.Panel | None:
    unit = unit_of(actor, case)
    if unit is None or not case.is_open or queries.place_of(case) is None:
        return None
    calls = queries.calls_to([case.id])
    values = {
        "href": f"/dispatch/gather/{case.reference}/?unit={unit}",
        "called": len(calls),
        "coming": sum(call.answer == "coming" for call in calls),
        "is_emergency": case.priority == "emergency",
    }
    return panels.Panel("dispatch/_gather_here.html", values)


def unit_of(actor: Actor, case: Any) -> UUID | None:
    """The largest unit around the case in which they dispatch: its people are asked."""
    if actor.kind is not ActorKind.PERSON:
        return None
    around = ((unit, case.units[:depth]) for depth, unit in enumerate(case.units, start=1))
    return next((unit for unit, path in around if rules.may(actor, rules.DISPATCHERS, path)), None)
