"""Where people last were, from their own tap on “Arrived”. Written by the system, forgotten with the shift."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from linli.dispatch import rules
from linli.dispatch.models import Call, Position, Shift
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
    """Every place that says nothing any more, and of everybody whose shift is over, is gone for good."""
    now = clock.now()
    on_duty = Shift.objects.filter(person=OuterRef("person"), starts_at__lte=now, ends_at__gt=now)
    past = Q(at__lt=now - rules.POSITION_LASTS) | ~Exists(on_duty)
    return Position.objects.filter(past).delete()[0]


def forget_past() -> int:
    """Shifts and calls whose time is over, as their declared retention says."""
    now = clock.now()
    shifts = Shift.objects.filter(ends_at__lt=now - rules.SHIFTS_KEPT)
    calls = Call.objects.filter(at__lt=now - rules.CALLS_KEPT)
    return shifts.delete()[0] + calls.delete()[0]
