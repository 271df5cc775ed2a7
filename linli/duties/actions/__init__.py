"""Writes of this room: `lists` (the three lists), `catalogue` (classes, limits), `days` (the calendar), `packs`."""
