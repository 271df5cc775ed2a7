"""Everything that writes in the gateway."""

from linli.gateway.actions.alerts import NewAlert, ReceivedAlert, alert_states, cancel_alert, issue_alert, receive_alert
from linli.gateway.actions.announcements import (
    call_back,
    finish,
    publish,
    publish_due,
    reached,
    states,
    take_up,
)
from linli.gateway.actions.app_users import NewAppUser, connect_app, disconnect_app
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
from linli.gateway.actions.wishes import choose, follow, hear_where_reported, unfollow

__all__ = [
    "Letter",
    "NewAlert",
    "NewAppUser",
    "NewKey",
    "NewSubscription",
    "Note",
    "ReceivedAlert",
    "alert_states",
    "announce",
    "call_back",
    "cancel_alert",
    "choose",
    "connect_app",
    "create_key",
    "deliver",
    "deliver_due",
    "disconnect_app",
    "finish",
    "follow",
    "gather_digests",
    "hear_where_reported",
    "issue_alert",
    "publish",
    "publish_due",
    "reached",
    "read_messages",
    "receive_alert",
    "redeliver",
    "revoke_key",
    "send_again",
    "send_due",
    "send_message",
    "set_active",
    "states",
    "subscribe",
    "take_up",
    "tell",
    "unfollow",
    "unsubscribe",
    "write",
]
