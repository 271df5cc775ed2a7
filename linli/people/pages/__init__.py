"""Pages of this room: signing in, and a person's own data."""
