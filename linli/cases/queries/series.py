"""Cases as rows of figures, for whoever looks for patterns in many of them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet

from linli.cases.models import Case
from linli.cases.queries.narrowing import Filters, narrowed
from linli.foundation.access import Actor


class Reported(NamedTuple):
    """One report: when, where and of what."""

    case: UUID
    at: datetime
    district: UUID | None
    subdistrict: UUID | None
    community: UUID | None
    quarter: UUID | None
    cell: int | None
    lon: float | None
    lat: float | None
    case_class: UUID | None
    channel: str


class Waiting(NamedTuple):
    """One open case that a body has to report back."""

    case: UUID
    body: UUID
    due_at: datetime


def reported(actor: Actor, unit_id: UUID, since: datetime, until: datetime) -> list[Reported]:
    """Every report of a unit in a period, whatever became of it: whoever left out declined and merged ones would compare days on which
    they are sorted out already with a day on which they are not.
    """
    found = narrowed(actor, Filters(unit_id=unit_id, reported_from=since, reported_to=until))
    columns = (
        "pk",
        "reported_at",
        "district",
        "subdistrict",
        "community",
        "quarter",
        "cell",
        "lon",
        "lat",
        "case_class",
        "channel",
    )
    return [Reported(*row) for row in found.order_by().values_list(*columns)]


def to_report_back(actor: Actor, unit_id: UUID) -> list[Waiting]:
    """What bodies have open in a unit, with a limit that runs."""
    found = narrowed(actor, Filters(unit_id=unit_id, open_only=True))
    running = found.filter(lead_body__isnull=False, due_at__isnull=False, handled_at=None, paused_at=None)
    rows = running.order_by().values_list("pk", "lead_body", "due_at")
    return [Waiting(case, body, due_at) for case, body, due_at in rows if body is not None and due_at is not None]


def pace(actor: Actor, unit_id: UUID, since: datetime) -> dict[UUID, tuple[int, int]]:
    """How many cases came to each body since then, and how many it has reported back."""
    of_unit = narrowed(actor, Filters(unit_id=unit_id)).filter(lead_body__isnull=False).order_by()
    came, done = (
        dict(_counted(of_unit.filter(**{f"{moment}__gte": since}))) for moment in ("dispatched_at", "handled_at")
    )
    return {body: (came.get(body, 0), done.get(body, 0)) for body in {*came, *done}}


def _counted(found: QuerySet[Case]) -> list[tuple[UUID, int]]:
    return list(found.values_list("lead_body").annotate(Count("pk")))
