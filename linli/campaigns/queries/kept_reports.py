"""Situation reports of earlier hours, as they were kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linli.campaigns.models import Campaign, KeptReport, Outcome
from linli.campaigns.queries.control import require
from linli.campaigns.queries.coverage import Coverage
from linli.campaigns.rules import Act, end_of
from linli.foundation import clock
from linli.foundation.access import Actor
from linli.foundation.errors import NotFound
from linli.foundation.statement import prepared

HOUR = timedelta(hours=1)
# Units of which the parts are kept: those of a community are buildings.
WITH_PARTS = ("city", "district", "subdistrict")
# A report that is counted later than this is none of that hour: the hour is missing, and said to be.
LATE = timedelta(minutes=15)
_COUNTS = ("doors", "found", *Outcome.values, "visits", "aside", "buildings", "buildings_left")


def written(part: Coverage) -> list[Any]:
    """A part's counts as they are kept."""
    counts = [part.outcomes[name] if name in part.outcomes else getattr(part, name) for name in _COUNTS]
    return [str(part.unit_id), *counts]


def _read(unit: str, doors: int, found: int, *counts: int) -> Coverage:
    *outcomes, visits, aside, buildings, left = counts
    by_outcome = dict(zip(Outcome.values, outcomes, strict=True))
    return Coverage(UUID(unit), doors, found, by_outcome, visits, aside, buildings, left)


def together(unit_id: UUID, parts: Sequence[Coverage]) -> Coverage | None:
    """The parts of a unit as one."""
    if not parts:
        return None
    outcomes = {name: sum(part.outcomes[name] for part in parts) for name in Outcome.values}
    counts = [sum(getattr(part, name) for part in parts) for name in ("visits", "aside", "buildings", "buildings_left")]
    doors, found = sum(part.doors for part in parts), sum(part.found for part in parts)
    return Coverage(unit_id, doors, found, outcomes, *counts)


@dataclass(frozen=True, slots=True)
class Kept:
    """A report's figures at an hour."""

    at: datetime
    parts: Sequence[Coverage]
    followed: dict[str, int]
    silent: int
    to_desk: int

    @property
    def not_reached(self) -> int:
        return sum(part.not_reached for part in self.parts)


def kept(actor: Actor, campaign: Campaign, unit_id: UUID, hour: datetime) -> Kept:
    """Raises `NotFound` where that hour was not kept, `NotAllowed`."""
    require(actor, Act.SEE, unit_id)
    row = KeptReport.objects.filter(campaign=campaign, unit=unit_id, hour=hour).first()
    if row is None:
        raise NotFound
    told = row.figures
    parts = [_read(*part) for part in told["parts"]]
    return Kept(row.at, parts, told["followed"], told["silent"], told["to_desk"])


def hours_kept(actor: Actor, campaign: Campaign, unit_id: UUID) -> list[datetime]:
    """Which hours there are of a unit, the newest first."""
    require(actor, Act.SEE, unit_id)
    rows = prepared(_HOURS, [campaign.pk, unit_id])
    return [hour for (hour,) in rows]


_HOURS = "SELECT hour FROM campaigns_keptreport WHERE campaign_id = $1::uuid AND unit_id = $2::uuid ORDER BY hour DESC"


def hours_between(campaign: Campaign, begin: datetime, end: datetime) -> list[datetime]:
    """The full hours from `begin` up to, and without, `end` at which it ran, the newest first. With its declaration.

    An hour that may still be counted is not missing yet.
    """
    declared = campaign.declaration
    over = min(end_of(declared.ends_at, declared.ended_at), campaign.closed_at or datetime.max.replace(tzinfo=UTC))
    last = min(end, over, clock.now() - LATE)
    hour = max(begin, campaign.started_at, declared.starts_at)
    hour = hour.replace(minute=0, second=0, microsecond=0) + (
        HOUR if hour.minute or hour.second or hour.microsecond else timedelta(0)
    )
    hours = []
    while hour < last:
        hours.append(hour)
        hour += HOUR
    return hours[::-1]
