"""Cameras: which there are, whose and what for, and who has looked through them and why."""
