"""Reads of the gateway."""

from linli.gateway.queries.announcements import (
    ANNOUNCEMENTS_A_PAGE,
    NEEDS,
    announcement,
    announcements,
    announces,
    areas,
    audience,
    kinds,
    news,
    news_of,
    reach,
)
from linli.gateway.queries.keys import actor_of_key, forget_keys, visible_keys
from linli.gateway.queries.messages import (
    may_see_sent,
    message,
    messages,
    outgoing,
    require_sent,
    sent_about,
    unread,
    unread_messages,
)
from linli.gateway.queries.webhooks import deliveries, forget_subscriptions, subscribed, visible_subscriptions
from linli.gateway.queries.wishes import own_wish, wishes

__all__ = [
    "ANNOUNCEMENTS_A_PAGE",
    "NEEDS",
    "actor_of_key",
    "announcement",
    "announcements",
    "announces",
    "areas",
    "audience",
    "deliveries",
    "forget_keys",
    "forget_subscriptions",
    "kinds",
    "may_see_sent",
    "message",
    "messages",
    "news",
    "news_of",
    "outgoing",
    "own_wish",
    "reach",
    "require_sent",
    "sent_about",
    "subscribed",
    "unread",
    "unread_messages",
    "visible_keys",
    "visible_subscriptions",
    "wishes",
]
