"""Services and facilities: the places that people go to, from a register or an OpenStreetMap extract."""
