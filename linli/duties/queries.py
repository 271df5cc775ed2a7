"""Reads of duties: the catalogue, who is responsible and why, what comes first, the working calendar.

All of it is published, so nothing here asks who acts. The catalogue and the lists are read once per process and kept
until `forget`, which every process calls when `duties.changed` is told; a question then costs a few dictionary lookups.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import translation

from linli.config import env
from linli.duties import rules
from linli.duties.errors import NoResponsibleBody, UnknownClass
from linli.duties.models import CaseClass, ClassRank, ClassVersion, Duty, DutyList, DutyRole, Priority, SpecialDay
from linli.duties.packs import calendar_of
from linli.duties.rules import Considered, DutyRow, Index, Located, PriorityRow
from linli.foundation import clock
from linli.foundation.worktime import Limit, LimitKind, WorkCalendar, parse_hours


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
        return self.name if (translation.get_language() or "").startswith("zh") else self.name_en


@dataclass(frozen=True, slots=True)
class Responsibility:
    """The answer for a class, a place and a time: the lead body, the clause that says so, and who helps."""

    body_id: UUID
    duty_id: UUID
    clause: str
    unit_id: UUID
    list_version: str
    co_body_ids: tuple[UUID, ...] = ()


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
class Explanation:
    """Which rows were considered, best first, and the answer that follows; no answer where there is no row."""

    case_class: ClassInfo
    day: date
    considered: list[Considered]
    answer: Responsibility | None


@dataclass(frozen=True, slots=True)
class _Book:
    """Everything that questions need, as the database had it. A class is there once for each version of its limits."""

    classes: dict[UUID, list[ClassInfo]]
    codes: dict[str, UUID]
    lists: dict[UUID, ListInfo]
    leads: Index[DutyRow]
    helpers: Index[DutyRow]
    priorities: Index[PriorityRow]


def _database() -> str:
    """Part of every key, because tests live in several databases."""
    return str(connection.settings_dict["NAME"])


def forget() -> None:
    """Read everything again at the next question."""
    _book_of.cache_clear()
    _calendar_of.cache_clear()


def _book() -> _Book:
    return _book_of(_database())


@lru_cache(maxsize=2)
def _book_of(_name: str) -> _Book:
    classes = _read_classes()
    duties = read_duties()
    return _Book(
        classes=classes,
        codes={dated[0].code: class_id for class_id, dated in classes.items()},
        lists={row.id: _list_info(row) for row in DutyList.objects.all()},
        leads=rules.index_of(row for row in duties if row.lead),
        helpers=rules.index_of(row for row in duties if not row.lead),
        priorities=rules.index_of(_read_priorities()),
    )


def _read_classes() -> dict[UUID, list[ClassInfo]]:
    rows = {row.id: row for row in CaseClass.objects.order_by("code")}
    versions: dict[UUID, list[ClassVersion]] = {}
    for version in ClassVersion.objects.order_by("valid_from"):
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


def _read_priorities() -> list[PriorityRow]:
    columns = (
        "id", "case_class_id", "unit_id", "clause", "item", "item_en", "season_from", "season_to", "valid_from",
        "valid_to",
    )  # fmt: skip
    return [PriorityRow(*row) for row in Priority.objects.values_list(*columns)]


def _list_info(row: DutyList) -> ListInfo:
    return ListInfo(row.id, row.kind, row.name, row.version, row.unit_id, row.valid_from, row.valid_to)


# --- the catalogue ---------------------------------------------------------------------------------------------------


def classes(at: datetime | None = None) -> tuple[ClassInfo, ...]:
    """Every class by code, withdrawn ones too (`active` tells), with the limits of a moment (now)."""
    moment = at or clock.now()
    return tuple(_dated(infos, moment) for infos in _book().classes.values())


def _dated(infos: list[ClassInfo], moment: datetime) -> ClassInfo:
    """The class with the limits of a moment; before its first version, those of the first."""
    if len(infos) == 1:
        return infos[0]
    return next((info for info in reversed(infos) if info.valid_from and info.valid_from <= moment), infos[0])


def case_class(code_or_id: str | UUID, at: datetime | None = None) -> ClassInfo:
    """A major or minor class. Raises `UnknownClass`."""
    book = _book()
    class_id = code_or_id if isinstance(code_or_id, UUID) else book.codes.get(code_or_id)
    if class_id not in book.classes:
        raise UnknownClass(code_or_id)
    return _dated(book.classes[class_id], at or clock.now())


def minor_class(code_or_id: str | UUID, at: datetime | None = None) -> ClassInfo:
    """A class that a case can have, with the limits of a moment (now): an old case keeps the limits of its time.

    Raises `UnknownClass` for a major class too.
    """
    info = case_class(code_or_id, at)
    if not info.is_minor:
        raise UnknownClass(code_or_id)
    return info


def versions(class_id: UUID) -> list[ClassVersion]:
    """The limits of a class, newest first, with who changed them and why."""
    return list(ClassVersion.objects.filter(case_class=class_id).order_by("-valid_from"))


# --- who is responsible ----------------------------------------------------------------------------------------------


def day_of(at: datetime | None) -> date:
    """The day of a moment (now) in the city: lists hold by days."""
    return (at or clock.now()).astimezone(_zone()).date()


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def responsible(class_id: UUID, place: Located, at: datetime | None = None) -> Responsibility:
    """The one body that is responsible for a class at a place (`place.path`: unit ids, root first) and time (now).

    The finest unit with a row decides, then the minor class before its major class.
    Raises `NoResponsibleBody`, `UnknownClass`.
    """
    book, day = _book(), day_of(at)
    info = case_class(class_id, at)
    for row, _classes_up in rules.candidates(book.leads, place.path, info.lineage, day):
        return _answer(book, row, place, info, day)
    raise NoResponsibleBody(info.label, day.isoformat())


def _answer(book: _Book, row: DutyRow, place: Located, info: ClassInfo, day: date) -> Responsibility:
    helpers = rules.co_bodies(book.helpers, place.path, info.lineage, day, row.body_id)
    return Responsibility(row.body_id, row.id, row.clause, row.unit_id, book.lists[row.list_id].version, helpers)


def explanation(class_id: UUID, place: Located, at: datetime | None = None) -> Explanation:
    """The answer of `responsible` with every row that was considered. Raises `UnknownClass`."""
    book, day = _book(), day_of(at)
    info = case_class(class_id, at)
    considered = rules.explain(book.leads, place.path, info.lineage, day)
    answer = _answer(book, considered[0].row, place, info, day) if considered else None
    return Explanation(info, day, considered, answer)


def priority_of(class_id: UUID, place: Located, at: datetime | None = None) -> PriorityRow | None:
    """The matter of a priority list that makes such a case urgent, or None. Raises `UnknownClass`."""
    info = case_class(class_id, at)
    found = rules.candidates(_book().priorities, place.path, info.lineage, day_of(at))
    return next((row for row, _classes_up in found), None)


def list_info(list_id: UUID) -> ListInfo:
    return _book().lists[list_id]


# --- working time ----------------------------------------------------------------------------------------------------


def calendar() -> WorkCalendar:
    """The city's working calendar: its pack's days and hours, with the special days that it has set."""
    return _calendar_of(_database())


@lru_cache(maxsize=2)
def _calendar_of(_name: str) -> WorkCalendar:
    country, hours = calendar_of(env.get("LINLI_CITY"))
    special = {day.day: parse_hours(day.hours) for day in SpecialDay.objects.all()}
    return WorkCalendar(_zone(), parse_hours(hours), special, country)
