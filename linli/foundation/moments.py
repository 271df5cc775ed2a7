"""Moments as people say them."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
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
    day = date_format(local, _("M j") if local.year == today.year else _("M j, Y"))
    return f"{day} {time}"
