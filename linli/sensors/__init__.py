"""Sensors: which devices there are, what they last measured, and the alerts that come of it."""
