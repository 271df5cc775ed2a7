"""The weekly report of a unit: what came and went in a week, against the weeks before, and what still stands open."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from linli.cases import queries as cases
from linli.cases import rules
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.insight import queries
from linli.insight.models import Warning
from linli.insight.sources import moment

# Weeks that stand before the reported one, for comparison.
BEFORE = 4
# How many past weeks a report can be made of.
OFFERED = rules.WEEKS_COUNTED - BEFORE
MOST_WARNINGS = 200
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Report:
    at: datetime
    monday: date
    # Oldest first, the reported one last.
    weeks: list[cases.OneWeek]
    counted_at: datetime | None
    # Reported in each of these weeks, by class; under None without a class yet.
    by_class: dict[UUID | None, list[int]]
    # The three rates of each body over what was dispatched to it in the week.
    bodies: dict[UUID, rules.Rates]
    # What is open at the moment of the report, not of the week.
    work: cases.OpenWork
    found: list[Warning]
    open_warnings: list[Warning]

    @property
    def week(self) -> cases.OneWeek:
        return self.weeks[-1]

    @property
    def week_before(self) -> cases.OneWeek:
        return self.weeks[-2]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def unfinished(self) -> bool:
        """Whether the week still goes on."""
        return self.monday == cases.first_week(1)


def mondays() -> list[date]:
    """The weeks that can be reported, the present one first."""
    present = cases.first_week(1)
    return [present - back * WEEK for back in range(OFFERED)]


def week_of(text: str) -> date:
    """The Monday of the week that an address names by one of its days; the last whole week where it cannot be read or reported."""
    offered = mondays()
    try:
        asked = rules.monday(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return offered[1]
    return asked if asked in offered else offered[1]


def read(actor: Actor, unit_id: UUID, monday: date) -> Report:
    """Raises NotFound."""
    told = cases.in_report(actor, unit_id, monday, BEFORE)
    start, end = (moment(datetime.combine(day, time())) for day in (monday, monday + WEEK))
    return Report(
        clock.now(),
        monday,
        told.weeks.rows,
        told.weeks.counted_at,
        told.by_class,
        told.bodies,
        cases.open_work(actor, unit_id),
        queries.of_unit(actor, unit_id, MOST_WARNINGS, since=start, until=end),
        queries.of_unit(actor, unit_id, MOST_WARNINGS, states=queries.open_states()),
    )
