"""Reads of duties: the catalogue, who is responsible and why, what comes first, the working calendar.

All of it is published, so nothing here asks who acts. The catalogue and the lists are read once per process and kept
until `forget`, which every process calls when `duties.changed` is told; a question then costs a few dictionary lookups.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from linli.config import env
from linli.duties import book as memory
from linli.duties import coverage, rules
from linli.duties.book import Book, ClassInfo, ListInfo, book, database_name, dated, read_duties
from linli.duties.coverage import Gap
from linli.duties.errors import NoResponsibleBody, UnknownClass
from linli.duties.models import ClassVersion, Duty, DutyList, ListKind, Priority, SpecialDay, Stage, StageLimit, Task
from linli.duties.packs import calendar_of
from linli.duties.rules import Considered, DutyRow, Located, PriorityRow
from linli.foundation import clock
from linli.foundation.errors import NotFound
from linli.foundation.worktime import Limit, LimitKind, WorkCalendar, parse_hours
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.index import TerritoryIndex, UnitInfo
from linli.territory.models import Level

__all__ = ["ClassInfo", "ListInfo", "Responsibility", "Stage", "book", "read_duties"]


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
class Explanation:
    """Which rows were considered, best first, and the answer that follows; no answer where there is no row."""

    case_class: ClassInfo
    day: date
    considered: list[Considered]
    answer: Responsibility | None


def forget() -> None:
    """Read everything again at the next question."""
    memory.forget()
    _calendar_of.cache_clear()


# --- the catalogue ---------------------------------------------------------------------------------------------------


def classes(at: datetime | None = None) -> tuple[ClassInfo, ...]:
    """Every class by code, withdrawn ones too (`active` tells), with the limits of a moment (now)."""
    moment = at or clock.now()
    return tuple(dated(infos, moment) for infos in book().classes.values())


def case_class(code_or_id: str | UUID, at: datetime | None = None) -> ClassInfo:
    """A major or minor class. Raises `UnknownClass`."""
    known = book()
    class_id = code_or_id if isinstance(code_or_id, UUID) else known.codes.get(code_or_id)
    if class_id not in known.classes:
        raise UnknownClass(code_or_id)
    return dated(known.classes[class_id], at or clock.now())


def minor_class(code_or_id: str | UUID, at: datetime | None = None) -> ClassInfo:
    """A class that a case can have, with the limits of a moment (now): an old case keeps the limits of its time.

    Raises `UnknownClass` for a major class too.
    """
    info = case_class(code_or_id, at)
    if not info.is_minor:
        raise UnknownClass(code_or_id)
    return info


def class_in_use(code_or_id: str | UUID) -> ClassInfo:
    """A class that a case may be given today. Raises `UnknownClass` for a withdrawn one too: old cases keep it, new ones choose another."""
    info = minor_class(code_or_id)
    if not info.active:
        raise UnknownClass(code_or_id)
    return info


def versions(class_id: UUID) -> list[ClassVersion]:
    """The limits of a class, newest first, with who changed them and why."""
    return list(ClassVersion.objects.filter(case_class=class_id).order_by("-valid_from"))


# --- who is responsible ----------------------------------------------------------------------------------------------


def responsible(class_id: UUID, place: Located, at: datetime | None = None) -> Responsibility:
    """The one body that is responsible for a class at a place (`place.path`: unit ids, root first) and time (now).

    The finest unit with a row decides, then the minor class before its major class.
    Raises `NoResponsibleBody`, `UnknownClass`.
    """
    known, day = book(), territory.day_of(at)
    info = case_class(class_id, at)
    for row, _classes_up in rules.candidates(known.leads, place.path, info.lineage, day):
        return _answer(known, row, place, info, day)
    raise NoResponsibleBody(info.label, day.isoformat())


def _answer(known: Book, row: DutyRow, place: Located, info: ClassInfo, day: date) -> Responsibility:
    helpers = rules.co_bodies(known.helpers, place.path, info.lineage, day, row.body_id)
    return Responsibility(row.body_id, row.id, row.clause, row.unit_id, known.lists[row.list_id].version, helpers)


def explanation(class_id: UUID, place: Located, at: datetime | None = None) -> Explanation:
    """The answer of `responsible` with every row that was considered. Raises `UnknownClass`."""
    known, day = book(), territory.day_of(at)
    info = case_class(class_id, at)
    considered = rules.explain(known.leads, place.path, info.lineage, day)
    answer = _answer(known, considered[0].row, place, info, day) if considered else None
    return Explanation(info, day, considered, answer)


def priority_of(class_id: UUID, place: Located, at: datetime | None = None) -> PriorityRow | None:
    """The matter of a priority list that makes such a case urgent, or None. Raises `UnknownClass`."""
    info = case_class(class_id, at)
    found = rules.candidates(book().priorities, place.path, info.lineage, territory.day_of(at))
    return next((row for row, _classes_up in found), None)


def list_info(list_id: UUID) -> ListInfo:
    return book().lists[list_id]


# --- from a clause to its tasks and back; the lists themselves --------------------------------------------------------


def in_force(day: date) -> Q:
    """Lists and rows that hold on a day."""
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))


def clauses_of(body_id: UUID, at: datetime | None = None) -> list[Duty]:
    """The duties of a body in force on a day (today), with class, unit and list."""
    duties = Duty.objects.filter(in_force(territory.day_of(at)), body=body_id)
    return list(duties.select_related("case_class", "unit", "list").order_by("list", "row_number"))


def tasks_of(duty_id: UUID, at: territory.When = None) -> list[Task]:
    """The tasks in force on a day (today) by which a duty is fulfilled: those that its body has by its clause. Raises `NotFound`."""
    duty = Duty.objects.filter(pk=duty_id).first()
    if duty is None:
        raise NotFound
    return list(
        Task.objects.filter(in_force(territory.day_of(at)), body=duty.body_id, clause=duty.clause).order_by(
            "row_number"
        )
    )


def duties_of(task_id: UUID, at: datetime | None = None) -> list[Duty]:
    """The duties that a task fulfils: those that its body has by its clause. Raises `NotFound`."""
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise NotFound
    duties = Duty.objects.filter(in_force(territory.day_of(at)), body=task.body_id, clause=task.clause)
    return list(duties.select_related("case_class", "unit").order_by("row_number"))


def tasks_in(unit_id: UUID, at: datetime | None = None) -> list[Task]:
    """What the bodies have to do in a unit and below it, by the task lists in force."""
    tasks = Task.objects.filter(in_force(territory.day_of(at)), unit__path__contains=[unit_id])
    return list(tasks.select_related("body", "unit").order_by("list", "row_number"))


def lists(kind: str = "", unit_id: UUID | None = None) -> list[DutyList]:
    """The versions of the lists, newest first; of one kind and for one unit where these are given."""
    found = DutyList.objects.select_related("unit").order_by("kind", "unit__code", "-valid_from", "-imported_at")
    if kind:
        found = found.filter(kind=kind)
    return list(found.filter(unit=unit_id) if unit_id else found)


def duty_list(list_id: UUID) -> DutyList:
    """Raises `NotFound`."""
    found = DutyList.objects.select_related("unit").filter(pk=list_id).first()
    if found is None:
        raise NotFound
    return found


def list_row(row_id: UUID) -> Duty | Task | Priority:
    """A row of one of the three lists. Raises `NotFound`."""
    tables: tuple[Any, ...] = (Duty, Task, Priority)
    for table in tables:
        found: Duty | Task | Priority | None = (
            table.objects.select_related("unit", "list__unit").filter(pk=row_id).first()
        )
        if found is not None:
            return found
    raise NotFound


@dataclass(frozen=True, slots=True)
class Why:
    """Why a case went to its body: the row of the list that said so."""

    list_id: UUID
    list_name: str
    version: str
    clause: str
    unit_id: UUID
    unit_level: str
    by_major_class: bool
    valid_from: date
    valid_to: date | None


def why(duty_id: UUID, class_id: UUID) -> Why | None:
    """The row by which a case of this class was given to its body; None where the row is gone."""
    columns = ("list", "list__name", "list__version", "clause", "unit", "unit__level", "case_class")
    row = Duty.objects.filter(pk=duty_id).values_list(*columns, "valid_from", "valid_to").first()
    if row is None:
        return None
    listed, name, version, clause, unit_id, level, of_class, valid_from, valid_to = row
    return Why(listed, name, version, clause, unit_id, level, of_class != class_id, valid_from, valid_to)


class Rows(NamedTuple):
    """Some rows of a list, and whether more follow."""

    rows: list[Duty] | list[Task] | list[Priority]
    more: bool


def rows_of(listed: DutyList, after: int = 0, limit: int = 100, words: str = "") -> Rows:
    """Rows of a list in the order of its file, those after a row number: all, or those that hold each of the words.

    A row that was changed shares its number with the one that follows it: they come together, and `limit` counts numbers.
    """
    table: Any = {ListKind.DUTY: Duty, ListKind.TASK: Task, ListKind.PRIORITY: Priority}[ListKind(listed.kind)]
    found = table.objects.filter(list=listed, row_number__gt=after)
    for word in words.casefold().split():
        found = found.filter(_holds(table, word))
    numbers = list(found.order_by("row_number").values_list("row_number", flat=True).distinct()[: limit + 1])
    rows = found.filter(row_number__in=numbers[:limit]).order_by("row_number", "unit", "valid_from", "id")
    return Rows(list(rows), len(numbers) > limit)


def _holds(table: type[Duty | Task | Priority], word: str) -> Q:
    """By the number of a row, or a part of its clause, unit, class, body or item."""
    held = Q(number=word) | Q(clause__icontains=word) | Q(unit__name__icontains=word) | Q(unit__name_en__icontains=word)
    if table is not Task:
        held |= Q(case_class__in=[info.id for info in classes() if word in said_of(info)])
    if table is not Priority:
        held |= Q(
            body__in=[
                body.id for body in people.bodies() if word in f"{body.code} {body.name} {body.name_en}".casefold()
            ]
        )
    if table is not Duty:
        held |= Q(item__icontains=word) | Q(item_en__icontains=word)
    return held


def said_of(info: ClassInfo) -> str:
    """What a class is found by."""
    return " ".join((info.code, info.name, info.name_en, *info.keywords, *info.keywords_en)).casefold()


def rows_in_force(listed: DutyList, day: date) -> list[Duty | Task | Priority]:
    """The rows of a list that hold on a day."""
    tables: dict[str, Any] = {ListKind.DUTY: Duty, ListKind.TASK: Task, ListKind.PRIORITY: Priority}
    return list(tables[listed.kind].objects.filter(in_force(day), list=listed).order_by("row_number"))


def leads_of(lineage: Sequence[UUID], at: datetime | None = None) -> tuple[dict[UUID, int], list[UUID]]:
    """Who leads a class (`lineage`: itself and its parents, finest first) on a day (today): in how many units each body, and in
    which nobody. Asked of the communities, and of every unit without communities.
    """
    known, day = book(), territory.day_of(at)
    bodies: dict[UUID, int] = {}
    lacking = []
    for unit in chain.from_iterable(_asked(territory.root(), territory.index(day))):
        row = next((row for row, _up in rules.candidates(known.leads, unit.path, lineage, day)), None)
        if row is None:
            lacking.append(unit.id)
        else:
            bodies[row.body_id] = bodies.get(row.body_id, 0) + 1
    return bodies, lacking


_ABOVE_COMMUNITIES = (Level.CITY, Level.DISTRICT, Level.SUBDISTRICT)


def uncovered(scope: UnitInfo, leads: Iterable[DutyRow], day: date) -> tuple[list[Gap], int]:
    """Active minor classes that nobody of these rows leads somewhere in the unit, and of how many units these were asked.

    Those are its communities, and every unit without communities: the city has no hole where its communities are not known.
    """
    families = [(units[0].path[:-1], [unit.id for unit in units]) for units in _asked(scope, territory.index(day))]
    lineages = {info.id: info.lineage for info in classes() if info.is_minor and info.active}
    holding = (row for row in leads if row.lead and row.holds(day))
    return coverage.gaps(holding, lineages, families), sum(len(ids) for _above, ids in families)


def _asked(scope: UnitInfo, known: TerritoryIndex) -> Iterator[Sequence[UnitInfo]]:
    """The communities of a unit, and every unit without communities; the communities of one subdistrict together."""
    finer = known.below.get(scope.id, ()) if scope.level in _ABOVE_COMMUNITIES else ()
    if not finer:
        yield [scope]
    elif scope.level == Level.SUBDISTRICT:
        yield finer
    else:
        for unit in finer:
            yield from _asked(unit, known)


def gaps(unit_id: UUID, at: datetime | None = None) -> list[Gap]:
    """Where nobody is responsible in a unit on a day (today): after a community was closed or a class added, say."""
    leads = (row for by_class in book().leads.values() for rows in by_class.values() for row in rows)
    return uncovered(territory.unit(unit_id, at), leads, territory.day_of(at))[0]


# --- what is promised of the stages ---------------------------------------------------------------------------------


def stage_limit(stage: str) -> StageLimit | None:
    """What is promised of a stage now; None where nothing is. From the database: for who changes it."""
    return StageLimit.objects.filter(stage=stage, valid_to=None).first()


def stage_limits(stage: str) -> list[StageLimit]:
    """The promises of a stage, newest first, with who changed them and why."""
    return book().stages.get(stage, [])


def promised(stage: str, at: datetime) -> Limit | None:
    """What was promised of a stage that began at a moment; None where nothing was."""
    for limit in stage_limits(stage):
        if limit.valid_from <= at and (limit.valid_to is None or at < limit.valid_to):
            return Limit(limit.limit_amount, LimitKind(limit.limit_kind))
    return None


# --- working time ----------------------------------------------------------------------------------------------------


def calendar() -> WorkCalendar:
    """The city's working calendar: its pack's days and hours, with the special days that it has set."""
    return _calendar_of(database_name())


def special_days() -> list[SpecialDay]:
    """The days with hours of their own, in order."""
    return list(SpecialDay.objects.order_by("day"))


@lru_cache(maxsize=2)
def _calendar_of(_name: str) -> WorkCalendar:
    country, hours = calendar_of(env.get("LINLI_CITY"))
    special = {day.day: parse_hours(day.hours) for day in SpecialDay.objects.all()}
    return WorkCalendar(ZoneInfo(settings.TIME_ZONE), parse_hours(hours), special, country)
