"""Moments as people say them."""

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.foundation import clock


def moment(value: datetime | None) -> str:
    """A moment in the reader's words: today 14:05, tomorrow 09:00, or its date and time."""
    if value is None:
        return ""
    local, today = timezone.localtime(value), timezone.localdate(clock.now())
    time = date_format(local, "H:i")
    days = (local.date() - today).days
    if days == 0:
        return _("today %(time)s") % {"time": time}
    if days == 1:
        return _("tomorrow %(time)s") % {"time": time}
    if days == -1:
        return _("yesterday %(time)s") % {"time": time}
    return dated(value)


def dated(value: datetime) -> str:
    """A day and its time, for what is read later or stands among other days: Dec 2 14:05."""
    local = timezone.localtime(value)
    return f"{day(local.date())} {local:%H:%M}"


def day(value: date) -> str:
    """A day of the city's calendar, with its year where that is not this one."""
    this_year = value.year == timezone.localdate(clock.now()).year
    return _written(value, get_language() or "", this_year)


# A list says the same few days in each of its rows. `date_format` goes by the language too.
@lru_cache(maxsize=2048)
def _written(value: date, _language: str, this_year: bool) -> str:
    return date_format(value, _("M j") if this_year else _("M j, Y"))
