"""Pages of this room: who is responsible, the catalogue, the lists and their rows, imports, the calendar."""
