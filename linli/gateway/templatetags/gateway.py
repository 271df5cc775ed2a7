"""The unread count, for the shell of every page."""

from typing import Any

from django import template

from linli.foundation.access import ANONYMOUS
from linli.gateway import queries
from linli.gateway.queries.messages import MOST_COUNTED

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_messages(context: dict[str, Any]) -> str:
    """How many messages of the reader are unread, as `3` or `99+`; empty where none are.

    One indexed count for whoever has signed in, asked once for a page; nothing is asked for anybody else. To be live, the element
    that shows it has `data-live hx-get="/messages/unread/" hx-trigger="live"`, and the page's topics hold `person:<id>`.
    """
    request = context.get("request")
    if request is None:
        return ""
    if not hasattr(request, "unread_messages"):
        request.unread_messages = queries.unread(getattr(request, "actor", ANONYMOUS))
    count = request.unread_messages
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count or "")
