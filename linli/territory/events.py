"""What the territory tells other rooms. Every process drops its index when this is committed."""

from linli.foundation import outbox

CHANGED = "territory.changed"

# `reason` is a word (loaded, imported, derived, renamed, merged, split, opened, closed, bounded); `closed` and `opened` hold ids
# of units as text: posts and duties of a closed unit have to follow its successors.
outbox.declare(CHANGED, "reason", "closed", "opened")
