"""Warnings, trends and figures: what cannot be seen case by case. Its calculation is pure; it reads other rooms and writes only warnings."""
