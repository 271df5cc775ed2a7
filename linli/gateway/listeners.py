"""What subscribers of webhooks are told of a case. Called by the outbox worker as the system."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from linli.cases import events as case_events
from linli.cases import queries as cases
from linli.duties import queries as duties
from linli.foundation.access import SYSTEM
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.models import OutboxEvent
from linli.gateway import actions, queries
from linli.people import queries as people
from linli.territory import queries as territory


def case_happened(event: OutboxEvent) -> None:
    """Handler of `case.collected` and `case.changed`: one delivery for each subscription in whose scope the case lies."""
    if not queries.subscribed(event.name):
        return
    try:
        case = cases.case(SYSTEM, UUID(event.payload["case"]))
    except NotFound:
        return
    payload = {**_happened(event), **case_payload(case)}
    actions.announce(
        event_id=event.id, name=event.name, payload=payload, units=list(case.units), bodies=list(case.bodies)
    )


def _happened(event: OutboxEvent) -> dict[str, Any]:
    """The change and the state as they were then; the rest of the payload is as it is now."""
    names = ("change", "state", "version", "cycle")
    return {name: event.payload[name] for name in names} | {"at": event.at.isoformat()}


def case_payload(case: Any) -> dict[str, Any]:
    """What any subscriber may know: nothing that was said, nobody's name, the place to about 100 metres."""
    return {
        "number": case.reference,
        "class": _code(duties.case_class, case.case_class_id),
        "channel": case.channel,
        "nature": case.nature,
        "priority": case.priority,
        "private": case.private,
        "units": [code for unit in case.units if (code := _code(territory.unit, unit))],
        "lon": None if case.lon is None else round(case.lon, 3),
        "lat": None if case.lat is None else round(case.lat, 3),
        "body": _code(people.body, case.lead_body_id),
        "reported_at": case.reported_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "escalation": case.escalation,
        "supports": case.supports,
    }


def _code(find: Callable[[UUID], Any], one: UUID | None) -> str | None:
    if one is None:
        return None
    try:
        return str(find(one).code)
    except DomainError:
        return None


HANDLERS = {case_events.COLLECTED: case_happened, case_events.CHANGED: case_happened}
