"""Linli (邻里): community governance, from a report to its rating."""

__version__ = "0.1.0"
