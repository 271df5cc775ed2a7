"""A screening: begun under a declaration, its teams formed, its doors divided, and how far it is from the city down to a door."""
