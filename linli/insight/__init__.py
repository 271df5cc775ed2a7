"""Warnings, trends and figures: what no single case shows. Calculation is pure; of rows, only warnings are written."""
