"""What everybody may know of cases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from linli.cases import rules
from linli.cases.queries.narrowing import PAGE, UNIT_COLUMNS
from linli.foundation.errors import NotFound
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class PublicCase:
    """What everybody may know: no names, no text beyond a masked title, the place to about 100 m."""

    id: UUID
    number: int
    state: str
    channel: str
    nature: str
    priority: str
    case_class_id: UUID | None
    district_id: UUID | None
    subdistrict_id: UUID | None
    community_id: UUID | None
    quarter_id: UUID | None
    lon: float | None
    lat: float | None
    cell: int | None
    lead_body_id: UUID | None
    reported_at: datetime
    filed_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    supports: int
    stars: int | None
    cycle: int
    title: str

    @property
    def reference(self) -> str:
        return rules.reference_of(self.number)

    @property
    def updated_at(self) -> datetime:
        """The last of its public moments."""
        return max(moment for moment in (self.reported_at, self.filed_at, self.closed_at) if moment is not None)


_PUBLIC_COLUMNS = ", ".join(PublicCase.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class PublicFilters:
    """What the public's list can be narrowed to. `bbox` is west, south, east, north in degrees."""

    ids: tuple[UUID, ...] = ()
    numbers: tuple[int, ...] = ()
    class_ids: tuple[UUID, ...] = ()
    open: bool | None = None
    unit_id: UUID | None = None
    reported_from: datetime | None = None
    reported_to: datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    updated_from: datetime | None = None
    # Also what the desk has not read yet: where it lies and what kind it is, without its words.
    with_collected: bool = False


def public_page(
    filters: PublicFilters, *, before: UUID | None = None, size: int = PAGE, offset: int = 0
) -> list[PublicCase]:
    """Public cases, newest first. One statement."""
    where: list[str] = ["true" if filters.with_collected else "state <> 'collected'"]
    params: list[Any] = []

    def add(condition: str, *values: Any) -> None:
        where.append(condition)
        params.extend(values)

    if filters.ids:
        add("id = ANY(%s)", list(filters.ids))
    if filters.numbers:
        add("number = ANY(%s)", list(filters.numbers))
    if filters.class_ids:
        add("case_class_id = ANY(%s)", list(filters.class_ids))
    if filters.open is not None:
        add("closed_at IS NULL" if filters.open else "closed_at IS NOT NULL")
    if filters.reported_from is not None:
        add("reported_at >= %s", filters.reported_from)
    if filters.reported_to is not None:
        add("reported_at <= %s", filters.reported_to)
    if filters.updated_from is not None:
        add("greatest(reported_at, filed_at, closed_at) >= %s", filters.updated_from)
    if filters.unit_id is not None:
        column = UNIT_COLUMNS.get(territory.unit(filters.unit_id).level)
        if column:
            add(f"{column}_id = %s", filters.unit_id)
    if filters.bbox is not None:
        west, south, east, north = filters.bbox
        add("lon BETWEEN %s AND %s AND lat BETWEEN %s AND %s", west, east, south, north)
    if before is not None:
        add("id < %s", before)
    condition = f"WHERE {' AND '.join(where)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_PUBLIC_COLUMNS} FROM cases_public {condition} ORDER BY id DESC LIMIT %s OFFSET %s",
            [*params, size, offset],
        )
        return [PublicCase(*row) for row in cursor.fetchall()]


def public_case(reference: str | UUID) -> PublicCase:
    """One public case by its number or id, without its words as long as the desk has not read it: neighbours may join it.

    Raises WrongNumber, NotFound.
    """
    by_id = isinstance(reference, UUID)
    names = {"ids": (reference,)} if by_id else {"numbers": (rules.number_of(str(reference)),)}
    found = public_page(PublicFilters(**names, with_collected=True), size=1)
    if not found:
        raise NotFound
    return found[0]
