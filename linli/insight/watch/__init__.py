"""A district looked at: what its reports say that is worth a warning. Pure: arrays in, findings out.

`days.look_at_days` is the night's look, `days.look_at_hours` the one at the last hours: import them where they are called, for what
they calculate with (numba, SciPy) takes a second to load, and no page needs it. Each kind of finding has its share of the one false
warning a month that a district bears (`FALSE_A_MONTH`): told is what chance alone would show less often than that.
"""

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
    "worth_telling",
]
