"""Warnings, trends and figures: reads other rooms, writes only warnings."""
