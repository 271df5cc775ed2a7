"""Everything that writes in the gateway."""

from linli.gateway.actions.keys import NewKey, create_key, revoke_key
from linli.gateway.actions.messages import (
    Letter,
    Note,
    gather_digests,
    read_messages,
    send_again,
    send_due,
    send_message,
    tell,
    write,
)
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
from linli.gateway.actions.wishes import choose

__all__ = [
    "Letter",
    "NewKey",
    "NewSubscription",
    "Note",
    "announce",
    "choose",
    "create_key",
    "deliver",
    "deliver_due",
    "gather_digests",
    "read_messages",
    "redeliver",
    "revoke_key",
    "send_again",
    "send_due",
    "send_message",
    "set_active",
    "subscribe",
    "tell",
    "unsubscribe",
    "write",
]
