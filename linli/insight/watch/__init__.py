"""A district looked at: what its reports say that is worth a warning. Pure: arrays in, findings out.

`look_at_days` is the night's look, `look_at_hours` the one at the last hours. Each kind of finding has its share of the one false
warning a month that a district bears (`FALSE_A_MONTH`): told is what chance alone would show less often than that.
"""

from linli.insight.watch.days import look_at_days, look_at_hours
from linli.insight.watch.findings import FALSE_A_MONTH, KINDS, Curve, Finding, goes_on, is_strong, worth_telling
from linli.insight.watch.reports import DAYS, Calendar, Load, Reports

__all__ = [
    "DAYS",
    "FALSE_A_MONTH",
    "KINDS",
    "Calendar",
    "Curve",
    "Finding",
    "Load",
    "Reports",
    "goes_on",
    "is_strong",
    "look_at_days",
    "look_at_hours",
    "worth_telling",
]
