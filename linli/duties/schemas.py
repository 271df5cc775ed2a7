"""What the API of this room takes and gives."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field

from linli.duties.book import ClassInfo
from linli.duties.models import ClassKind, ClassRank, ClassVersion, Duty, DutyList, DutyRole, ListKind, Priority, Task
from linli.duties.queries import Responsibility
from linli.duties.rules import Considered, amount_text
from linli.foundation import fields
from linli.foundation.worktime import FIRST_YEAR, LAST_YEAR, Limit, LimitKind
from linli.people import queries as people
from linli.territory import queries as territory


def _counted(moment: datetime) -> datetime:
    """Beyond the years that working time is counted for, dates of other zones overflow."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError
    return moment


Moment = Annotated[fields.Moment, AfterValidator(_counted)]
Amount = Annotated[str, Field(pattern=r"^\d{1,4}(\.\d{1,2})?$", description="Exact, such as 4 or 0.5.")]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z.-]+$")]


class LimitOut(Schema):
    amount: Amount
    kind: LimitKind

    @classmethod
    def of(cls, limit: Limit) -> "LimitOut":
        return cls(amount=amount_text(limit.amount), kind=limit.kind)


class ClassOut(Schema):
    """A class with the limits of the moment asked for; major classes have none."""

    id: UUID
    code: str
    kind: ClassKind
    rank: ClassRank
    parent: UUID | None
    name: str
    name_en: str
    keywords: list[str]
    keywords_en: list[str]
    emergency_number: str
    active: bool
    version: UUID | None
    limit: LimitOut | None
    response: LimitOut | None
    proof_required: bool

    @classmethod
    def of(cls, info: ClassInfo) -> "ClassOut":
        return cls(
            id=info.id,
            code=info.code,
            kind=ClassKind(info.kind),
            rank=ClassRank(info.rank),
            parent=info.parent_id,
            name=info.name,
            name_en=info.name_en,
            keywords=list(info.keywords),
            keywords_en=list(info.keywords_en),
            emergency_number=info.emergency_number,
            active=info.active,
            version=info.version_id,
            limit=LimitOut.of(info.limit) if info.limit else None,
            response=LimitOut.of(info.response) if info.response else None,
            proof_required=info.proof_required,
        )


class VersionOut(Schema):
    """The limits of a class for a while, who set them and why."""

    id: UUID
    limit: LimitOut
    response: LimitOut
    proof_required: bool
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    changed_by: str
    reason: str

    @classmethod
    def of(cls, version: ClassVersion) -> "VersionOut":
        return cls(
            id=version.id,
            limit=LimitOut.of(Limit(version.limit_amount, LimitKind(version.limit_kind))),
            response=LimitOut.of(Limit(version.response_amount, LimitKind(version.response_kind))),
            proof_required=version.proof_required,
            valid_from=version.valid_from,
            valid_to=version.valid_to,
            changed_by=version.changed_by,
            reason=version.reason,
        )


class ClassDetailOut(ClassOut):
    versions: list[VersionOut] = []


class LimitsIn(Schema):
    """What is left out stays as it is. `expected_version` refuses the change where somebody else was faster."""

    limit_amount: Amount | None = None
    limit_kind: LimitKind | None = None
    response_amount: Amount | None = None
    response_kind: LimitKind | None = None
    proof_required: bool | None = None
    reason: str = Field(min_length=1, max_length=500)
    expected_version: UUID | None = None


class BodyRef(Schema):
    id: UUID
    code: str
    name: str
    name_en: str

    @classmethod
    def of(cls, body_id: UUID) -> "BodyRef":
        body = people.body(body_id)
        return cls(id=body.id, code=body.code, name=body.name, name_en=body.name_en)


class UnitRef(Schema):
    id: UUID
    code: str
    name: str
    level: str

    @classmethod
    def of(cls, unit_id: UUID) -> "UnitRef":
        unit = territory.unit(unit_id)
        return cls(id=unit.id, code=unit.code, name=unit.name, level=unit.level)


class ConsideredOut(Schema):
    """A lead row that fits the question; the first of them answers it."""

    duty: UUID
    clause: str
    body: BodyRef
    unit: UnitRef
    case_class: UUID
    chosen: bool

    @classmethod
    def of(cls, considered: Considered) -> "ConsideredOut":
        row = considered.row
        return cls(
            duty=row.id,
            clause=row.clause,
            body=BodyRef.of(row.body_id),
            unit=UnitRef.of(row.unit_id),
            case_class=row.class_id,
            chosen=considered.chosen,
        )


class PriorityRef(Schema):
    item: str
    item_en: str
    clause: str


class ResponsibleOut(Schema):
    """Who is responsible, by which clause of which version of a list, and why this row and no other."""

    body: BodyRef
    co_bodies: list[BodyRef]
    duty: UUID
    clause: str
    unit: UnitRef
    list_version: str
    day: date
    priority: PriorityRef | None
    considered: list[ConsideredOut]

    @classmethod
    def of(
        cls, answer: Responsibility, day: date, considered: list[Considered], priority: PriorityRef | None
    ) -> "ResponsibleOut":
        return cls(
            body=BodyRef.of(answer.body_id),
            co_bodies=[BodyRef.of(body_id) for body_id in answer.co_body_ids],
            duty=answer.duty_id,
            clause=answer.clause,
            unit=UnitRef.of(answer.unit_id),
            list_version=answer.list_version,
            day=day,
            priority=priority,
            considered=[ConsideredOut.of(one) for one in considered],
        )


class ListOut(Schema):
    id: UUID
    kind: ListKind
    name: str
    version: str
    unit: UnitRef
    valid_from: date
    valid_to: date | None
    source: str
    imported_by: str
    imported_at: AwareDatetime

    @classmethod
    def of(cls, listed: DutyList) -> "ListOut":
        names = ("id", "name", "version", "valid_from", "valid_to", "source", "imported_by", "imported_at")
        values = {name: getattr(listed, name) for name in names}
        return cls(**values, kind=ListKind(listed.kind), unit=UnitRef.of(listed.unit_id))


class RowOut(Schema):
    """A row of a list. A duty has class, body and role; a task body, item and frequency; a priority class and item."""

    id: UUID
    row: int
    number: str
    clause: str
    unit: UnitRef
    case_class: UUID | None = None
    body: BodyRef | None = None
    role: DutyRole | None = None
    item: str = ""
    item_en: str = ""
    frequency: str = ""
    season_from: str = ""
    season_to: str = ""
    note: str = ""

    @classmethod
    def of(cls, row: Duty | Task | Priority) -> "RowOut":
        own = ("role", "item", "item_en", "frequency", "season_from", "season_to")
        return cls(
            id=row.id,
            row=row.row_number,
            number=row.number,
            clause=row.clause,
            note=row.note,
            unit=UnitRef.of(row.unit_id),
            case_class=getattr(row, "case_class_id", None),
            body=BodyRef.of(row.body_id) if isinstance(row, Duty | Task) else None,
            **{name: getattr(row, name) for name in own if hasattr(row, name)},
        )


class ListIn(Schema):
    """The heading of a list; its rows come as a file beside it."""

    kind: ListKind
    name: str = Field(min_length=1, max_length=120)
    version: str = Field(min_length=1, max_length=40)
    unit: Code = Field(description="The unit's code: the list is for it and what is below it.")
    valid_from: date
    source: str = Field("", max_length=200)
    dry_run: bool = False


class ImportedOut(Schema):
    """What was imported, or in a dry run would be. `closes` is the version that ends with it.

    `untraced` counts tasks whose clause is in no duty list any more: import a new task list.
    """

    list: UUID | None
    kind: ListKind
    rows: int
    closes: str
    dry_run: bool
    untraced: int


class ListEndIn(Schema):
    on: date = Field(description="The first day on which the list no longer holds.")


class ImportedClassesOut(Schema):
    added: int
    changed: int
    same: int
    dry_run: bool


class GapOut(Schema):
    """A class for which nobody is responsible in these communities."""

    case_class: UUID
    units: list[UnitRef]


class DayIn(Schema):
    hours: str = Field("", max_length=100, description="09:00-12:00,13:00-17:00; empty for a day of rest.")
    reason: str = Field(min_length=1, max_length=200)


class DayOut(Schema):
    day: date
    hours: str
    reason: str
