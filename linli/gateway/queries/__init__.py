"""Reads of the gateway."""

from linli.gateway.queries.keys import actor_of_key, forget_keys, visible_keys
from linli.gateway.queries.messages import messages, outgoing, unread
from linli.gateway.queries.webhooks import deliveries, forget_subscriptions, subscribed, visible_subscriptions

__all__ = [
    "actor_of_key",
    "deliveries",
    "forget_keys",
    "forget_subscriptions",
    "messages",
    "outgoing",
    "subscribed",
    "unread",
    "visible_keys",
    "visible_subscriptions",
]
