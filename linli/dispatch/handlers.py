"""What this room does when another one tells that something happened."""

from datetime import datetime
from uuid import UUID

from linli.dispatch import actions
from linli.foundation.access import ActorKind
from linli.foundation.models import Entry, OutboxEvent


def case_changed(event: OutboxEvent) -> None:
    """Somebody arrived, and gave their position with it: the timeline holds it already."""
    if event.payload["change"] != "arrive":
        return
    entry = Entry.objects.filter(pk=UUID(event.payload["entry"]), actor_kind=ActorKind.PERSON).first()
    if entry is None or entry.actor_id is None or "position" not in entry.data:
        return
    lon, lat = entry.data["position"]
    at: datetime = entry.at
    actions.note_arrival(person=entry.actor_id, lon=float(lon), lat=float(lat), at=at)
