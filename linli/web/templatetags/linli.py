"""Tags and filters of the shared templates."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django import template
from django.forms import BoundField, CheckboxInput
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from linli.foundation import clock

register = template.Library()


@register.simple_tag
def once_key() -> SafeString:
    """A hidden field that makes the form count once, however often it is sent (`foundation.idempotency`)."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid4())


@register.simple_tag
def badge(label: object, tone: str) -> SafeString:
    """As `web/components/badge.html`, for tables of many rows: an included template costs a tenth of a row."""
    return format_html('<span class="badge {}">{}</span>', tone, label)


@register.simple_tag
def live_token(topics: Sequence[str]) -> str:
    """The signed list of topics whose changes this page hears (`foundation.live`)."""
    from linli.foundation import live

    return live.token(list(topics))


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
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
