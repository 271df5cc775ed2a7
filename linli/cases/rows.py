"""What is read of a case where a whole one is too much: as rows of a list, or points of a map."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linli.cases.references import reference_of


class Listed(NamedTuple):
    """What a row of the desk says of a case, and nothing of it besides: to make fifty whole cases took a seventh of the page's time."""

    id: UUID
    number: int
    state: str
    priority: str
    case_class_id: UUID | None
    subdistrict_id: UUID | None
    community_id: UUID | None
    quarter_id: UUID | None
    units: list[UUID]
    lead_body_id: UUID | None
    reported_at: datetime
    filed_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    paused_at: datetime | None
    urgent_at: datetime | None
    title: str

    @property
    def reference(self) -> str:
        return reference_of(self.number)


class Point(NamedTuple):
    """What a point of the map says of a case that has a class and a position; of two hundred at once, as `Listed`."""

    number: int
    state: str
    case_class_id: UUID
    lon: float
    lat: float
    reported_at: datetime
    filed_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    paused_at: datetime | None

    @property
    def reference(self) -> str:
        return reference_of(self.number)
