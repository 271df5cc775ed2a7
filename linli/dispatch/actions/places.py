"""Where people last were, from their own tap on “Arrived”. Written by the system, forgotten with the shift."""

from datetime import datetime
from uuid import UUID

from linli.dispatch import rules
from linli.dispatch.models import Position, Shift
from linli.foundation import clock


def note_arrival(*, person: UUID, lon: float, lat: float, at: datetime) -> None:
    """Kept only of somebody who is on duty, and only the last one."""
    shift = Shift.objects.filter(person=person, starts_at__lte=at, ends_at__gt=at).first()
    if shift is None:
        return
    Position.objects.update_or_create(
        person_id=person, defaults={"unit_id": shift.unit_id, "lon": lon, "lat": lat, "at": at}
    )


def forget_places() -> int:
    """Every place that says nothing any more is gone for good."""
    return Position.objects.filter(at__lt=clock.now() - rules.POSITION_LASTS).delete()[0]
