"""The city's own working days: a day of rest that the State Council does not know, or other hours on a day."""

from datetime import date

from django.db import transaction

from linli.duties import state
from linli.duties.actions.catalogue import require_city_post
from linli.duties.errors import InvalidHours
from linli.duties.models import SpecialDay
from linli.duties.tables import one_line
from linli.foundation.access import Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.worktime import FIRST_YEAR, LAST_YEAR, parse_hours


def set_day(*, day: date, hours: str, reason: str, by: Actor) -> SpecialDay:
    """Give a day its own hours (`09:00-12:00`; empty for a day of rest). Limits that are running are not moved.

    Raises `NotAllowed`, `InvalidHours`, `InvalidInput`.
    """
    require_city_post(by)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput(field="day")
    reason = one_line(reason, "reason", 200)
    try:
        parse_hours(hours)
    except ValueError as error:
        raise InvalidHours(field="hours") from error
    with transaction.atomic(), acting_as(by):
        state.one_at_a_time()
        subject = SpecialDay.objects.select_for_update().filter(day=day).first() or SpecialDay(day=day)
        subject.hours, subject.reason, subject.changed_by = hours.strip(), reason, by.label[:120]
        subject.save()
        state.record(subject, "set", by=by, note=reason)
        state.tell("calendar")
    return subject


def clear_day(*, day: date, by: Actor) -> None:
    """Let the State Council's calendar decide a day again. Raises `NotAllowed`, `NotFound`."""
    require_city_post(by)
    with transaction.atomic(), acting_as(by):
        subject = SpecialDay.objects.select_for_update().filter(day=day).first()
        if subject is None:
            raise NotFound
        state.record(subject, "cleared", by=by)
        subject.delete()
        state.tell("calendar")
