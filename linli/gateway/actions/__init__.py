"""Everything that writes in the gateway."""

from linli.gateway.actions.keys import NewKey, create_key, revoke_key
from linli.gateway.actions.messages import Letter, Note, read_messages, send_due, send_message, tell, write
from linli.gateway.actions.webhooks import (
    NewSubscription,
    announce,
    deliver,
    deliver_due,
    redeliver,
    set_active,
    subscribe,
    unsubscribe,
)

__all__ = [
    "Letter",
    "NewKey",
    "NewSubscription",
    "Note",
    "announce",
    "create_key",
    "deliver",
    "deliver_due",
    "read_messages",
    "redeliver",
    "revoke_key",
    "send_due",
    "send_message",
    "set_active",
    "subscribe",
    "tell",
    "unsubscribe",
    "write",
]
