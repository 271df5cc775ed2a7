"""Pages of this room: dispatch control, who is on duty and can do what, and a call as whoever is called sees it."""
