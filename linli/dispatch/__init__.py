"""Who should do what: proposals with their reasons. Calculation so far; the rest of the room is planned (docs/plans/0004)."""
