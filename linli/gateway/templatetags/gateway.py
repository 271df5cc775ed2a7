"""What other rooms' pages show of messages: the unread count, the newest unread ones, what was announced in an area."""

from typing import Any
from uuid import UUID

from django import template
from django.utils.translation import get_language

from linli.foundation.access import ANONYMOUS
from linli.gateway import channels, queries, wechat, wording
from linli.gateway.forms import SEVERITIES
from linli.gateway.queries.messages import MOST_COUNTED

register = template.Library()

# Messages that a teaser shows; the rest is only counted.
MOST_SHOWN = 2


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


@register.inclusion_tag("gateway/_teaser.html", takes_context=True)
def message_teaser(context: dict[str, Any]) -> dict[str, Any]:
    """The newest unread messages of the reader, and how many there are. Nothing where none are, or nobody has signed in."""
    count = unread_messages(context)
    if not count:
        return {}
    rows = queries.unread_messages(context["request"].actor, MOST_SHOWN)
    language = get_language() or ""
    items = [
        {"href": f"/messages/{row.pk}/", "title": wording.long(row.template, row.params, language), "icon": "bell"}
        for row in rows
    ]
    return {"items": items, "unread": context["request"].unread_messages}


@register.inclusion_tag("gateway/_wechat_cell.html")
def wechat_cell() -> dict[str, Any]:
    """The way to connecting WeChat, where the city has a service account."""
    return {"configured": wechat.configured()}


@register.inclusion_tag("gateway/_wechat_script.html", takes_context=True)
def wechat_script(context: dict[str, Any]) -> dict[str, Any]:
    """WeChat's script, on a page that is read inside WeChat, where the city has a service account."""
    request = context.get("request")
    return {
        "wanted": request is not None
        and wechat.configured()
        and wechat.is_inside(request.headers.get("User-Agent", ""))
    }


@register.simple_tag
def texts_leave() -> bool:
    """Whether texts go out, or are recorded only."""
    return channels.connected("sms")


@register.inclusion_tag("gateway/_news.html")
def area_news(unit_id: UUID | None) -> dict[str, Any]:
    """What holds now or soon in this unit."""
    language = get_language() or ""
    rows = queries.news_of(unit_id) if unit_id else []
    return {"items": [{"href": f"/news/{row.pk}/", "title": row.title_in(language), "icon": "info"} for row in rows]}


@register.inclusion_tag("gateway/_alerts.html")
def area_alerts(unit_id: UUID | None) -> dict[str, Any]:
    """The warnings that hold in this unit, or, where none was chosen, in the whole city: what to do stands first."""
    language = get_language() or ""
    rows = queries.alerts_in(unit_id)
    return {
        "items": [
            {
                "title": row.said_in(language, "headline"),
                "instruction": row.said_in(language, "instruction"),
                "description": row.said_in(language, "description"),
                "expires": row.expires,
                "badge": SEVERITIES.get(row.severity, ""),
            }
            for row in rows
        ]
    }
