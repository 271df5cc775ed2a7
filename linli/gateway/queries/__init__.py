"""Reads of the gateway."""

from linli.gateway.queries.keys import actor_of_key, forget_keys, visible_keys
from linli.gateway.queries.messages import may_see_sent, message, messages, outgoing, require_sent, sent_about, unread
from linli.gateway.queries.webhooks import deliveries, forget_subscriptions, subscribed, visible_subscriptions
from linli.gateway.queries.wishes import own_wish, wishes

__all__ = [
    "actor_of_key",
    "deliveries",
    "forget_keys",
    "forget_subscriptions",
    "may_see_sent",
    "message",
    "messages",
    "outgoing",
    "own_wish",
    "require_sent",
    "sent_about",
    "subscribed",
    "unread",
    "visible_keys",
    "visible_subscriptions",
    "wishes",
]
