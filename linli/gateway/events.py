"""What the gateway tells its own processes. Closed schemas."""

from linli.foundation import outbox

KEY_CHANGED = "gateway.key_changed"
SUBSCRIPTION_CHANGED = "gateway.subscription_changed"

outbox.declare(KEY_CHANGED, "key")
outbox.declare(SUBSCRIPTION_CHANGED, "subscription")
# A notice to an area was planned, called back, or went out.
ANNOUNCED = "gateway.announced"
outbox.declare(ANNOUNCED, "announcement")
# Somebody was told something in the app: their open pages count anew.
TOLD = "gateway.told"
outbox.declare(TOLD, "event")
# Somebody has read messages: their other open pages count anew.
READ = "gateway.read"
outbox.declare(READ)
