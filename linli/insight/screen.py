"""What the command screen shows of a unit, counted through the same queries as the figures, the rates and the warnings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from linli.cases import queries as cases
from linli.cases.pages.figures import Line
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.insight import queries
from linli.insight.models import Warning


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of a unit at one moment."""

    at: datetime
    work: cases.OpenWork
    today: int
    weeks: cases.Weeks
    open_warnings: int
    # The newest of them.
    warnings: list[Warning]

    @property
    def figures(self) -> dict[str, Any]:
        """By the keys of their definitions; rates as shares, None where nothing was counted."""
        rates = self.weeks.rates
        return {
            "open": self.work.whole.cases,
            "overdue": self.work.whole.late,
            "today": self.today,
            "warnings": self.open_warnings,
            "response": rates.response.share,
            "solution": rates.solution.share,
            "satisfaction": rates.satisfaction.share,
        }


def count(actor: Actor, unit_id: UUID, weeks: int, most_warnings: int) -> Counted:
    """Raises NotFound."""
    return Counted(
        clock.now(),
        cases.open_work(actor, unit_id),
        cases.reported_today(actor, unit_id),
        cases.by_week(actor, unit_id, weeks),
        queries.count_open(actor, unit_id),
        queries.of_unit(actor, unit_id, most_warnings, states=queries.open_states()),
    )


def late_first(lines: list[Line]) -> list[Line]:
    """Those with most overdue first."""
    return sorted(lines, key=lambda line: (-line.late, -line.cases))
