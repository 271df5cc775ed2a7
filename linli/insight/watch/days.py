"""The two looks: at whole days, and at the last hours."""

from collections.abc import Sequence
from datetime import date, datetime

from linli.insight.watch.clusters import clusters
from linli.insight.watch.findings import Finding, worth_telling
from linli.insight.watch.piles import piles
from linli.insight.watch.places import repeats, silences
from linli.insight.watch.reports import Calendar, Load, Reports
from linli.insight.watch.trends import surges, trends


def look_at_days(reports: Reports, last: date, *, calendar: Calendar, loads: Sequence[Load] = ()) -> list[Finding]:
    """What the days up to `last`, a day that is over, have brought."""
    found = [
        *clusters(reports, last),
        *trends(reports, last, calendar),
        *repeats(reports, last),
        *silences(reports, last),
        *piles(loads, last),
    ]
    return worth_telling(found)


def look_at_hours(reports: Reports, until: datetime, *, calendar: Calendar) -> list[Finding]:
    """What the hours before `until` (wall time) have brought."""
    return worth_telling(surges(reports, until, calendar))
