"""The catalogue and the lists in memory: read once per process, dropped when they change."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.utils import translation

from linli.duties import rules
from linli.duties.models import CaseClass, ClassRank, ClassVersion, Duty, DutyList, DutyRole, Priority, StageLimit
from linli.duties.rules import DutyRow, Index, PriorityRow
from linli.foundation.worktime import Limit, LimitKind


def in_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return (translation.get_language() or "").startswith("zh")


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A class of the catalogue with the limits of one moment; a major class has none. Sub-classes are minor classes."""

    id: UUID
    code: str
    kind: str
    rank: str
    parent_id: UUID | None
    name: str
    name_en: str
    keywords: tuple[str, ...]
    keywords_en: tuple[str, ...]
    emergency_number: str
    active: bool
    lineage: tuple[UUID, ...]
    """Its own id, then its parents' up to the major class."""
    version_id: UUID | None = None
    valid_from: datetime | None = None
    limit: Limit | None = None
    response: Limit | None = None
    proof_required: bool = False

    @property
    def is_minor(self) -> bool:
        return self.rank == ClassRank.MINOR

    @property
    def major_id(self) -> UUID:
        return self.lineage[-1]

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name if in_chinese() else self.name_en


@dataclass(frozen=True, slots=True)
class ListInfo:
    id: UUID
    kind: str
    name: str
    version: str
    unit_id: UUID
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that questions need, as the database had it. A class is there once for each version of its limits."""

    classes: dict[UUID, list[ClassInfo]]
    codes: dict[str, UUID]
    lists: dict[UUID, ListInfo]
    leads: Index[DutyRow]
    helpers: Index[DutyRow]
    priorities: Index[PriorityRow]
    stages: dict[str, list[StageLimit]]
    """The promises of each stage, newest first."""


def database_name() -> str:
    """Part of every key, because tests live in several databases."""
    return str(connection.settings_dict["NAME"])


def forget() -> None:
    """Read everything again at the next question."""
    _book_of.cache_clear()


def book() -> Book:
    return _book_of(database_name())


@lru_cache(maxsize=2)
def _book_of(_name: str) -> Book:
    classes = _read_classes()
    duties = read_duties()
    return Book(
        classes=classes,
        codes={infos[0].code: class_id for class_id, infos in classes.items()},
        lists={row.id: _list_info(row) for row in DutyList.objects.all()},
        leads=rules.index_of(row for row in duties if row.lead),
        helpers=rules.index_of(row for row in duties if not row.lead),
        priorities=rules.index_of(_read_priorities()),
        stages=_read_stages(),
    )


def _read_classes() -> dict[UUID, list[ClassInfo]]:
    rows = {row.id: row for row in CaseClass.objects.order_by("code")}
    versions: dict[UUID, list[ClassVersion]] = {}
    # Of two that begin at one moment the later made holds: the other was replaced before it held.
    for version in ClassVersion.objects.order_by("valid_from", "id"):
        versions.setdefault(version.case_class_id, []).append(version)

    def lineage(row: CaseClass) -> tuple[UUID, ...]:
        return (row.id, *lineage(rows[row.parent_id])) if row.parent_id else (row.id,)

    def plain(row: CaseClass) -> ClassInfo:
        return ClassInfo(
            row.id, row.code, row.kind, row.rank, row.parent_id, row.name, row.name_en, tuple(row.keywords),
            tuple(row.keywords_en), row.emergency_number, row.active, lineage(row),
        )  # fmt: skip

    return {
        row.id: [_with_limits(plain(row), version) for version in versions.get(row.id, ())] or [plain(row)]
        for row in rows.values()
    }


def _with_limits(info: ClassInfo, version: ClassVersion) -> ClassInfo:
    return replace(
        info,
        version_id=version.id,
        valid_from=version.valid_from,
        limit=Limit(version.limit_amount, LimitKind(version.limit_kind)),
        response=Limit(version.response_amount, LimitKind(version.response_kind)),
        proof_required=version.proof_required,
    )


def read_duties() -> list[DutyRow]:
    """Every row of every duty list, past ones too, from the database."""
    columns = (
        "id", "list_id", "case_class_id", "unit_id", "body_id", "role", "clause", "number", "row_number", "valid_from",
        "valid_to",
    )  # fmt: skip
    rows = Duty.objects.values_list(*columns).iterator(chunk_size=20_000)
    return [
        DutyRow(id, list_id, class_id, unit_id, body_id, role == DutyRole.LEAD, *rest)
        for id, list_id, class_id, unit_id, body_id, role, *rest in rows
    ]


def _read_stages() -> dict[str, list[StageLimit]]:
    stages: dict[str, list[StageLimit]] = {}
    for limit in StageLimit.objects.order_by("-valid_from", "-id"):
        stages.setdefault(limit.stage, []).append(limit)
    return stages


def _read_priorities() -> list[PriorityRow]:
    columns = (
        "id", "case_class_id", "unit_id", "clause", "item", "item_en", "season_from", "season_to", "valid_from",
        "valid_to",
    )  # fmt: skip
    return [PriorityRow(*row) for row in Priority.objects.values_list(*columns)]


def _list_info(row: DutyList) -> ListInfo:
    return ListInfo(row.id, row.kind, row.name, row.version, row.unit_id, row.valid_from, row.valid_to)


def dated(infos: list[ClassInfo], moment: datetime) -> ClassInfo:
    """The class with the limits of a moment; before its first version, those of the first."""
    if len(infos) == 1:
        return infos[0]
    return next((info for info in reversed(infos) if info.valid_from and info.valid_from <= moment), infos[0])
