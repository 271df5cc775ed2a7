"""OpenRosa 1.0: ODK Collect as a second field app."""
